/* hb_beat: what a pulse writes, how a beat ends, what flags and hooks do. */
#include "hb_beat.h"
#include "hb_pulses.h"
#include "hb_unit.h"
#include "support.h"

static hb_beat_view look(hb_beat *beat)
{
    hb_beat_view view;
    hb_beat_look(beat, &view);
    return view;
}

/* ---- pulses ---- */

static void a_pulse_tells_when_and_who_and_how_many(void)
{
    hb_beat *beat = hb_beat_open("named");
    CHECK_EQ(strcmp(hb_beat_name(beat), "named"), 0);
    CHECK_EQ(look(beat).pulses, 0);
    for (uint64_t n = 1; n <= 3; n++) {
        hb_time before = hb_now();
        CHECK_EQ(hb_beat_pulse(beat), HB_OK);
        hb_time after = hb_now();
        hb_beat_view view = look(beat);
        CHECK_EQ(view.pulses, n);
        CHECK(view.last >= before - 2000 && view.last <= after + 2000);
        CHECK_EQ(view.thread, hb_thread_id());
        CHECK(view.opened <= view.last && view.last <= view.now);
    }
    hb_beat_unref(beat);
}

static void a_beat_needs_no_name(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    CHECK_EQ(hb_beat_name(beat)[0], 0);
    CHECK(hb__beat_more(beat) == NULL); /* nor memory beside its slot */
    CHECK_EQ(hb_beat_pulse(beat), HB_OK);
    CHECK(hb__beat_more(beat) == NULL);
    hb_beat_unref(beat);
}

static void the_longest_silence_is_remembered_and_the_present_one_counts(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_beat_pulse(beat);
    pass_until(in_ms(20));
    CHECK(look(beat).longest >= 20 * MS - 2000);
    hb_beat_pulse(beat);
    hb_beat_pulse(beat);
    hb_time longest = look(beat).longest;
    CHECK(longest >= 20 * MS - 2000);
    hb_beat_end(beat, HB_END_CLOSED);
    pass_until(in_ms(5) + longest);
    CHECK(look(beat).longest < longest + 2 * MS); /* silence after the end is none */
    hb_beat_unref(beat);
}

static void *pulse_once(void *beat)
{
    hb_beat_pulse(beat);
    return (void *)(uintptr_t)hb_thread_id();
}

static void the_last_thread_to_pulse_is_known(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    uint32_t other = (uint32_t)(uintptr_t)check_join(check_spawn(pulse_once, beat));
    CHECK_EQ(look(beat).thread, other);
    CHECK(other != hb_thread_id());
    hb_beat_pulse(beat);
    CHECK_EQ(look(beat).thread, hb_thread_id());
    hb_beat_unref(beat);
}

/* ---- the end ---- */

static void a_beat_ends_once(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    CHECK(!hb_beat_has_ended(beat));
    CHECK_EQ(hb_beat_ending(beat), HB_OK);
    CHECK_EQ(hb_beat_end(beat, HB_END_EXITED), HB_OK);
    CHECK_EQ(hb_beat_end(beat, HB_END_REVOKED), HB_CLOSED);
    CHECK_EQ(look(beat).end, HB_END_EXITED);
    CHECK(hb_beat_has_ended(beat));
    CHECK_EQ(hb_beat_ending(beat), HB_CLOSED);
    hb_beat_unref(beat);
}

static void a_pulse_after_the_end_does_not_count(void)
{
    static const struct { hb_end end; hb_status told; } ends[] = {
        { HB_END_CLOSED, HB_CLOSED }, { HB_END_EXITED, HB_CLOSED },
        { HB_END_RAISED, HB_CLOSED }, { HB_END_REVOKED, HB_REVOKED },
    };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        hb_beat *beat = hb_beat_open(NULL);
        hb_beat_pulse(beat);
        hb_beat_end(beat, ends[i].end);
        CHECK_EQ(hb_beat_pulse(beat), ends[i].told);
        CHECK_EQ(hb_beat_ending(beat), ends[i].told);
        CHECK_EQ(look(beat).pulses, 1);
        hb_beat_unref(beat);
    }
}

/* ---- hooks ---- */

static hb_beat *told_of;
static int pulsed, ended, sooner;

