/* hb_wait: winning, waking, parking, cancelling. */
#include "support.h"

static hb_link link_of(hb_waiter *waiter)
{
    hb_waiter_init(waiter);
    return (hb_link){ .waiter = waiter };
}

/* ---- winning (W1, W2) ---- */

static void a_waiter_is_won_once(void)
{
    hb_waiter waiter;
    hb_waiter_init(&waiter);
    CHECK(hb__wait_win(&waiter));
    CHECK(!hb__wait_win(&waiter));
}

#define RACERS 4
#define RACES 3000

typedef struct race {
    hb_waiter waiter;
    atomic_int round, finished, winners;
} race;

static void *try_to_win(void *opaque)
{
    race *r = opaque;
    for (int i = 1; i <= RACES; i++) {
        while (atomic_load(&r->round) < i)
            sched_yield();
        if (hb__wait_win(&r->waiter))
            atomic_fetch_add(&r->winners, 1);
        atomic_fetch_add(&r->finished, 1);
    }
    return NULL;
}

static void of_many_exactly_one_wins(void)
{
    race r = { .round = 0 };
    pthread_t threads[RACERS];
    for (int i = 0; i < RACERS; i++)
        threads[i] = check_spawn(try_to_win, &r);
    for (int i = 1; i <= RACES; i++) {
        hb_waiter_init(&r.waiter);
        atomic_store(&r.winners, 0);
        atomic_store(&r.round, i);
        while (atomic_load(&r.finished) < i * RACERS)
            sched_yield();
        CHECK_EQ(atomic_load(&r.winners), 1);
    }
    for (int i = 0; i < RACERS; i++)
        check_join(threads[i]);
}

static void serving_fills_in_the_outcome(void)
{
    hb_waiter waiter;
    hb_link link = link_of(&waiter);
    CHECK(hb__wait_serve(&link, HB_CLOSED, num(5)));
    CHECK(!hb__wait_serve(&link, HB_OK, num(6)));
    CHECK(waiter.link == &link);
    CHECK_EQ(waiter.status, HB_CLOSED);
    CHECK_EQ(waiter.word.i64, 5);
    CHECK(waiter.next == NULL);
}

static void winning_alone_fills_in_nothing(void)
{
    hb_waiter waiter;
    hb_waiter_init(&waiter);
    CHECK(waiter.link == NULL);
    CHECK(hb_wait_cancel(&waiter));
    CHECK(waiter.link == NULL);
    CHECK(!hb__wait_win(&waiter));
}

/* ---- waking ---- */

static hb_waiter *woken[8];
static int wakes;

static void note_wake(hb_waiter *waiter)
{
    woken[wakes++] = waiter;
    waiter->next = waiter; /* it is the owner's again: whoever reads on goes in a circle */
}

static void a_chain_is_woken_from_its_head(void)
{
    hb_waiter waiters[3];
    for (int i = 0; i < 3; i++) {
        hb_waiter_init(&waiters[i]);
        waiters[i].wake = note_wake;
        waiters[i].next = i < 2 ? &waiters[i + 1] : NULL;
    }
    wakes = 0;
    hb__wait_wake(&waiters[0]);
    CHECK_EQ(wakes, 3);
    for (int i = 0; i < 3; i++)
        CHECK(woken[i] == &waiters[i]);
    hb__wait_wake(NULL);
    CHECK_EQ(wakes, 3);
}

static void a_wake_before_the_park_is_not_missed(void)
{
    hb_waiter waiter;
    hb_link link = link_of(&waiter);
    CHECK(hb__wait_serve(&link, HB_OK, num(1)));
    hb__wait_wake(&waiter);
    CHECK_EQ(hb_wait_park(&waiter, HB_FOREVER), HB_OK);
    CHECK_EQ(hb_wait_park(&waiter, 0), HB_OK); /* done is done, whatever the deadline */
    CHECK(!hb_wait_cancel(&waiter));
}

static void *serve_and_wake(void *link)
{
    hb_waiter *waiter = ((hb_link *)link)->waiter;
    while (!(hb_load_acquire(&waiter->state) & HB_WAITER_PARKED))
        sched_yield();
    CHECK(hb__wait_serve(link, HB_OK, num(7)));
    hb__wait_wake(waiter);
    return NULL;
}

static hb_status park_through_signals(hb_waiter *waiter, hb_time deadline)
{
    hb_status status;
    do
        status = hb_wait_park(waiter, deadline);
    while (status == HB_INTERRUPTED);
    return status;
}

