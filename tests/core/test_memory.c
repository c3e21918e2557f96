/* When there is no memory, or no thread to be had: what was asked for has not
 * happened, nothing else has changed, and it works once there is some again. */
#include <errno.h>

#include "hb_alarm.h"
#include "hb_pulses.h"
#include "hb_ring.h"
#include "hb_work.h"
#include "hb_worker.h"
#include "hints.h"
#include "support.h"

/* ---- what fails ---- */

/* -1: nothing. Else the so manyth call from now on fails, and those after it. */
static atomic_int calls_left = -1;

static bool refused(void)
{
    int left = atomic_load(&calls_left);
    if (left > 0)
        atomic_store(&calls_left, left - 1);
    return left == 0;
}

/* The linker leads every call of the core to these (see the Makefile). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*entry)(void *), void *arg);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*entry)(void *), void *arg);

void *__wrap_malloc(size_t size)
{
    return refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return refused() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return refused() ? NULL : __real_realloc(old, size);
}

static atomic_bool no_threads;

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*entry)(void *), void *arg)
{
    return atomic_load(&no_threads) ? EAGAIN : __real_pthread_create(thread, attributes, entry, arg);
}

static void fail_after(int calls)
{
    atomic_store(&calls_left, calls);
}

static void fail_no_more(void)
{
    atomic_store(&calls_left, -1);
}

/* ---- rings and channels ---- */

static void a_ring_that_cannot_grow_stays_as_it_is(void)
{
    hb_ring *ring = &hb__ring_none;
    fail_after(0);
    CHECK(!hb__ring_grow(&ring, 0));
    fail_no_more();
    CHECK(ring == &hb__ring_none);
    CHECK(hb__ring_grow(&ring, 0));
    for (uint64_t n = 0; n < ring->size; n++)
        hb__ring_put(ring, n, num((int64_t)n));
    fail_after(0);
    CHECK(!hb__ring_grow(&ring, 0));
    fail_no_more();
    for (uint64_t n = 0; n < ring->size; n++)
        CHECK_EQ(hb__ring_get(ring, n).i64, (int64_t)n);
    hb__ring_free(&ring);
    CHECK(ring == &hb__ring_none);
}

static void a_channel_needs_memory(void)
{
    fail_after(0);
    CHECK(hb_chan_new(0, NULL) == NULL);
    fail_no_more();
}

static int drops;

static void count_drop(hb_word word)
{
    (void)word;
    drops++;
}

/* A channel with room whose ring is full and cannot grow. */
static hb_chan *stuck_channel(uint64_t capacity)
{
    hb_chan *chan = hb_chan_new(capacity, count_drop);
    for (int64_t n = 0; n < 8; n++)
        CHECK_EQ(hb_chan_try_send(chan, num(n)), HB_OK);
    drops = 0;
    return chan;
}

static void check_unchanged(hb_chan *chan)
{
    hb_chan_stats stats;
    hb_chan_stats_get(chan, &stats);
    CHECK_EQ(stats.len, 8);
    CHECK_EQ(stats.sends, 8);
    CHECK_EQ(stats.high_water, 8);
    CHECK_EQ(drops, 0);
    check_nobody_waits(chan);
}

static void a_send_that_finds_no_memory_changes_nothing(void)
{
    const uint64_t capacities[] = { 9, HB_UNBOUNDED };
    const hb_word words[] = { num(8), num(9) };
    for (int i = 0; i < 2; i++) {
        hb_chan *chan = stuck_channel(capacities[i]);
        size_t done = 9;
        fail_after(0);
        CHECK_EQ(hb_chan_try_send(chan, num(8)), HB_NO_MEMORY);
        CHECK_EQ(hb_chan_send(chan, num(8), HB_FOREVER), HB_NO_MEMORY);
        CHECK_EQ(hb_chan_try_send_many(chan, words, 2, &done), HB_NO_MEMORY);
        CHECK_EQ(done, 0);
        fail_no_more();
        check_unchanged(chan);
        CHECK_EQ(hb_chan_try_send(chan, num(8)), HB_OK);
        hb_chan_unref(chan);
        CHECK_EQ(drops, 9);
    }
}

static void *receive_one(void *chan)
{
    hb_word word = num(-1);
    CHECK_EQ(hb_chan_recv(chan, &word, HB_FOREVER), HB_OK);
    return (void *)(intptr_t)word.i64;
}

