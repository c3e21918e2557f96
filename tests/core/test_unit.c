/* hb_unit: units of work that nest and overlap, how long they took, pauses and progress. */
#include "hb_pulses.h"
#include "hb_unit.h"
#include "support.h"

static hb_beat_view look(hb_beat *beat)
{
    hb_beat_view view;
    hb_beat_look(beat, &view);
    return view;
}

static void begin_unit(hb_beat *beat, hb_unit *unit, const char *label)
{
    CHECK_EQ(hb_unit_begin(beat, unit, label, HB_FOREVER, true), HB_OK);
}

static uint64_t in_buckets(const hb_tally *tally)
{
    uint64_t n = 0;
    for (int i = 0; i < HB_TALLY_BUCKETS; i++)
        n += tally->buckets[i];
    return n;
}

static void a_unit_begins_with_a_pulse_and_is_counted_at_its_end(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_unit unit;
    begin_unit(beat, &unit, "load");
    hb_beat_view view = look(beat);
    CHECK_EQ(view.pulses, 1);
    CHECK_EQ(view.open_units, 1);
    CHECK_EQ(view.tally.units, 0);
    CHECK_EQ(strcmp(view.unit, "load"), 0);
    CHECK(view.unit_since <= view.last && view.last <= view.now);
    hb_unit_finish(beat, &unit);
    view = look(beat);
    CHECK_EQ(view.pulses, 1);
    CHECK_EQ(view.open_units, 0);
    CHECK_EQ(view.tally.units, 1);
    hb_beat_unref(beat);
}

static void a_unit_can_begin_without_a_pulse(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_unit unit;
    CHECK_EQ(hb_unit_begin(beat, &unit, NULL, HB_FOREVER, false), HB_OK);
    CHECK_EQ(look(beat).pulses, 0);
    CHECK_EQ(look(beat).open_units, 1);
    CHECK_EQ(look(beat).unit[0], 0);
    hb_unit_finish(beat, &unit);
    hb_beat_unref(beat);
}

static void units_nest_and_the_innermost_is_shown(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_unit outer, inner;
    begin_unit(beat, &outer, "outer");
    begin_unit(beat, &inner, "inner");
    CHECK_EQ(strcmp(look(beat).unit, "inner"), 0);
    CHECK_EQ(look(beat).open_units, 2);
    hb_unit_finish(beat, &inner);
    CHECK_EQ(strcmp(look(beat).unit, "outer"), 0);
    hb_unit_finish(beat, &outer);
    CHECK_EQ(look(beat).tally.units, 2);
    hb_beat_unref(beat);
}

static void the_tally_tells_least_most_sum_and_how_they_spread(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    for (int ms = 1; ms <= 16; ms *= 4) {
        hb_unit unit;
        begin_unit(beat, &unit, NULL);
        pass_until(in_ms(ms));
        hb_unit_finish(beat, &unit);
    }
    hb_tally tally = look(beat).tally;
    CHECK_EQ(tally.units, 3);
    CHECK(tally.least >= MS - 1000 && tally.most >= 16 * MS - 1000 && tally.least < tally.most);
    CHECK(tally.sum >= tally.least + tally.most + 4 * MS - 1000);
    CHECK_EQ(tally.busy, tally.sum); /* none inside another */
    CHECK_EQ(in_buckets(&tally), 3);
    for (int i = 0; i < 19; i++) /* of less than 2^19 ns, half a millisecond */
        CHECK_EQ(tally.buckets[i], 0);
    hb_beat_unref(beat);
}

/* U2 */
static void time_in_nested_units_counts_once(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_unit outer, inner;
    begin_unit(beat, &outer, NULL);
    begin_unit(beat, &inner, NULL);
    pass_until(in_ms(10));
    CHECK(look(beat).busy >= 10 * MS - 1000);
    hb_unit_finish(beat, &inner);
    hb_unit_finish(beat, &outer);
    hb_beat_view view = look(beat);
    CHECK(view.busy >= 10 * MS - 1000 && view.busy <= view.tally.most);
    CHECK(view.tally.sum >= 20 * MS - 2000);
    hb_beat_unref(beat);
}

/* U2: two threads share a beat, and the first to begin is the first to end. */
static void time_in_overlapping_units_counts_once_and_wholly(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_unit first, second;
    hb_time begun = hb_now();
    begin_unit(beat, &first, NULL);
    pass_until(in_ms(10));
    begin_unit(beat, &second, NULL);
    hb_unit_finish(beat, &first);
    pass_until(in_ms(10));
    CHECK(look(beat).busy >= 20 * MS - 2000);
    hb_unit_finish(beat, &second);
    CHECK(look(beat).busy >= 20 * MS - 2000);
    CHECK(look(beat).busy <= hb_now() - begun);
    hb_beat_unref(beat);
}

