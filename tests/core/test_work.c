/* hb_work: units that one thread counts without a lock, and what others see of them. */
#include "hb_work.h"
#include "support.h"

static hb_beat_view look(hb_beat *beat)
{
    hb_beat_view view;
    hb_beat_look(beat, &view);
    return view;
}

static uint64_t in_buckets(const hb_tally *tally)
{
    uint64_t n = 0;
    for (int i = 0; i < HB_TALLY_BUCKETS; i++)
        n += tally->buckets[i];
    return n;
}

static void begin(hb_work *work)
{
    hb_work_begin(work, true, hb_stamp_now());
}

static void finish(hb_work *work)
{
    hb_work_finish(work, hb_stamp_now());
}

/* A finished unit of at least that long. */
static void work_for(hb_work *work, hb_time span)
{
    begin(work);
    pass_until(hb_now() + span);
    finish(work);
}

static void units_are_counted_while_it_lives_and_after(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_work work;
    hb_work_init(&work, beat);
    work_for(&work, 2 * MS);
    work_for(&work, 5 * MS);
    for (int round = 0; round < 2; round++) {
        hb_beat_view view = look(beat);
        CHECK_EQ(view.tally.units, 2);
        CHECK_EQ(view.pulses, 2);
        CHECK_EQ(in_buckets(&view.tally), 2);
        CHECK(view.tally.least >= 2 * MS - MS / 100);
        CHECK(view.tally.most >= 5 * MS - MS / 100);
        CHECK(view.tally.least <= view.tally.most);
        CHECK_EQ(view.tally.sum, view.tally.least + view.tally.most);
        CHECK_EQ(view.busy, view.tally.sum);
        CHECK(view.busy <= view.now - view.opened + MS);
        CHECK_EQ(view.open_units, 0);
        if (round == 0)
            hb_work_fini(&work);
    }
    hb_beat_unref(beat);
}

static void an_open_unit_is_seen(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_work work;
    hb_work_init(&work, beat);
    hb_time before = hb_now();
    begin(&work);
    pass_until(before + 3 * MS);
    hb_beat_view view = look(beat);
    CHECK_EQ(view.open_units, 1);
    CHECK_EQ(view.tally.units, 0);
    CHECK(view.unit_since >= before - MS && view.unit_since <= view.now);
    CHECK(view.busy >= 2 * MS);
    CHECK_EQ(view.unit[0], 0);
    hb_work_fini(&work); /* finishes it */
    CHECK_EQ(look(beat).open_units, 0);
    CHECK_EQ(look(beat).tally.units, 1);
    hb_beat_unref(beat);
}

static void begun_twice_is_begun_once(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_work work;
    hb_work_init(&work, beat);
    begin(&work);
    begin(&work);
    CHECK_EQ(look(beat).pulses, 1);
    finish(&work);
    finish(&work);
    CHECK_EQ(look(beat).tally.units, 1);
    hb_work_begin(&work, false, hb_stamp_now());
    finish(&work);
    CHECK_EQ(look(beat).pulses, 1);
    CHECK_EQ(look(beat).tally.units, 2);
    hb_work_fini(&work);
    hb_beat_unref(beat);
}

static void an_ended_beat_counts_nothing(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_work work;
    hb_work_init(&work, beat);
    hb_beat_end(beat, HB_END_CLOSED);
    begin(&work);
    CHECK(!hb_work_is_open(&work));
    hb_work_begin(&work, false, hb_stamp_now());
    CHECK(!hb_work_is_open(&work));
    hb_work_fini(&work);
    CHECK_EQ(look(beat).pulses, 0);
    CHECK_EQ(look(beat).tally.units, 0);
    hb_beat_unref(beat);
}

/* X3: nested either way, the time counts once. */
static void time_in_units_of_both_sorts_counts_once(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_work work;
    hb_unit unit;
    hb_work_init(&work, beat);
    begin(&work);
    CHECK_EQ(hb_unit_begin(beat, &unit, "inner", HB_FOREVER, true), HB_OK);
    CHECK_EQ(look(beat).open_units, 2);
    CHECK_EQ(strcmp(look(beat).unit, "inner"), 0);
    pass_until(in_ms(3));
    hb_unit_finish(beat, &unit);
    CHECK_EQ(look(beat).tally.busy, 0);
    finish(&work);
    hb_time busy = look(beat).busy;
    CHECK(busy >= 2 * MS);
    CHECK_EQ(hb_unit_begin(beat, &unit, "outer", HB_FOREVER, true), HB_OK);
    work_for(&work, 3 * MS);
    CHECK_EQ(look(beat).tally.busy, busy);
    hb_unit_finish(beat, &unit);
    hb_beat_view view = look(beat);
    CHECK(view.busy >= busy + 2 * MS);
    CHECK(view.busy <= view.now - view.opened + MS);
    CHECK_EQ(view.tally.units, 4);
    hb_work_fini(&work);
    hb_beat_unref(beat);
}

static void several_works_add_up(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_work works[3];
    for (int i = 0; i < 3; i++)
        hb_work_init(&works[i], beat);
    for (int i = 0; i < 3; i++)
        begin(&works[i]);
    CHECK_EQ(look(beat).open_units, 3);
    hb_work_fini(&works[1]); /* the middle of the list */
    CHECK_EQ(look(beat).open_units, 2);
    hb_work_fini(&works[2]);
    hb_work_fini(&works[0]);
    hb_beat_view view = look(beat);
    CHECK_EQ(view.tally.units, 3);
    CHECK_EQ(in_buckets(&view.tally), 3);
    hb_beat_unref(beat);
}

/* ---- seen from another thread ---- */

#define UNITS 20000

static void *do_units(void *opaque)
{
    hb_work work;
    hb_work_init(&work, opaque);
    for (int i = 0; i < UNITS; i++) {
        begin(&work);
        finish(&work);
    }
    hb_work_fini(&work);
    return NULL;
}

static void who_looks_sees_it_go_up(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    uint64_t seen = 0;
    pthread_t threads[2] = { check_spawn(do_units, beat), check_spawn(do_units, beat) };
    while (seen < 2 * UNITS) {
        hb_beat_view view = look(beat);
        CHECK(view.tally.units >= seen);
        CHECK(view.open_units <= 2);
        seen = view.tally.units;
    }
    check_join(threads[0]);
    check_join(threads[1]);
    hb_beat_view view = look(beat);
    CHECK_EQ(view.tally.units, 2 * UNITS);
    CHECK_EQ(in_buckets(&view.tally), 2 * UNITS);
    hb_beat_unref(beat);
}

int main(void)
{
    RUN(units_are_counted_while_it_lives_and_after);
    RUN(an_open_unit_is_seen);
    RUN(begun_twice_is_begun_once);
    RUN(an_ended_beat_counts_nothing);
    RUN(time_in_units_of_both_sorts_counts_once);
    RUN(several_works_add_up);
    RUN(who_looks_sees_it_go_up);
    return check_exit_code();
}