/* Handing over needs no memory, nor does closing, receiving, or giving up. */
static void only_queueing_needs_memory(void)
{
    hb_chan *chan = hb_chan_new(HB_UNBOUNDED, NULL);
    hb_word word;
    pthread_t thread = check_spawn(receive_one, chan);
    await_waiting(chan, 0, 1);
    fail_after(0);
    CHECK_EQ(hb_chan_try_send(chan, num(3)), HB_OK);
    CHECK_EQ(hb_chan_try_send(chan, num(4)), HB_NO_MEMORY);
    CHECK_EQ(hb_chan_recv(chan, &word, 0), HB_TIMEOUT);
    CHECK_EQ(hb_chan_close(chan, num(0)), HB_OK);
    fail_no_more();
    CHECK_EQ((intptr_t)check_join(thread), 3);
    hb_chan_unref(chan);
}

/* ---- select ---- */

static void a_large_select_needs_memory(void)
{
    enum { N = HB_INLINE_CASES + 1 };
    hb_chan *chan = hb_chan_new(0, NULL);
    hb_case cases[N];
    hb_select select;
    for (int i = 0; i < N; i++)
        cases[i] = recv_case(chan); /* repeated: that needs a list more */
    int calls = 0;
    for (hb_status status = HB_NO_MEMORY; status == HB_NO_MEMORY; calls++) {
        fail_after(calls);
        status = hb_select_init(&select, cases, N, false);
        fail_no_more();
        CHECK(status == HB_OK || status == HB_NO_MEMORY);
    }
    CHECK(calls > 1); /* it failed before it succeeded; nothing leaked, asan knows */
    CHECK_EQ(hb_select_try(&select), HB_WOULD_BLOCK);
    hb_select_fini(&select);
    hb_chan_unref(chan);
}

static void a_small_select_needs_none(void)
{
    hb_chan *chan = hb_chan_new(0, NULL);
    hb_case cases[HB_INLINE_CASES];
    for (uint32_t i = 0; i < HB_INLINE_CASES; i++)
        cases[i] = recv_case(chan);
    fail_after(0);
    CHECK_EQ(select_until(cases, HB_INLINE_CASES, 0).status, HB_TIMEOUT);
    fail_no_more();
    hb_chan_unref(chan);
}

static void a_select_whose_send_finds_no_memory_sends_nothing(void)
{
    hb_chan *chan = stuck_channel(HB_UNBOUNDED), *idle = hb_chan_new(0, NULL);
    const hb_case cases[] = { recv_case(idle), send_case(chan, 8) };
    fail_after(0);
    CHECK_EQ(select_now(cases, 2, false).status, HB_NO_MEMORY);
    CHECK_EQ(select_until(cases, 2, HB_FOREVER).status, HB_NO_MEMORY);
    fail_no_more();
    check_unchanged(chan);
    check_nobody_waits(idle);
    CHECK_EQ(select_until(cases, 2, HB_FOREVER).index, 1);
    hb_chan_unref(chan);
    hb_chan_unref(idle);
}

static void a_watch_needs_memory_and_a_hint_does_not(void)
{
    hb_hints hints;
    hb_watch watches[9];
    uint64_t key = 0;
    hb_hints_init(&hints);
    for (uint64_t i = 0; i < 8; i++)
        CHECK_EQ(hb_watch_init(&watches[i], &hints, HB_RECV, i), HB_OK);
    fail_after(0);
    CHECK_EQ(hb_watch_init(&watches[8], &hints, HB_RECV, 8), HB_NO_MEMORY);
    hb_hint(&watches[7]);
    fail_no_more();
    CHECK_EQ(hints.watches, 8);
    CHECK(take_hint(&hints, false, &key));
    CHECK_EQ(key, 7);
    for (int i = 0; i < 8; i++)
        hb_watch_fini(&watches[i]);
    hb_hints_fini(&hints);
}

/* ---- threads ---- */

static void do_nothing(void *unused)
{
    (void)unused;
}

static void a_worker_that_cannot_start_never_was(void)
{
    hb_worker *worker;
    hb_status status = HB_NO_MEMORY;
    int calls = 0;
    for (; status == HB_NO_MEMORY; calls++) {
        fail_after(calls);
        status = hb_worker_start(&worker, do_nothing, NULL, "hb-test");
        fail_no_more();
        CHECK_EQ(worker == NULL, status != HB_OK);
    }
    CHECK_EQ(status, HB_OK);
    CHECK(calls > 2);
    hb_worker_unref(worker);
    atomic_store(&no_threads, true);
    CHECK_EQ(hb_worker_start(&worker, do_nothing, NULL, "hb-test"), HB_NO_THREAD);
    CHECK(worker == NULL);
    atomic_store(&no_threads, false);
    CHECK_EQ(hb_workers_stop(in_ms(30000)), HB_OK); /* none is left to be waited for */
}

static atomic_int fires;

static void count_fire(hb_alarm *alarm)
{
    hb_alarm_unref(alarm);
    atomic_fetch_add(&fires, 1);
}

static int frees;

static void count_free(hb_alarm *alarm)
{
    (void)alarm;
    frees++;
}

