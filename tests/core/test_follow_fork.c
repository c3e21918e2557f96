/* hb_follow and fork: in the child it is over, whatever it was at; and what the
 * child follows itself is none of its business. */
#include "follow.h"

static pair forked;

static void child_stops(void)
{
    hb_follow_stop(&forked.follow);
    memset(&forked.follow, 0xff, sizeof forked.follow);
    hb_chan_close(forked.source, num(0));
    CHECK(!hb_chan_is_closed(forked.chan));
}

/* What waits there now is the child's own, and the parent's follow is not in it. */
static void child_stops_what_is_forgotten(void)
{
    pair own = { .source = forked.source, .chan = hb_chan_new(0, NULL) };
    start(&own);
    hb_follow_stop(&forked.follow);
    CHECK_EQ(hb_chan_try_send(own.source, num(2)), HB_OK);
    CHECK(hb_chan_is_closed(own.chan) && !hb_chan_is_closed(forked.chan));
    hb_follow_stop(&own.follow);
    check_dropped(1, 2);
    end(&own);
}

static void child_drops_its_copy(void)
{
    CHECK(hb_chan_is_closed(forked.chan));
    hb_follow_stop(&forked.follow);
    check_dropped(1, 7);
}

/* As if the fork had come between winning and waking, by a thread that is no more. */
static void child_stops_what_was_won(void)
{
    hb_follow_stop(&forked.follow);
    CHECK(!hb_chan_is_closed(forked.chan));
    check_dropped(0, 0);
}

static void a_follow_is_over_in_the_child_of_a_fork(void)
{
    begin(&forked, 0);
    start(&forked);
    check_in_child(child_stops);
    check_in_child(child_stops_what_is_forgotten);
    CHECK_EQ(hb_chan_try_send(forked.source, num(7)), HB_OK);
    check_in_child(child_drops_its_copy);
    hb_follow_stop(&forked.follow);
    check_dropped(1, 7);
    end(&forked);
}

static void a_wake_lost_in_a_fork_is_not_waited_for(void)
{
    begin(&forked, 0);
    start(&forked);
    hb_lock_acquire(&hb_chan_source(forked.source)->lock);
    hb_link *won = hb__queue_serve_locked(&hb_chan_source(forked.source)->waiting, HB_RECV, HB_OK, num(1));
    hb_lock_release(&hb_chan_source(forked.source)->lock);
    CHECK(won == &forked.follow.link);
    check_in_child(child_stops_what_was_won);
    hb__wait_wake(won->waiter);
    CHECK(hb_chan_is_closed(forked.chan));
    hb_follow_stop(&forked.follow);
    check_dropped(1, 1);
    end(&forked);
}

int main(void)
{
    RUN(a_follow_is_over_in_the_child_of_a_fork);
    RUN(a_wake_lost_in_a_fork_is_not_waited_for);
    return check_exit_code();
}