static void note_pulsed(hb_beat *beat)
{
    told_of = beat;
    pulsed++;
}

static void note_ended(hb_beat *beat)
{
    told_of = beat;
    CHECK(hb_beat_has_ended(beat));
    ended++;
}

static void note_sooner(hb_beat *beat)
{
    told_of = beat;
    sooner++;
}

static const hb_beat_hooks noting = { note_pulsed, note_ended, note_sooner };

static void the_monitor_hears_of_the_pulse_it_awaits_and_of_no_other(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb__beat_set_hooks(&noting);
    hb_beat_pulse(beat);
    CHECK_EQ(pulsed, 0);
    hb__beat_listen(beat, HB_BEAT_AWAITED);
    hb_beat_pulse(beat);
    CHECK(told_of == beat);
    CHECK_EQ(pulsed, 1);
    hb_beat_pulse(beat);
    CHECK_EQ(pulsed, 1);
    hb__beat_set_hooks(NULL);
    hb_beat_unref(beat);
}

static void it_hears_of_ends_pauses_and_timed_units(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_unit unit;
    pulsed = ended = sooner = 0;
    hb__beat_set_hooks(&noting);
    hb_beat_pause(beat, MS);
    CHECK_EQ(sooner, 1);
    hb_beat_pulse(beat); /* ends the pause */
    CHECK_EQ(pulsed, 1);
    CHECK_EQ(hb_unit_begin(beat, &unit, NULL, MS, true), HB_OK);
    CHECK_EQ(sooner, 2);
    hb_unit_finish(beat, &unit);
    CHECK_EQ(sooner, 3);
    CHECK_EQ(hb_unit_begin(beat, &unit, NULL, HB_FOREVER, true), HB_OK);
    hb_unit_finish(beat, &unit);
    CHECK_EQ(sooner, 3);
    hb_beat_end(beat, HB_END_CLOSED);
    hb_beat_end(beat, HB_END_CLOSED);
    CHECK_EQ(ended, 1);
    hb__beat_set_hooks(NULL);
    hb_beat_unref(beat);
}

/* ---- many threads ---- */

enum { THREADS = 4, PULSES = 100000 };

static void *pulse_often(void *beat)
{
    for (int i = 0; i < PULSES; i++)
        CHECK_EQ(hb_beat_pulse(beat), HB_OK);
    return NULL;
}

static void threads_that_share_a_beat_lose_nothing_but_the_count(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    pthread_t threads[THREADS];
    hb_time before = hb_now();
    for (int i = 0; i < THREADS; i++)
        threads[i] = check_spawn(pulse_often, beat);
    for (int i = 0; i < THREADS; i++)
        check_join(threads[i]);
    hb_beat_view view = look(beat);
    CHECK(view.pulses > 0 && view.pulses <= THREADS * PULSES);
    CHECK(view.last >= before && view.last <= view.now);
    CHECK(view.longest <= view.now - view.opened + 2000);
    hb_beat_unref(beat);
}

static void *pulse_until_ended(void *beat)
{
    while (hb_beat_pulse(beat) == HB_OK)
        ;
    return (void *)(intptr_t)hb_beat_ending(beat);
}

static void an_end_is_seen_by_who_pulses(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        threads[i] = check_spawn(pulse_until_ended, beat);
    pass_until(in_ms(5));
    CHECK_EQ(hb_beat_end(beat, HB_END_REVOKED), HB_OK);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ((intptr_t)check_join(threads[i]), HB_REVOKED);
    hb_beat_unref(beat);
}

int main(void)
{
    RUN(a_pulse_tells_when_and_who_and_how_many);
    RUN(a_beat_needs_no_name);
    RUN(the_longest_silence_is_remembered_and_the_present_one_counts);
    RUN(the_last_thread_to_pulse_is_known);
    RUN(a_beat_ends_once);
    RUN(a_pulse_after_the_end_does_not_count);
    RUN(the_monitor_hears_of_the_pulse_it_awaits_and_of_no_other);
    RUN(it_hears_of_ends_pauses_and_timed_units);
    RUN(threads_that_share_a_beat_lose_nothing_but_the_count);
    RUN(an_end_is_seen_by_who_pulses);
    return check_exit_code();
}
