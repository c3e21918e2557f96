/* hb_watchdog: when it expires, what a beat moves and what it leaves, and that
 * those who wait sleep neither too long nor for nothing. Timeouts of hours, and
 * expiries long past, make most of it independent of the clock. */
#include "chisq.h"
#include "hb_rand.h"
#include "hb_watchdog.h"
#include "support.h"

#define HOUR (3600 * HB_SECOND)

static hb_case watchdog_case(hb_watchdog *watchdog)
{
    return (hb_case){ &watchdog->source, HB_RECV, num(0) };
}

/* Receives if it has expired: the instant it was due; 0 if it has not. */
static hb_time poll_watchdog(hb_watchdog *watchdog)
{
    const hb_case one = watchdog_case(watchdog);
    outcome got = select_now(&one, 1, false);
    CHECK(got.status == HB_OK || got.status == HB_WOULD_BLOCK);
    return got.status == HB_OK ? got.n : 0;
}

static void *await_watchdog(void *opaque)
{
    const hb_case one = watchdog_case(opaque);
    outcome got = select_until(&one, 1, HB_FOREVER);
    CHECK_EQ(got.status, HB_OK);
    CHECK(got.n <= hb_now());
    return (void *)(intptr_t)got.n;
}

static uint64_t waiters(hb_watchdog *watchdog)
{
    hb_lock_acquire(&watchdog->source.lock);
    uint64_t n = hb__queue_count_locked(&watchdog->source.receivers);
    hb_lock_release(&watchdog->source.lock);
    return n;
}

static pthread_t start_waiter(hb_watchdog *watchdog, uint64_t place)
{
    pthread_t thread = check_spawn(await_watchdog, watchdog);
    while (waiters(watchdog) != place)
        sched_yield();
    return thread;
}

/* As if it had been armed for that instant, with some jitter. */
static void arm_for(hb_watchdog *watchdog, hb_time due)
{
    hb_watchdog_init(watchdog, HOUR, 0);
    watchdog->beat = 1;
    watchdog->base = due;
    watchdog->due = due;
}

/* ---- beats ---- */

static void it_expires_a_timeout_after_it_was_made(void)
{
    hb_watchdog watchdog;
    hb_time before = hb_now();
    hb_watchdog_init(&watchdog, 20 * MS, 0);
    hb_time after = hb_now(), due = hb_watchdog_due(&watchdog);
    CHECK(before + 20 * MS <= due && due <= after + 20 * MS);
    CHECK_EQ((intptr_t)await_watchdog(&watchdog), due);
    CHECK(hb_now() < due + 20 * HB_SECOND);
}

static void a_beat_moves_it(void)
{
    hb_watchdog watchdog;
    hb_watchdog_init(&watchdog, HOUR, 0);
    for (int i = 0; i < 3; i++) {
        hb_time before = hb_now();
        hb_watchdog_beat(&watchdog);
        hb_time due = hb_watchdog_due(&watchdog);
        CHECK(before + HOUR <= due && due <= hb_now() + HOUR);
    }
    CHECK_EQ(poll_watchdog(&watchdog), 0);
}

static void an_expiry_is_not_taken_back(void)
{
    hb_watchdog watchdog;
    arm_for(&watchdog, 5);
    for (int i = 0; i < 3; i++)
        hb_watchdog_beat(&watchdog);
    CHECK_EQ(hb_watchdog_due(&watchdog), 5);
    CHECK_EQ(poll_watchdog(&watchdog), 5);
    CHECK_EQ(poll_watchdog(&watchdog), 0);
}

/* ---- taking (D4) ---- */

static void after_an_expiry_it_counts_from_the_last_beat(void)
{
    hb_watchdog watchdog;
    arm_for(&watchdog, 5);
    hb_time before = hb_now();
    hb_watchdog_beat(&watchdog);
    hb_time after = hb_now();
    pass_until(after + MS);
    CHECK_EQ(poll_watchdog(&watchdog), 5);
    hb_time due = hb_watchdog_due(&watchdog);
    CHECK(before + HOUR <= due && due <= after + HOUR);
}

static void after_an_expiry_in_silence_it_keeps_the_phase(void)
{
    hb_watchdog watchdog;
    hb_time due = hb_now() - HOUR / 2;
    arm_for(&watchdog, due);
    CHECK_EQ(poll_watchdog(&watchdog), due);
    CHECK_EQ(hb_watchdog_due(&watchdog), due + HOUR);
}

static void after_a_long_silence_it_counts_from_now(void)
{
    hb_watchdog watchdog;
    hb_time now = hb_now(), due = now > 3 * HOUR ? now - 3 * HOUR : 2;
    arm_for(&watchdog, due);
    watchdog.timeout = due == 2 ? now / 2 : HOUR; /* of a machine that has just started */
    CHECK_EQ(poll_watchdog(&watchdog), due);
    hb_time next = hb_watchdog_due(&watchdog);
    CHECK(now + watchdog.timeout <= next && next <= hb_now() + watchdog.timeout);
    CHECK_EQ(poll_watchdog(&watchdog), 0);
}

/* ---- stop ---- */

