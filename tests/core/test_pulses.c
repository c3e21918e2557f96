/* hb_pulses: receiving the pulses of a beat: one is kept, or none; then the end. */
#include "hb_pulses.h"
#include "hints.h"
#include "support.h"

static hb_case case_of(hb_beat *beat)
{
    return (hb_case){ &hb_beat_pulses(beat, true)->source, HB_RECV, { NULL } };
}

static hb_beat *open_beat(bool keep)
{
    hb_beat *beat = hb_beat_open("beat");
    CHECK(hb_beat_pulses(beat, keep) != NULL);
    return beat;
}

static hb_status poll(hb_beat *beat)
{
    hb_word word;
    hb_case one = case_of(beat);
    return hb_case_try(&one, &word);
}

static outcome wait_for(hb_beat *beat, hb_time deadline)
{
    hb_case one = case_of(beat);
    return select_until(&one, 1, deadline);
}

static void *receive(void *beat)
{
    return (void *)(intptr_t)wait_for(beat, HB_FOREVER).status;
}

static void await_listeners(hb_beat *beat, size_t n)
{
    while (hb_pulses_waiting(hb_beat_pulses(beat, true)) != n)
        sched_yield();
}

static bool is_listened_to(hb_beat *beat)
{
    return hb_load_relaxed(&beat->flags) & HB_BEAT_LISTENED;
}

/* ---- one is kept ---- */

static void pulses_are_received_as_one(void)
{
    hb_beat *beat = open_beat(true);
    CHECK_EQ(poll(beat), HB_WOULD_BLOCK);
    hb_beat_pulse(beat);
    hb_time before = hb_now();
    hb_beat_pulse(beat);
    hb_time after = hb_now();
    outcome got = wait_for(beat, HB_FOREVER);
    CHECK_EQ(got.status, HB_OK);
    CHECK(got.n >= before - 2000 && got.n <= after + 2000); /* the newest */
    CHECK_EQ(poll(beat), HB_WOULD_BLOCK);
    CHECK_EQ(wait_for(beat, in_ms(2)).status, HB_TIMEOUT);
    hb_beat_pulse(beat);
    CHECK_EQ(poll(beat), HB_OK);
    hb_beat_unref(beat);
}

static void pulses_from_before_anybody_asked_are_kept_too(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_beat_pulse(beat);
    CHECK_EQ(poll(beat), HB_OK);
    CHECK_EQ(poll(beat), HB_WOULD_BLOCK);
    hb_beat_unref(beat);
}

static void a_beat_has_one_source_for_all(void)
{
    hb_beat *beat = open_beat(true);
    CHECK(hb_beat_pulses(beat, false) == hb_beat_pulses(beat, true));
    CHECK(hb_beat_pulses(beat, false)->keep);
    CHECK_EQ(strcmp(hb_beat_pulses(beat, true)->source.name, "beat"), 0);
    hb_beat_unref(beat);
}

static void a_pulse_wakes_the_one_who_waits_longest(void)
{
    hb_beat *beat = open_beat(true);
    pthread_t first = check_spawn(receive, beat);
    await_listeners(beat, 1);
    pthread_t second = check_spawn(receive, beat);
    await_listeners(beat, 2);
    hb_beat_pulse(beat);
    CHECK_EQ((intptr_t)check_join(first), HB_OK);
    CHECK_EQ(hb_pulses_waiting(hb_beat_pulses(beat, true)), 1);
    hb_beat_pulse(beat);
    CHECK_EQ((intptr_t)check_join(second), HB_OK);
    CHECK_EQ(poll(beat), HB_WOULD_BLOCK);
    hb_beat_unref(beat);
}

/* L1: else every later pulse would take the lock for nothing. */
static void nobody_listens_any_more_after_pulses_in_vain(void)
{
    hb_beat *beat = open_beat(true);
    CHECK(!is_listened_to(beat));
    CHECK_EQ(wait_for(beat, in_ms(1)).status, HB_TIMEOUT);
    CHECK(is_listened_to(beat));
    for (int i = 0; i < 100; i++)
        hb_beat_pulse(beat);
    CHECK(!is_listened_to(beat));
    CHECK_EQ(poll(beat), HB_OK);
    CHECK(!is_listened_to(beat));
    hb_beat_unref(beat);
}

