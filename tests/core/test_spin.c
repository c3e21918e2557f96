/* hb_spin: it tells the truth, it ends soon, and it forgets dead watchers. How
 * long it watches is its own affair; the benchmarks judge that. */
#include "hb_spin.h"
#include "support.h"

static void a_done_waiter_is_seen(void)
{
    hb_waiter waiter;
    hb_link link = { .waiter = &waiter };
    for (int i = 0; i < 1000; i++) {
        hb_waiter_init(&waiter);
        CHECK(hb__wait_serve(&link, HB_OK, num(i)));
        hb__wait_wake(&waiter);
        CHECK(hb__spin(&waiter));
    }
}

/* S1: a watch is no longer than a sleep and a wake, so even many in a row end
 * soon. Won is not done: the outcome is not there yet. */
static void a_waiter_that_is_not_done_is_not_waited_for(void)
{
    hb_waiter waiter;
    hb_waiter_init(&waiter);
    hb_time start = hb_now();
    for (int i = 0; i < 500; i++)
        CHECK(!hb__spin(&waiter));
    CHECK(hb__wait_win(&waiter));
    for (int i = 0; i < 500; i++)
        CHECK(!hb__spin(&waiter));
    CHECK(hb_now() - start < 10 * HB_SECOND);
}

/* S5: after many naps it is waited for longer, but never until it is done. */
static void who_naps_often_watches_no_longer_than_a_wake_takes(void)
{
    hb_waiter waiter;
    hb_waiter_init(&waiter);
    hb_time start = hb_now();
    for (int i = 0; i < 5000; i++) {
        hb__spin_slept(1000);
        CHECK(!hb__spin(&waiter));
    }
    CHECK(hb_now() - start < 10 * HB_SECOND);
}

#define WATCHERS 4
#define HANDOVERS 2000

typedef struct handover {
    hb_waiter waiter;
    hb_atomic_u32 round;
} handover;

static void *watch_each(void *opaque)
{
    handover *h = opaque;
    for (uint32_t i = 0; i < HANDOVERS; i++) {
        while (!hb__spin(&h->waiter))
            sched_yield();
        CHECK_EQ(h->waiter.word.i64, i); /* W2 is visible to whoever saw DONE */
        hb_waiter_init(&h->waiter);
        hb_store_release(&h->round, i + 1);
    }
    return NULL;
}

static void *hand_over_each(void *opaque)
{
    handover *h = opaque;
    hb_link link = { .waiter = &h->waiter };
    for (uint32_t i = 0; i < HANDOVERS; i++) {
        while (hb_load_acquire(&h->round) != i)
            sched_yield();
        CHECK(hb__wait_serve(&link, HB_OK, num(i)));
        hb__wait_wake(&h->waiter);
    }
    return NULL;
}

/* More watchers than processors: S2 makes most of them give up at once, and
 * each must still see its own hand-over. */
static void many_watch_at_once(void)
{
    static handover handovers[WATCHERS];
    pthread_t watchers[WATCHERS], givers[WATCHERS];
    for (int i = 0; i < WATCHERS; i++) {
        hb_waiter_init(&handovers[i].waiter);
        hb_store_relaxed(&handovers[i].round, 0);
        watchers[i] = check_spawn(watch_each, &handovers[i]);
        givers[i] = check_spawn(hand_over_each, &handovers[i]);
    }
    for (int i = 0; i < WATCHERS; i++) {
        check_join(givers[i]);
        check_join(watchers[i]);
    }
}

int main(void)
{
    RUN(a_done_waiter_is_seen);
    RUN(a_waiter_that_is_not_done_is_not_waited_for);
    RUN(who_naps_often_watches_no_longer_than_a_wake_takes);
    RUN(many_watch_at_once);
    return check_exit_code();
}