static void check_not_armed(hb_alarm *alarm, hb_status wanted)
{
    bool was_armed = true;
    CHECK_EQ(hb_alarm_set(alarm, 0, &was_armed), wanted);
    CHECK(!was_armed);
    CHECK_EQ(hb_alarm_due(alarm), HB_FOREVER);
    CHECK(!hb_alarm_cancel(alarm));
    CHECK_EQ(frees, 0); /* and no reference was lost or kept */
}

static void an_alarm_that_cannot_be_set_is_not_armed(void)
{
    hb_alarm alarm;
    bool was_armed;
    hb_alarm_init(&alarm, count_fire, count_free);
    fail_after(0);
    check_not_armed(&alarm, HB_NO_MEMORY); /* no room in the heap */
    fail_after(1);
    check_not_armed(&alarm, HB_NO_MEMORY); /* room, but nothing to start a thread with */
    fail_no_more();
    atomic_store(&no_threads, true);
    check_not_armed(&alarm, HB_NO_THREAD);
    atomic_store(&no_threads, false);
    CHECK_EQ(hb_alarm_set(&alarm, 0, &was_armed), HB_OK);
    while (atomic_load(&fires) == 0)
        sched_yield();
    CHECK_EQ(atomic_load(&fires), 1);
    hb_alarm_unref(&alarm);
    CHECK_EQ(frees, 1);
}

/* ---- beats ---- */

static void a_beat_needs_memory_for_its_name_alone(void)
{
    hb_beat_unref(hb_beat_open(NULL)); /* the board, and the record of this thread */
    fail_after(0);
    CHECK(hb_beat_open("named") == NULL);
    hb_beat *beat = hb_beat_open(NULL);
    CHECK_EQ(hb_beat_pulse(beat), HB_OK);
    CHECK_EQ(hb_beat_end(beat, HB_END_CLOSED), HB_OK);
    fail_no_more();
    hb_beat_unref(beat);
}

static void check_refused(hb_beat *beat)
{
    hb_unit unit;
    fail_after(0);
    CHECK_EQ(hb_unit_begin(beat, &unit, "unit", 5, true), HB_NO_MEMORY);
    CHECK(hb_beat_pulses(beat, true) == NULL);
    fail_no_more();
}

static void what_finds_no_memory_has_not_pulsed(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_beat_view view;
    hb_unit unit;
    fail_after(0);
    CHECK_EQ(hb_beat_progress(beat, 1, 2, NULL), HB_NO_MEMORY);
    CHECK_EQ(hb_beat_pause(beat, 5), HB_NO_MEMORY);
    check_refused(beat);
    CHECK(hb__beat_need_more(beat) != NULL);
    check_refused(beat);
    hb_beat_look(beat, &view);
    CHECK(view.pulses == 0 && view.open_units == 0 && !view.progressed && view.paused_until == 0);
    CHECK_EQ(hb_unit_begin(beat, &unit, "unit", 5, true), HB_OK);
    fail_after(0); /* from here on it has all it needs */
    hb_unit_finish(beat, &unit);
    CHECK_EQ(hb_unit_begin(beat, &unit, "unit", 5, true), HB_OK);
    hb_unit_finish(beat, &unit);
    fail_no_more();
    hb_beat_unref(beat);
}

/* A worker's units pulse all the same, and are counted as soon as there is memory for it. */
static void a_work_without_memory_counts_later(void)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_beat_view view;
    hb_work work;
    hb_work_init(&work, beat);
    for (int calls = 0; calls <= 3; calls++) { /* for the beat's more, its tally, the work's counts */
        fail_after(calls);
        hb_work_begin(&work, true, hb_stamp_now());
        hb_work_finish(&work, hb_stamp_now());
        fail_no_more();
    }
    hb_beat_look(beat, &view);
    CHECK_EQ(view.pulses, 4);
    CHECK_EQ(view.tally.units, 2);
    hb_work_fini(&work);
    hb_beat_unref(beat);
}

int main(void)
{
    RUN(a_ring_that_cannot_grow_stays_as_it_is);
    RUN(a_channel_needs_memory);
    RUN(a_send_that_finds_no_memory_changes_nothing);
    RUN(only_queueing_needs_memory);
    RUN(a_large_select_needs_memory);
    RUN(a_small_select_needs_none);
    RUN(a_select_whose_send_finds_no_memory_sends_nothing);
    RUN(a_watch_needs_memory_and_a_hint_does_not);
    RUN(an_alarm_that_cannot_be_set_is_not_armed);
    RUN(a_worker_that_cannot_start_never_was);
    RUN(a_beat_needs_memory_for_its_name_alone);
    RUN(what_finds_no_memory_has_not_pulsed);
    RUN(a_work_without_memory_counts_later);
    return check_exit_code();
}