/* L1: else every wait would have to show the flag to all processors. */
static void who_receives_again_and_again_is_expected(void)
{
    hb_beat *beat = open_beat(true);
    CHECK_EQ(poll(beat), HB_WOULD_BLOCK);
    for (int i = 0; i < 100; i++) {
        pthread_t receiver = check_spawn(receive, beat);
        await_listeners(beat, 1);
        hb_beat_pulse(beat);
        CHECK_EQ((intptr_t)check_join(receiver), HB_OK);
        hb_beat_pulse(beat);
        CHECK(is_listened_to(beat));
        CHECK_EQ(poll(beat), HB_OK);
    }
    hb_beat_unref(beat);
}

/* ---- none is kept ---- */

static void an_unbuffered_pulse_reaches_who_waits_or_nobody(void)
{
    hb_beat *beat = open_beat(false);
    hb_beat_pulse(beat);
    CHECK_EQ(poll(beat), HB_WOULD_BLOCK);
    CHECK_EQ(wait_for(beat, in_ms(2)).status, HB_TIMEOUT);
    pthread_t thread = check_spawn(receive, beat);
    await_listeners(beat, 1);
    hb_beat_pulse(beat);
    CHECK_EQ((intptr_t)check_join(thread), HB_OK);
    hb_beat_pulse(beat);
    CHECK_EQ(poll(beat), HB_WOULD_BLOCK);
    hb_beat_unref(beat);
}

/* ---- the end ---- */

static void a_kept_pulse_comes_before_the_end_which_is_for_ever(void)
{
    hb_beat *beat = open_beat(true);
    hb_beat_pulse(beat);
    hb_beat_end(beat, HB_END_CLOSED);
    CHECK_EQ(poll(beat), HB_OK);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(hb_beat_pulse(beat), HB_CLOSED);
        CHECK_EQ(poll(beat), HB_CLOSED);
        CHECK_EQ(wait_for(beat, HB_FOREVER).status, HB_CLOSED);
    }
    hb_beat_unref(beat);
}

static void an_unbuffered_one_is_closed_at_once(void)
{
    hb_beat *beat = open_beat(false);
    hb_beat_pulse(beat);
    hb_beat_end(beat, HB_END_CLOSED);
    CHECK_EQ(poll(beat), HB_CLOSED);
    hb_beat_unref(beat);
}

static void pulses_asked_for_after_the_end_are_closed(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_beat_end(beat, HB_END_CLOSED);
    CHECK_EQ(poll(beat), HB_CLOSED);
    hb_beat_unref(beat);
}

static void the_last_pulse_of_a_beat_can_be_received_however_late_one_asks(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_beat_pulse(beat);
    hb_beat_end(beat, HB_END_CLOSED);
    CHECK_EQ(poll(beat), HB_OK);
    CHECK_EQ(poll(beat), HB_CLOSED);
    hb_beat_unref(beat);
}

static void the_end_wakes_all_who_wait(void)
{
    enum { N = 5 };
    pthread_t threads[N];
    hb_beat *beat = open_beat(true);
    for (int i = 0; i < N; i++)
        threads[i] = check_spawn(receive, beat);
    await_listeners(beat, N);
    hb_beat_end(beat, HB_END_CLOSED);
    for (int i = 0; i < N; i++)
        CHECK_EQ((intptr_t)check_join(threads[i]), HB_CLOSED);
    hb_beat_unref(beat);
}

/* ---- watches ---- */

static void whoever_watches_is_hinted_of_each_pulse_and_of_the_end(void)
{
    hb_hints hints;
    hb_watch watch;
    uint64_t key;
    hb_beat *beat = open_beat(true);
    hb_source *source = &hb_beat_pulses(beat, true)->source;
    hb_hints_init(&hints);
    CHECK_EQ(hb_watch_init(&watch, &hints, HB_RECV, 7), HB_OK);
    hb_source_watch(source, &watch);
    for (int i = 0; i < 3; i++) {
        CHECK(take_hint(&hints, true, &key)); /* of the watch itself, then of each pulse */
        CHECK_EQ(poll(beat), i == 0 ? HB_WOULD_BLOCK : HB_OK);
        CHECK_EQ(poll(beat), HB_WOULD_BLOCK); /* who polls until it is not ready is hinted again */
        CHECK(!take_hint(&hints, true, &key));
        hb_beat_pulse(beat);
    }
    CHECK(take_hint(&hints, true, &key));
    hb_beat_end(beat, HB_END_CLOSED);
    CHECK(take_hint(&hints, true, &key));
    hb_source_unwatch(source, &watch);
    hb_watch_fini(&watch);
    hb_hints_fini(&hints);
    hb_beat_unref(beat);
}

