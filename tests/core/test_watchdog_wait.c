/* hb_watchdog, while threads wait for it: they sleep neither too long nor for
 * nothing (D5). And a hammer of beats, stops and takers. */
#include "hints.h"
#include "watchdog.h"

static void beats_wake_nobody(void)
{
    hb_watchdog watchdog;
    hb_select select;
    hb_watchdog_init(&watchdog, HOUR, HOUR / 2);
    const hb_case one = watchdog_case(&watchdog);
    CHECK_EQ(hb_select_init(&select, &one, 1, false), HB_OK);
    CHECK_EQ(hb_select_begin(&select), HB_WOULD_BLOCK);
    hb_time told = watchdog.told;
    CHECK_EQ(told, watchdog.base);
    for (int i = 0; i < 1000; i++) {
        hb_watchdog_beat(&watchdog);
        CHECK(!hb__wait_is_won(&select.waiter));
    }
    CHECK_EQ(watchdog.told, told);
    CHECK_EQ(hb_select_wait(&select, in_ms(2)), HB_TIMEOUT);
    hb_select_fini(&select);
}

static void who_began_to_wait_while_it_was_stopped_is_woken(void)
{
    hb_watchdog watchdog;
    hb_watchdog_init(&watchdog, 5 * MS, MS);
    hb_watchdog_stop(&watchdog);
    pthread_t threads[2] = { start_waiter(&watchdog, 1), start_waiter(&watchdog, 2) };
    hb_time before = hb_now();
    hb_watchdog_beat(&watchdog);
    for (int i = 0; i < 2; i++)
        CHECK((intptr_t)check_join(threads[i]) >= before + 5 * MS);
    CHECK_EQ(waiters(&watchdog), 0);
}

/* They were told of an instant far off, as with a jitter longer than the timeout. */
static void who_was_told_a_later_time_is_woken(void)
{
    hb_watchdog watchdog;
    arm_for(&watchdog, hb_now() + HOUR);
    watchdog.timeout = 5 * MS;
    pthread_t threads[2] = { start_waiter(&watchdog, 1), start_waiter(&watchdog, 2) };
    hb_time before = hb_now();
    hb_watchdog_beat(&watchdog);
    for (int i = 0; i < 2; i++)
        CHECK((intptr_t)check_join(threads[i]) >= before + 5 * MS);
}

static void an_expiry_belongs_to_who_waits(void)
{
    hb_watchdog watchdog;
    hb_select select;
    hb_watchdog_init(&watchdog, 10 * MS, 0);
    hb_time due = hb_watchdog_due(&watchdog);
    const hb_case one = watchdog_case(&watchdog);
    CHECK_EQ(hb_select_init(&select, &one, 1, false), HB_OK);
    hb_status status = hb_select_begin(&select); /* or the thread was too slow */
    pass_until(due);
    CHECK(status == HB_OK || poll_watchdog(&watchdog) == 0);
    CHECK_EQ(status == HB_OK ? HB_OK : hb_select_wait(&select, HB_FOREVER), HB_OK);
    CHECK_EQ(select.word.i64, due);
    hb_select_fini(&select);
}

/* Whoever asked is told, asked by a select or not. */
static void watches_are_hinted_when_they_were_told_too_late(void)
{
    hb_watchdog watchdog;
    hb_hints hints;
    hb_watch watch;
    uint64_t key;
    hb_hints_init(&hints);
    hb_watchdog_init(&watchdog, HOUR, 0);
    CHECK_EQ(hb_watch_init(&watch, &hints, HB_RECV, 3), HB_OK);
    hb_source_watch(&watchdog.source, &watch);
    CHECK(take_hint(&hints, false, &key)); /* at first */
    CHECK_EQ(hb_source_due(&watchdog.source), hb_watchdog_due(&watchdog));
    hb_watchdog_beat(&watchdog);
    CHECK(!take_hint(&hints, false, &key));
    hb_watchdog_stop(&watchdog);
    CHECK_EQ(hb_source_due(&watchdog.source), HB_FOREVER);
    hb_watchdog_beat(&watchdog);
    CHECK(take_hint(&hints, false, &key));
    hb_source_unwatch(&watchdog.source, &watch);
    hb_watch_fini(&watch);
    hb_hints_fini(&hints);
}

/* Of many who were told, the latest counts: here four hours, and then one minute. */
static void who_was_told_the_latest_time_counts(void)
{
    hb_watchdog watchdog;
    hb_time now = hb_now();
    arm_for(&watchdog, now + 4 * HOUR);
    CHECK_EQ(hb_source_due(&watchdog.source), now + 4 * HOUR);
    watchdog.base = now + HOUR / 60;
    watchdog.due = now + 5 * HOUR;
    CHECK_EQ(hb_source_due(&watchdog.source), now + HOUR / 60);
    CHECK_EQ(watchdog.told, now + 4 * HOUR);
    hb_watchdog_beat(&watchdog); /* in an hour */
    CHECK_EQ(watchdog.told, 0);
}

/* ---- a hammer ---- */

#define TIMEOUT (MS / 5)

typedef struct pair {
    hb_watchdog watchdog;
    hb_chan *done;
    atomic_llong expiries;
} pair;

/* Each takes instants a timeout or more apart, for any two are. */
static void *take_expiries(void *opaque)
{
    pair *p = opaque;
    const hb_case cases[] = { watchdog_case(&p->watchdog), recv_case(p->done) };
    hb_time last = 0;
    outcome got;
    while ((got = select_until(cases, 2, HB_FOREVER)).status == HB_OK) {
        CHECK(got.n <= hb_now());
        CHECK(got.n >= last + TIMEOUT);
        last = got.n;
        atomic_fetch_add(&p->expiries, 1);
    }
    CHECK_EQ(got.status, HB_CLOSED);
    return NULL;
}

static void *beat_and_stop(void *opaque)
{
    pair *p = opaque;
    for (int i = 0; i < 3000; i++) {
        if (hb_rand_below(8) == 0)
            hb_watchdog_stop(&p->watchdog);
        hb_watchdog_beat(&p->watchdog);
        if (hb_rand_below(8) == 0)
            pass_until(hb_now() + hb_rand_below((uint32_t)(3 * TIMEOUT)));
    }
    return NULL;
}

static void beats_stops_and_takers_together(void)
{
    pair p = { .done = hb_chan_new(0, NULL) };
    pthread_t takers[2], beaters[2];
    hb_watchdog_init(&p.watchdog, TIMEOUT, 2 * TIMEOUT);
    for (int i = 0; i < 2; i++)
        takers[i] = check_spawn(take_expiries, &p);
    for (int i = 0; i < 2; i++)
        beaters[i] = check_spawn(beat_and_stop, &p);
    for (int i = 0; i < 2; i++)
        check_join(beaters[i]);
    int64_t seen = atomic_load(&p.expiries);
    while (atomic_load(&p.expiries) < seen + 3) /* beaten last, so it goes on expiring */
        pass_until(in_ms(1));
    hb_chan_close(p.done, num(0));
    for (int i = 0; i < 2; i++)
        check_join(takers[i]);
    CHECK_EQ(waiters(&p.watchdog), 0);
    hb_chan_unref(p.done);
}

int main(void)
{
    RUN(beats_wake_nobody);
    RUN(who_began_to_wait_while_it_was_stopped_is_woken);
    RUN(who_was_told_a_later_time_is_woken);
    RUN(an_expiry_belongs_to_who_waits);
    RUN(watches_are_hinted_when_they_were_told_too_late);
    RUN(who_was_told_the_latest_time_counts);
    RUN(beats_stops_and_takers_together);
    return check_exit_code();
}