static void stop_lasts_until_the_next_beat(void)
{
    hb_watchdog watchdog;
    hb_watchdog_init(&watchdog, HOUR, 0);
    CHECK(hb_watchdog_stop(&watchdog));
    CHECK(!hb_watchdog_stop(&watchdog));
    CHECK_EQ(hb_watchdog_due(&watchdog), HB_FOREVER);
    CHECK_EQ(poll_watchdog(&watchdog), 0);
    hb_watchdog_beat(&watchdog);
    CHECK(hb_watchdog_due(&watchdog) <= hb_now() + HOUR);
    CHECK(hb_watchdog_stop(&watchdog));
}

static void stop_drops_what_nobody_took(void)
{
    hb_watchdog watchdog;
    arm_for(&watchdog, 5);
    CHECK(hb_watchdog_stop(&watchdog));
    CHECK_EQ(poll_watchdog(&watchdog), 0);
    hb_watchdog_beat(&watchdog);
    CHECK_EQ(poll_watchdog(&watchdog), 0);
}

static void timeouts_beyond_the_clock_never_come(void)
{
    hb_watchdog watchdog;
    const hb_time timeouts[] = { HB_FOREVER, HB_FOREVER - 1 };
    for (int i = 0; i < 2; i++) {
        hb_watchdog_init(&watchdog, timeouts[i], HOUR);
        hb_watchdog_beat(&watchdog);
        CHECK_EQ(hb_watchdog_due(&watchdog), HB_FOREVER);
        CHECK_EQ(poll_watchdog(&watchdog), 0);
        CHECK(!hb_watchdog_stop(&watchdog));
    }
}

/* ---- jitter (D2) ---- */

static hb_time jitter_of_a_beat(hb_watchdog *watchdog)
{
    hb_watchdog_beat(watchdog);
    return hb_watchdog_due(watchdog) - watchdog->beat - watchdog->timeout;
}

static void jitter_is_uniform(void)
{
    hb_watchdog watchdog;
    uint32_t counts[10] = { 0 };
    hb_rand_seed(1);
    hb_watchdog_init(&watchdog, HOUR, 1000);
    for (int i = 0; i < 50000; i++) {
        hb_time jitter = jitter_of_a_beat(&watchdog);
        CHECK(0 <= jitter && jitter < 1000);
        counts[jitter / 100]++;
    }
    CHECK(chi_squared(counts, 10) < chi_squared_limit(10));
    hb_rand_unseed();
}

static void seeded_jitter_repeats(void)
{
    hb_watchdog watchdog;
    hb_time first[8];
    for (int round = 0; round < 2; round++) {
        hb_rand_seed(7);
        hb_watchdog_init(&watchdog, MS, HOUR);
        for (int i = 0; i < 8; i++) {
            hb_time jitter = jitter_of_a_beat(&watchdog);
            if (round == 0)
                first[i] = jitter;
            CHECK_EQ(jitter, first[i]);
        }
    }
    hb_rand_unseed();
}

static void without_jitter_nothing_is_drawn(void)
{
    hb_watchdog watchdog;
    hb_rand_seed(7);
    uint32_t first = hb_rand_below(1u << 31);
    hb_rand_seed(7);
    hb_watchdog_init(&watchdog, HOUR, 0);
    hb_watchdog_beat(&watchdog);
    CHECK_EQ(hb_rand_below(1u << 31), first);
    hb_rand_unseed();
}

/* ---- those who wait (D5) ---- */

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
    CHECK(hb_hints_take(&hints, false, &key)); /* at first */
    CHECK_EQ(hb_source_due(&watchdog.source), hb_watchdog_due(&watchdog));
    hb_watchdog_beat(&watchdog);
    CHECK(!hb_hints_take(&hints, false, &key));
    hb_watchdog_stop(&watchdog);
    CHECK_EQ(hb_source_due(&watchdog.source), HB_FOREVER);
    hb_watchdog_beat(&watchdog);
    CHECK(hb_hints_take(&hints, false, &key));
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
    RUN(it_expires_a_timeout_after_it_was_made);
    RUN(a_beat_moves_it);
    RUN(an_expiry_is_not_taken_back);
    RUN(after_an_expiry_it_counts_from_the_last_beat);
    RUN(after_an_expiry_in_silence_it_keeps_the_phase);
    RUN(after_a_long_silence_it_counts_from_now);
    RUN(stop_lasts_until_the_next_beat);
    RUN(stop_drops_what_nobody_took);
    RUN(timeouts_beyond_the_clock_never_come);
    RUN(jitter_is_uniform);
    RUN(seeded_jitter_repeats);
    RUN(without_jitter_nothing_is_drawn);
    RUN(beats_wake_nobody);
    RUN(who_began_to_wait_while_it_was_stopped_is_woken);
    RUN(who_was_told_a_later_time_is_woken);
    RUN(an_expiry_belongs_to_who_waits);
    RUN(watches_are_hinted_when_they_were_told_too_late);
    RUN(who_was_told_the_latest_time_counts);
    RUN(beats_stops_and_takers_together);
    return check_exit_code();
}