/* ---- many threads ---- */

typedef struct table {
    hb_beat *serve, *back;
} table;

enum { RALLIES = 20000 };

static void *play_back(void *opaque)
{
    table *t = opaque;
    while (wait_for(t->serve, HB_FOREVER).status == HB_OK)
        hb_beat_pulse(t->back);
    return NULL;
}

/* P2: one pulse each way at a time, so one that is lost stops the game. */
static void no_pulse_is_lost_on_who_falls_asleep(void)
{
    table t = { open_beat(true), open_beat(true) };
    pthread_t other = check_spawn(play_back, &t);
    for (int i = 0; i < RALLIES; i++) {
        hb_beat_pulse(t.serve);
        CHECK_EQ(wait_for(t.back, HB_FOREVER).status, HB_OK);
    }
    hb_beat_end(t.serve, HB_END_CLOSED);
    check_join(other);
    hb_beat_unref(t.serve);
    hb_beat_unref(t.back);
}

static hb_time begun;

static void *receive_all(void *beat)
{
    intptr_t n = 0;
    for (outcome got; (got = wait_for(beat, HB_FOREVER)).status == HB_OK; n++)
        CHECK(got.n >= begun - 2000 && got.n <= hb_now());
    return (void *)n;
}

static void *pulse_often(void *beat)
{
    for (int i = 0; i < RALLIES; i++)
        CHECK_EQ(hb_beat_pulse(beat), HB_OK);
    return NULL;
}

static void many_pulse_and_many_listen(void)
{
    enum { N = 2 };
    pthread_t pulsing[N], listening[N];
    hb_beat *beat = open_beat(true);
    intptr_t received = 0;
    begun = hb_now();
    for (int i = 0; i < N; i++) {
        listening[i] = check_spawn(receive_all, beat);
        pulsing[i] = check_spawn(pulse_often, beat);
    }
    for (int i = 0; i < N; i++)
        check_join(pulsing[i]);
    CHECK_EQ(hb_beat_end(beat, HB_END_CLOSED), HB_OK);
    for (int i = 0; i < N; i++)
        received += (intptr_t)check_join(listening[i]);
    CHECK(received >= 1 && received <= N * RALLIES);
    hb_beat_unref(beat);
}

/* ---- fork ---- */

static hb_beat *shared;

static void child_has_no_listener_and_works(void)
{
    CHECK_EQ(hb_pulses_waiting(hb_beat_pulses(shared, true)), 0);
    CHECK_EQ(hb_beat_pulse(shared), HB_OK);
    CHECK_EQ(poll(shared), HB_OK);
    CHECK_EQ(hb_beat_end(shared, HB_END_CLOSED), HB_OK);
    CHECK_EQ(poll(shared), HB_CLOSED);
}

static void who_listens_in_the_parent_does_not_in_the_child(void)
{
    shared = open_beat(true);
    pthread_t thread = check_spawn(receive, shared);
    await_listeners(shared, 1);
    check_in_child(child_has_no_listener_and_works);
    hb_beat_pulse(shared);
    CHECK_EQ((intptr_t)check_join(thread), HB_OK);
    hb_beat_unref(shared);
}

int main(void)
{
    RUN(pulses_are_received_as_one);
    RUN(pulses_from_before_anybody_asked_are_kept_too);
    RUN(a_beat_has_one_source_for_all);
    RUN(a_pulse_wakes_the_one_who_waits_longest);
    RUN(nobody_listens_any_more_after_pulses_in_vain);
    RUN(who_receives_again_and_again_is_expected);
    RUN(an_unbuffered_pulse_reaches_who_waits_or_nobody);
    RUN(a_kept_pulse_comes_before_the_end_which_is_for_ever);
    RUN(an_unbuffered_one_is_closed_at_once);
    RUN(pulses_asked_for_after_the_end_are_closed);
    RUN(the_last_pulse_of_a_beat_can_be_received_however_late_one_asks);
    RUN(the_end_wakes_all_who_wait);
    RUN(whoever_watches_is_hinted_of_each_pulse_and_of_the_end);
    RUN(no_pulse_is_lost_on_who_falls_asleep);
    RUN(many_pulse_and_many_listen);
    RUN(who_listens_in_the_parent_does_not_in_the_child);
    return check_exit_code();
}