static void busy_time_ends_with_the_beat(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_unit unit;
    begin_unit(beat, &unit, NULL);
    pass_until(in_ms(5));
    hb_beat_end(beat, HB_END_CLOSED);
    hb_beat_view ended = look(beat);
    CHECK(ended.until - ended.opened >= 5 * MS - 1000 && ended.until <= ended.now);
    pass_until(in_ms(10));
    hb_beat_view later = look(beat);
    CHECK_EQ(later.until / 10000, ended.until / 10000);
    CHECK(later.busy <= later.until - later.opened + 1000);
    hb_unit_finish(beat, &unit);
    CHECK_EQ(look(beat).tally.units, 1);
    hb_beat_unref(beat);
}

static void no_unit_begins_on_a_beat_that_has_ended(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_unit unit;
    hb_beat_end(beat, HB_END_REVOKED);
    CHECK_EQ(hb_unit_begin(beat, &unit, NULL, HB_FOREVER, true), HB_REVOKED);
    CHECK_EQ(hb_unit_begin(beat, &unit, NULL, HB_FOREVER, false), HB_REVOKED);
    CHECK_EQ(hb_beat_progress(beat, 1, 2, "x"), HB_REVOKED);
    CHECK_EQ(hb_beat_pause(beat, MS), HB_REVOKED);
    CHECK_EQ(look(beat).open_units, 0);
    CHECK(!look(beat).progressed);
    hb_beat_unref(beat);
}

static void *look_at_a_pulse(void *opaque)
{
    hb_beat *beat = opaque;
    hb_case pulses = { &hb_beat_pulses(beat, true)->source, HB_RECV, { NULL } };
    CHECK_EQ(select_until(&pulses, 1, HB_FOREVER).status, HB_OK);
    hb_beat_view view = look(beat);
    CHECK(view.open_units == 1 || view.tally.units == 1);
    return NULL;
}

static void whoever_receives_the_pulse_sees_the_unit(void)
{
    for (int i = 0; i < 200; i++) {
        hb_beat *beat = hb_beat_open(NULL);
        pthread_t thread = check_spawn(look_at_a_pulse, beat);
        hb_unit unit;
        begin_unit(beat, &unit, NULL);
        hb_unit_finish(beat, &unit);
        check_join(thread);
        hb_beat_unref(beat);
    }
}

/* ---- a time of its own ---- */

static void the_innermost_unit_with_a_time_of_its_own_is_due(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_unit outer, middle, inner;
    CHECK_EQ(hb_beat_deadlines(beat).unit_due, HB_FOREVER);
    CHECK_EQ(hb_unit_begin(beat, &outer, NULL, 1000 * MS, true), HB_OK);
    CHECK_EQ(hb_unit_begin(beat, &middle, NULL, 500 * MS, true), HB_OK);
    begin_unit(beat, &inner, NULL);
    CHECK_EQ(hb_beat_deadlines(beat).unit_due, middle.due);
    CHECK_EQ(look(beat).unit_due, middle.due);
    CHECK(hb_load_relaxed(&beat->flags) & HB_BEAT_TIMED);
    hb_unit_finish(beat, &middle);
    CHECK_EQ(hb_beat_deadlines(beat).unit_due, outer.due);
    hb_unit_finish(beat, &outer);
    CHECK_EQ(hb_beat_deadlines(beat).unit_due, HB_FOREVER);
    CHECK(!(hb_load_relaxed(&beat->flags) & HB_BEAT_TIMED));
    hb_unit_finish(beat, &inner);
    hb_beat_unref(beat);
}

static void a_unit_with_a_time_of_its_own_ends_with_a_pulse(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_unit unit;
    hb_time before = hb_now();
    CHECK_EQ(hb_unit_begin(beat, &unit, NULL, 5 * MS, true), HB_OK);
    CHECK(unit.due >= before + 5 * MS && unit.due <= hb_now() + 5 * MS);
    uint64_t pulses = look(beat).pulses;
    hb_unit_finish(beat, &unit);
    CHECK_EQ(look(beat).pulses, pulses + 1);
    hb_beat_unref(beat);
}

/* ---- progress and pauses ---- */

static void progress_is_told_and_is_a_pulse(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    CHECK(!look(beat).progressed);
    CHECK_EQ(hb_beat_progress(beat, 3, 10, "reading"), HB_OK);
    hb_beat_view view = look(beat);
    CHECK(view.progressed && view.done == 3 && view.total == 10);
    CHECK_EQ(strcmp(view.phase, "reading"), 0);
    CHECK_EQ(view.pulses, 1);
    CHECK_EQ(hb_beat_progress(beat, 4, -1, NULL), HB_OK);
    view = look(beat);
    CHECK(view.done == 4 && view.total < 0);
    CHECK_EQ(strcmp(view.phase, "reading"), 0);
    hb_beat_unref(beat);
}

