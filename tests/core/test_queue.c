/* Queues: ordered by `since`, served from the front, dead links passed over. And parties:
 * threads whose waits somebody else can end. */
#include "support.h"

#define N 5

typedef struct row {
    hb_queues queues;
    hb_waiter waiters[N];
    hb_link links[N];
} row;

/* Waiters since 10, 20, 30 ... of which the first n stand in the queue. */
static void line_up(row *r, int n)
{
    hb__queues_init(&r->queues);
    for (int i = 0; i < N; i++) {
        hb_waiter_init(&r->waiters[i]);
        r->waiters[i].since = 10 * (i + 1);
        r->links[i] = (hb_link){ .waiter = &r->waiters[i] };
        if (i < n)
            hb__queue_add_locked(&r->queues, HB_RECV, &r->links[i]);
    }
}

/* The queue holds exactly these links, and reads the same from both ends. */
static void check_order(row *r, const char *wanted)
{
    char forward[N + 1] = "", backward[N + 1] = "";
    size_t n = 0, m = strlen(wanted);
    hb_link *first = hb_load_guarded(&r->queues.first[HB_RECV]), *link = first;
    for (; link && n < N && (n == 0 || link != first); link = link->next)
        forward[n++] = (char)('0' + (link - r->links));
    for (; link && m > 0; link = link->prev)
        backward[--m] = (char)('0' + (link->prev - r->links));
    CHECK(strcmp(forward, wanted) == 0);
    CHECK(strcmp(backward, wanted) == 0);
    for (int i = 0; i < N; i++)
        CHECK_EQ(r->links[i].queued, strchr(wanted, '0' + i) != NULL);
}

static void check_count(row *r, size_t receivers, size_t senders)
{
    CHECK_EQ(hb__queue_count_locked(&r->queues, HB_RECV), receivers);
    CHECK_EQ(hb__queue_count_locked(&r->queues, HB_SEND), senders);
    CHECK_EQ(hb__queue_has_links(&r->queues, HB_RECV), receivers > 0);
    CHECK_EQ(hb__queue_has_links(&r->queues, HB_SEND), senders > 0);
}

static void newcomers_stand_last(void)
{
    row r;
    line_up(&r, N);
    check_order(&r, "01234");
}

static void who_waited_longer_stands_before(void)
{
    row r;
    line_up(&r, 0);
    const int arrival[] = { 3, 1, 4, 0, 2 };
    const char *orders[] = { "3", "13", "134", "0134", "01234" };
    for (int i = 0; i < N; i++) {
        hb__queue_add_locked(&r.queues, HB_RECV, &r.links[arrival[i]]);
        check_order(&r, orders[i]);
    }
}

static void of_equals_the_first_to_come_stands_first(void)
{
    row r;
    line_up(&r, 0);
    r.waiters[1].since = r.waiters[2].since = r.waiters[0].since;
    hb__queue_add_locked(&r.queues, HB_RECV, &r.links[2]);
    hb__queue_add_locked(&r.queues, HB_RECV, &r.links[0]);
    hb__queue_add_locked(&r.queues, HB_RECV, &r.links[1]);
    check_order(&r, "201");
}

static void anyone_can_leave(void)
{
    row r;
    line_up(&r, N);
    hb__queue_remove_locked(&r.queues, HB_RECV, &r.links[2]);
    check_order(&r, "0134");
    hb__queue_remove_locked(&r.queues, HB_RECV, &r.links[0]);
    check_order(&r, "134");
    hb__queue_remove_locked(&r.queues, HB_RECV, &r.links[4]);
    check_order(&r, "13");
    hb__queue_remove_locked(&r.queues, HB_RECV, &r.links[4]); /* left already: nothing happens */
    hb__queue_remove_locked(&r.queues, HB_RECV, &r.links[1]);
    hb__queue_remove_locked(&r.queues, HB_RECV, &r.links[3]);
    check_order(&r, "");
}

static void who_comes_back_gets_the_old_place(void)
{
    row r;
    line_up(&r, N);
    hb__queue_remove_locked(&r.queues, HB_RECV, &r.links[1]);
    hb__queue_add_locked(&r.queues, HB_RECV, &r.links[1]);
    check_order(&r, "01234");
}

static void the_dead_are_passed_over(void)
{
    row r;
    line_up(&r, N);
    CHECK(hb__wait_win(&r.waiters[0]));
    CHECK(hb_wait_cancel(&r.waiters[1]));
    CHECK(hb__queue_first_locked(&r.queues, HB_RECV) == &r.links[2]);
    check_order(&r, "234");
    CHECK(hb__wait_win(&r.waiters[2]));
    CHECK(hb__queue_serve_locked(&r.queues, HB_RECV, HB_OK, num(1)) == &r.links[3]);
    CHECK(r.waiters[3].link == &r.links[3]);
    check_order(&r, "4");
}

