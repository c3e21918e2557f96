/* hb_monitor_demand: items that wait on a channel and that nobody takes. */
#include "monitoring.h"

static hb_chan *chan;

static void begin_demand(uint64_t capacity)
{
    monitor = hb_monitor_new("test");
    chan = hb_chan_new(capacity, NULL);
    CHECK_EQ(hb_monitor_demand(monitor, chan, 4 * T), HB_OK);
    CHECK_EQ(hb_monitor_demand(monitor, chan, T), HB_BUSY);
    CHECK_EQ(hb_monitor_start(monitor), HB_OK);
}

static void finish_demand(void)
{
    hb_monitor_close(monitor);
    CHECK_EQ(hb_monitor_demand(monitor, chan, T), HB_CLOSED);
    hb_monitor_unref(monitor);
    hb_chan_unref(chan);
}

static void expect_demand(bool healthy, hb_time since)
{
    hb_health *health = next_event();
    CHECK(health->beat == NULL);
    CHECK(health->chan == chan);
    CHECK_EQ(health->healthy, healthy);
    CHECK_EQ(health->cause, healthy ? HB_CAUSE_NONE : HB_CAUSE_STUCK);
    CHECK(hb_now() >= since + 4 * T);
    CHECK(health->silent_for >= 4 * T);
    hb_health_unref(health);
}

static void items_that_nobody_takes_are_told_of_once(void)
{
    hb_word word;
    begin_demand(4);
    expect_none_during(6 * T); /* nothing waits */
    hb_time sent = hb_now();
    CHECK_EQ(hb_chan_try_send(chan, num(1)), HB_OK);
    CHECK_EQ(hb_chan_try_send(chan, num(2)), HB_OK);
    CHECK_EQ(hb_monitor_status(monitor), HB_WATCH_HEALTHY);
    expect_demand(false, sent);
    CHECK_EQ(hb_monitor_status(monitor), HB_WATCH_UNHEALTHY);
    expect_none_during(6 * T);
    CHECK_EQ(hb_chan_try_recv(chan, &word), HB_OK);
    expect_demand(true, sent);
    expect_demand(false, sent); /* the second item waits on */
    finish_demand();
}

/* However much waits, as long as somebody takes. */
static void a_channel_that_is_served_is_well(void)
{
    hb_word word;
    begin_demand(100);
    for (int i = 0; i < 100; i++)
        CHECK_EQ(hb_chan_try_send(chan, num(i)), HB_OK);
    for (int i = 0; i < 8; i++) {
        hb_time before = hb_now();
        CHECK_EQ(hb_chan_try_recv(chan, &word), HB_OK);
        hb_health *health = event_of(monitor, hb_now() + T);
        CHECK(health == NULL || hb_now() - before >= 4 * T); /* unless this thread was held up */
        hb_health_unref(health);
    }
    finish_demand();
}

static void *send_one(void *unused)
{
    (void)unused;
    CHECK_EQ(hb_chan_send(chan, num(1), HB_FOREVER), HB_OK);
    return NULL;
}

static void a_sender_that_waits_counts(void)
{
    hb_word word;
    begin_demand(0);
    hb_time sent = hb_now();
    pthread_t sender = check_spawn(send_one, NULL);
    expect_demand(false, sent);
    CHECK_EQ(hb_chan_recv(chan, &word, HB_FOREVER), HB_OK);
    check_join(sender);
    expect_demand(true, sent);
    finish_demand();
}

static void it_can_be_added_after_the_start(void)
{
    begin(&plain_rule);
    hb_monitor_unwatch(monitor, beat);
    chan = hb_chan_new(1, NULL);
    hb_chan_try_send(chan, num(1));
    hb_time began = hb_now();
    CHECK_EQ(hb_monitor_demand(monitor, chan, 4 * T), HB_OK);
    expect_demand(false, began);
    hb_chan_unref(chan);
    finish();
}

int main(void)
{
    RUN(items_that_nobody_takes_are_told_of_once);
    RUN(a_channel_that_is_served_is_well);
    RUN(a_sender_that_waits_counts);
    RUN(it_can_be_added_after_the_start);
    return check_exit_code();
}