static void progress_that_does_not_change_is_none(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_beat_progress(beat, 3, 10, NULL);
    hb_time first = hb_beat_deadlines(beat).progress_at;
    CHECK(first > 0);
    pass_until(in_ms(2));
    hb_beat_progress(beat, 3, 10, NULL);
    CHECK_EQ(hb_beat_deadlines(beat).progress_at, first);
    hb_beat_progress(beat, 2, 10, NULL); /* backwards is a change too */
    CHECK(hb_beat_deadlines(beat).progress_at >= first + 2 * MS);
    hb_beat_unref(beat);
}

static void a_pause_ends_with_the_next_pulse(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    CHECK_EQ(hb_beat_pause(beat, 1000 * MS), HB_OK);
    CHECK(look(beat).paused_until > in_ms(900));
    CHECK_EQ(hb_beat_deadlines(beat).paused_until, look(beat).paused_until);
    hb_beat_pulse(beat);
    CHECK_EQ(look(beat).paused_until, 0);
    CHECK_EQ(hb_beat_pause(beat, HB_FOREVER), HB_OK);
    CHECK_EQ(look(beat).paused_until, HB_FOREVER);
    hb_beat_unref(beat);
}

static void long_texts_are_cut_between_characters(void)
{
    char label[2 * HB_LABEL_SIZE + 1] = "";
    for (int i = 0; i < HB_LABEL_SIZE; i++)
        strcat(label, "\xc3\xa4"); /* two bytes each */
    hb_beat *beat = hb_beat_open(label);
    hb_unit unit;
    begin_unit(beat, &unit, label);
    hb_beat_progress(beat, 0, 0, label);
    hb_beat_view view = look(beat);
    CHECK_EQ(strlen(view.unit), HB_LABEL_SIZE - 2);
    CHECK_EQ(strlen(view.phase), HB_NAME_SIZE - 2);
    CHECK_EQ(strcmp(view.name, view.phase), 0);
    hb_unit_finish(beat, &unit);
    hb_beat_unref(beat);
}

/* ---- many threads ---- */

enum { THREADS = 4, UNITS = 5000 };

static void *work(void *opaque)
{
    hb_beat *beat = opaque;
    for (int i = 0; i < UNITS; i++) {
        hb_unit outer, inner;
        CHECK_EQ(hb_unit_begin(beat, &outer, "outer", i % 2 ? 1000 * MS : HB_FOREVER, true), HB_OK);
        begin_unit(beat, &inner, "inner");
        CHECK(look(beat).open_units >= 2);
        hb_unit_finish(beat, i % 3 ? &inner : &outer);
        hb_unit_finish(beat, i % 3 ? &outer : &inner);
    }
    return NULL;
}

static void threads_share_a_beat(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        threads[i] = check_spawn(work, beat);
    for (int i = 0; i < THREADS; i++)
        check_join(threads[i]);
    hb_beat_view view = look(beat);
    CHECK_EQ(view.tally.units, 2 * THREADS * UNITS);
    CHECK_EQ(in_buckets(&view.tally), 2 * THREADS * UNITS);
    CHECK_EQ(view.open_units, 0);
    CHECK_EQ(view.unit_due, HB_FOREVER);
    CHECK(view.busy <= view.until - view.opened);
    CHECK_EQ(hb_load_relaxed(&beat->flags), 0);
    hb_beat_unref(beat);
}

int main(void)
{
    RUN(a_unit_begins_with_a_pulse_and_is_counted_at_its_end);
    RUN(a_unit_can_begin_without_a_pulse);
    RUN(units_nest_and_the_innermost_is_shown);
    RUN(the_tally_tells_least_most_sum_and_how_they_spread);
    RUN(time_in_nested_units_counts_once);
    RUN(time_in_overlapping_units_counts_once_and_wholly);
    RUN(busy_time_ends_with_the_beat);
    RUN(whoever_receives_the_pulse_sees_the_unit);
    RUN(no_unit_begins_on_a_beat_that_has_ended);
    RUN(the_innermost_unit_with_a_time_of_its_own_is_due);
    RUN(a_unit_with_a_time_of_its_own_ends_with_a_pulse);
    RUN(progress_is_told_and_is_a_pulse);
    RUN(progress_that_does_not_change_is_none);
    RUN(a_pause_ends_with_the_next_pulse);
    RUN(long_texts_are_cut_between_characters);
    RUN(threads_share_a_beat);
    return check_exit_code();
}