static void a_wake_ends_the_park(void)
{
    hb_waiter waiter;
    hb_link link = link_of(&waiter);
    pthread_t thread = check_spawn(serve_and_wake, &link);
    CHECK_EQ(park_through_signals(&waiter, HB_FOREVER), HB_OK);
    CHECK_EQ(waiter.word.i64, 7);
    check_join(thread);
}

/* ---- deadlines, cancelling, signals ---- */

static void a_park_that_timed_out_can_go_on(void)
{
    hb_waiter waiter;
    hb_link link = link_of(&waiter);
    hb_time deadline = in_ms(20);
    CHECK_EQ(park_through_signals(&waiter, deadline), HB_TIMEOUT);
    CHECK(hb_now() >= deadline);
    pthread_t thread = check_spawn(serve_and_wake, &link);
    CHECK_EQ(park_through_signals(&waiter, HB_FOREVER), HB_OK);
    check_join(thread);
}

static void a_cancelled_waiter_cannot_be_served(void)
{
    hb_waiter waiter;
    hb_link link = link_of(&waiter);
    CHECK_EQ(park_through_signals(&waiter, in_ms(1)), HB_TIMEOUT);
    CHECK(hb_wait_cancel(&waiter));
    CHECK(!hb__wait_serve(&link, HB_OK, num(1)));
}

static void *finish_later(void *opaque)
{
    hb_waiter *waiter = opaque;
    while (!(hb_load_acquire(&waiter->state) & HB_WAITER_PARKED))
        sched_yield();
    waiter->word = num(8);
    hb__wait_wake(waiter);
    return NULL;
}

/* W3: the loser waits until the winner has written everything. */
static void cancelling_a_won_waiter_waits_for_the_winner(void)
{
    hb_waiter waiter;
    hb_link link = link_of(&waiter);
    CHECK(hb__wait_serve(&link, HB_OK, num(0)));
    pthread_t thread = check_spawn(finish_later, &waiter);
    CHECK(!hb_wait_cancel(&waiter));
    CHECK_EQ(waiter.word.i64, 8);
    check_join(thread);
}

typedef struct parked {
    hb_waiter waiter;
    atomic_bool ended;
} parked;

static void *park_until_signalled(void *opaque)
{
    parked *p = opaque;
    hb_status status = hb_wait_park(&p->waiter, HB_FOREVER);
    atomic_store(&p->ended, true);
    return (void *)(intptr_t)status;
}

static void a_signal_ends_a_park_and_changes_nothing(void)
{
    parked p = { .ended = false };
    hb_waiter_init(&p.waiter);
    hb_link link = { .waiter = &p.waiter };
    catch_sigusr1();
    pthread_t thread = check_spawn(park_until_signalled, &p);
    signal_until(thread, &p.ended);
    CHECK_EQ((intptr_t)check_join(thread), HB_INTERRUPTED);
    CHECK(hb__wait_serve(&link, HB_OK, num(2)));
    hb__wait_wake(&p.waiter);
    CHECK_EQ(hb_wait_park(&p.waiter, HB_FOREVER), HB_OK);
}

/* ---- nudges ---- */

static hb_queues queue_of(hb_link *link)
{
    hb_queues queues;
    hb__queues_init(&queues);
    hb__queue_add_locked(&queues, HB_RECV, link);
    return queues;
}

typedef struct nudger {
    hb_waiter *waiter;
    hb_queues *queues;
} nudger;

static void *nudge_once_parked(void *opaque)
{
    nudger *n = opaque;
    while (!(hb_load_acquire(&n->waiter->state) & HB_WAITER_PARKED))
        sched_yield();
    hb__queue_nudge_locked(n->queues, HB_RECV);
    return NULL;
}

static void a_nudge_ends_the_park_and_changes_nothing(void)
{
    hb_waiter waiter;
    hb_link link = link_of(&waiter);
    hb_queues queues = queue_of(&link);
    nudger n = { &waiter, &queues };
    pthread_t thread = check_spawn(nudge_once_parked, &n);
    CHECK_EQ(park_through_signals(&waiter, HB_FOREVER), HB_RETRY);
    check_join(thread);
    CHECK(hb__queue_first_locked(&queues, HB_RECV) == &link && !hb__wait_is_won(&waiter));
    CHECK_EQ(park_through_signals(&waiter, in_ms(1)), HB_TIMEOUT);
    CHECK(hb__queue_serve_locked(&queues, HB_RECV, HB_OK, num(3)) == &link);
    hb__wait_wake(&waiter);
    CHECK_EQ(hb_wait_park(&waiter, HB_FOREVER), HB_OK);
    CHECK_EQ(waiter.word.i64, 3);
}