static void nobody_left_is_null(void)
{
    row r;
    line_up(&r, 2);
    CHECK(hb__wait_win(&r.waiters[0]));
    CHECK(hb__wait_win(&r.waiters[1]));
    CHECK(hb__queue_first_locked(&r.queues, HB_RECV) == NULL);
    CHECK(hb__queue_serve_locked(&r.queues, HB_RECV, HB_OK, num(1)) == NULL);
    check_order(&r, "");
}

static void the_directions_do_not_meet(void)
{
    row r;
    line_up(&r, 2);
    hb__queue_add_locked(&r.queues, HB_SEND, &r.links[3]);
    check_count(&r, 2, 1);
    CHECK(hb__queue_serve_locked(&r.queues, HB_SEND, HB_OK, num(1)) == &r.links[3]);
    CHECK(hb__queue_serve_locked(&r.queues, HB_SEND, HB_OK, num(1)) == NULL);
    check_count(&r, 2, 0);
    check_order(&r, "01");
}

static void links_of_another_epoch_are_forgotten(void)
{
    row r;
    line_up(&r, 2);
    hb__queue_add_locked(&r.queues, HB_SEND, &r.links[2]);
    r.queues.epoch--;
    hb__queue_add_locked(&r.queues, HB_RECV, &r.links[3]);
    CHECK(hb__queue_first_locked(&r.queues, HB_RECV) == &r.links[3]);
    check_count(&r, 1, 0);
}

/* ---- parties ---- */

typedef struct member {
    hb_party party;
    hb_status ended, again;
} member;

static void *sleep_twice(void *opaque)
{
    member *m = opaque;
    hb_party_enter(&m->party);
    m->ended = hb_wait_sleep(HB_FOREVER);
    m->again = hb_wait_sleep(HB_FOREVER);
    hb_party_enter(NULL);
    return NULL;
}

static bool is_waiting(hb_party *party)
{
    hb_lock_acquire(&party->lock);
    bool waiting = party->waiting != NULL;
    hb_lock_release(&party->lock);
    return waiting;
}

static void stopping_ends_this_wait_and_the_later_ones(void)
{
    member m;
    hb_party_init(&m.party);
    pthread_t thread = check_spawn(sleep_twice, &m);
    while (!is_waiting(&m.party))
        sched_yield();
    hb_waiter *stopped = hb__party_stop(&m.party);
    CHECK(stopped != NULL);
    hb__wait_wake(stopped);
    check_join(thread);
    CHECK_EQ(m.ended, HB_STOPPED);
    CHECK_EQ(m.again, HB_STOPPED);
    CHECK(!is_waiting(&m.party));
}

static void a_party_that_does_not_wait_stops_when_it_would(void)
{
    member m;
    hb_party_init(&m.party);
    CHECK(hb__party_stop(&m.party) == NULL);
    check_join(check_spawn(sleep_twice, &m));
    CHECK_EQ(m.ended, HB_STOPPED);
}

static void who_left_the_party_waits_as_before(void)
{
    hb_party party;
    hb_party_init(&party);
    CHECK(hb__party_stop(&party) == NULL);
    hb_party_enter(&party);
    CHECK_EQ(hb_wait_sleep(in_ms(1)), HB_STOPPED);
    hb_party_enter(NULL);
    CHECK_EQ(hb_wait_sleep(in_ms(1)), HB_TIMEOUT);
}

/* What was handed over stands, although the party was told to stop. */
static void a_win_before_the_stop_stands(void)
{
    hb_party party;
    hb_waiter waiter;
    hb_waiter_init(&waiter);
    hb_link link = { .waiter = &waiter };
    hb_party_init(&party);
    CHECK(hb__wait_serve(&link, HB_OK, num(3)));
    CHECK(hb__party_stop(&party) == NULL);
    hb__wait_wake(&waiter);
    hb_party_enter(&party);
    CHECK_EQ(hb_wait_park(&waiter, HB_FOREVER), HB_OK);
    hb_party_enter(NULL);
    CHECK_EQ(waiter.status, HB_OK);
    CHECK_EQ(waiter.word.i64, 3);
}

int main(void)
{
    RUN(newcomers_stand_last);
    RUN(who_waited_longer_stands_before);
    RUN(of_equals_the_first_to_come_stands_first);
    RUN(anyone_can_leave);
    RUN(who_comes_back_gets_the_old_place);
    RUN(the_dead_are_passed_over);
    RUN(nobody_left_is_null);
    RUN(the_directions_do_not_meet);
    RUN(links_of_another_epoch_are_forgotten);
    RUN(stopping_ends_this_wait_and_the_later_ones);
    RUN(a_party_that_does_not_wait_stops_when_it_would);
    RUN(who_left_the_party_waits_as_before);
    RUN(a_win_before_the_stop_stands);
    return check_exit_code();
}