static void nudges_before_the_park_are_one(void)
{
    hb_waiter waiter;
    hb_link link = link_of(&waiter);
    hb_queues queues = queue_of(&link);
    hb__queue_nudge_locked(&queues, HB_RECV);
    hb__queue_nudge_locked(&queues, HB_RECV);
    CHECK_EQ(hb_wait_park(&waiter, HB_FOREVER), HB_RETRY);
    CHECK_EQ(park_through_signals(&waiter, 0), HB_TIMEOUT);
}

static void a_nudge_does_not_hide_that_it_was_served(void)
{
    hb_waiter waiter;
    hb_link link = link_of(&waiter);
    hb_queues queues = queue_of(&link);
    hb__queue_nudge_locked(&queues, HB_RECV);
    CHECK(hb__wait_serve(&link, HB_OK, num(4)));
    hb__queue_nudge_locked(&queues, HB_RECV);
    hb__wait_wake(&waiter);
    hb__queue_nudge_locked(&queues, HB_RECV);
    CHECK_EQ(hb_wait_park(&waiter, HB_FOREVER), HB_OK);
    CHECK_EQ(waiter.word.i64, 4);
}

static void a_nudged_waiter_can_be_cancelled(void)
{
    hb_waiter waiter;
    hb_link link = link_of(&waiter);
    hb_queues queues = queue_of(&link);
    hb__queue_nudge_locked(&queues, HB_RECV);
    CHECK(hb_wait_cancel(&waiter));
    CHECK(!hb__wait_serve(&link, HB_OK, num(1)));
}

static void a_nudged_loser_waits_for_the_winner(void)
{
    hb_waiter waiter;
    hb_link link = link_of(&waiter);
    hb_queues queues = queue_of(&link);
    hb__queue_nudge_locked(&queues, HB_RECV);
    CHECK(hb__wait_serve(&link, HB_OK, num(0)));
    pthread_t thread = check_spawn(finish_later, &waiter);
    CHECK(!hb_wait_cancel(&waiter));
    CHECK_EQ(waiter.word.i64, 8);
    check_join(thread);
}

/* ---- sleeping ---- */

static hb_status sleep_through_signals(hb_time deadline)
{
    hb_status status;
    do
        status = hb_wait_sleep(deadline);
    while (status == HB_INTERRUPTED);
    return status;
}

static void sleep_ends_at_its_deadline(void)
{
    for (int ms = 0; ms < 100; ms += 45) {
        hb_time deadline = in_ms(ms);
        CHECK_EQ(sleep_through_signals(deadline), HB_TIMEOUT);
        CHECK(hb_now() >= deadline);
        CHECK(hb_now() < deadline + 20 * HB_SECOND);
    }
}

static void a_deadline_that_has_passed_is_no_sleep(void)
{
    CHECK_EQ(hb_wait_sleep(hb_now()), HB_TIMEOUT);
    CHECK_EQ(hb_wait_sleep(0), HB_TIMEOUT);
    CHECK_EQ(hb_wait_sleep(-HB_SECOND), HB_TIMEOUT);
}

static void *sleep_until_signalled(void *ended)
{
    hb_status status = hb_wait_sleep(HB_FOREVER);
    atomic_store((atomic_bool *)ended, true);
    return (void *)(intptr_t)status;
}

static void a_signal_ends_a_sleep(void)
{
    atomic_bool ended = false;
    catch_sigusr1();
    pthread_t thread = check_spawn(sleep_until_signalled, &ended);
    signal_until(thread, &ended);
    CHECK_EQ((intptr_t)check_join(thread), HB_INTERRUPTED);
}

int main(void)
{
    RUN(a_waiter_is_won_once);
    RUN(of_many_exactly_one_wins);
    RUN(serving_fills_in_the_outcome);
    RUN(winning_alone_fills_in_nothing);
    RUN(a_chain_is_woken_from_its_head);
    RUN(a_wake_before_the_park_is_not_missed);
    RUN(a_wake_ends_the_park);
    RUN(a_park_that_timed_out_can_go_on);
    RUN(a_cancelled_waiter_cannot_be_served);
    RUN(cancelling_a_won_waiter_waits_for_the_winner);
    RUN(a_signal_ends_a_park_and_changes_nothing);
    RUN(a_nudge_ends_the_park_and_changes_nothing);
    RUN(nudges_before_the_park_are_one);
    RUN(a_nudge_does_not_hide_that_it_was_served);
    RUN(a_nudged_waiter_can_be_cancelled);
    RUN(a_nudged_loser_waits_for_the_winner);
    RUN(sleep_ends_at_its_deadline);
    RUN(a_deadline_that_has_passed_is_no_sleep);
    RUN(a_signal_ends_a_sleep);
    return check_exit_code();
}
