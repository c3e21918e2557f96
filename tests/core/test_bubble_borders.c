/* What belongs to a bubble, and what others may do with it; and channels in demand there. */
#include "monitoring.h"

#include "in_bubble.h"

/* ---- beats ---- */

static void *use_from_outside(void *unused)
{
    hb_unit unit;
    (void)unused;
    CHECK(hb_beat_is_foreign(beat));
    CHECK_EQ(hb_beat_pulse(beat), HB_FOREIGN);
    CHECK_EQ(hb_beat_progress(beat, 1, 2, NULL), HB_FOREIGN);
    CHECK_EQ(hb_beat_pause(beat, SECOND), HB_FOREIGN);
    CHECK_EQ(hb_unit_begin(beat, &unit, "", HB_FOREVER, true), HB_FOREIGN);
    return NULL;
}

static void a_beat_is_its_bubbles(void)
{
    enter();
    beat = hb_beat_open("inside");
    CHECK(!hb_beat_is_foreign(beat));
    CHECK_EQ(hb_beat_bubble(beat), hb_bubble_number(bubble));
    check_join(check_spawn(use_from_outside, NULL));
    hb_beat_view view;
    hb_beat_look(beat, &view);
    CHECK_EQ(view.pulses, 0);
    leave();
    use_from_outside(NULL); /* likewise once the bubble is over */
    hb_beat_unref(beat);
}

/* It can be looked at, and ended, from anywhere: then its clock has stood still. */
static void looking_is_for_everybody(void)
{
    hb_beat_view view;
    enter();
    beat = hb_beat_open("inside");
    pass(4 * SECOND);
    CHECK_EQ(hb_beat_pulse(beat), HB_OK);
    pass(SECOND);
    leave();
    hb_beat_look(beat, &view);
    CHECK_EQ(view.now, 5 * SECOND);
    CHECK_EQ(view.last, 4 * SECOND);
    CHECK_EQ(view.opened, 0);
    CHECK_EQ(view.longest, 4 * SECOND);
    CHECK_EQ(hb_beat_end(beat, HB_END_CLOSED), HB_OK);
    hb_beat_look(beat, &view);
    CHECK_EQ(view.until, 5 * SECOND);
    hb_beat_unref(beat);
}

static void a_beat_of_real_time_keeps_it(void)
{
    hb_beat_view view;
    beat = hb_beat_open("outside");
    CHECK_EQ(hb_beat_bubble(beat), 0);
    hb_time before = hb_platform_now();
    enter();
    pass(1000 * SECOND);
    CHECK_EQ(hb_beat_pulse(beat), HB_OK);
    hb_beat_look(beat, &view);
    leave();
    CHECK(view.last >= before - MS && view.last <= hb_platform_now());
    CHECK(view.longest < 500 * SECOND);
    hb_beat_unref(beat);
}

/* A slot that was a bubble's is anybody's afterwards. */
static void a_slot_forgets_its_bubble(void)
{
    enter();
    beat = hb_beat_open(NULL);
    uint32_t number = beat->number;
    hb_beat_unref(beat);
    leave();
    beat = hb_beat_open(NULL);
    CHECK_EQ(beat->number, number);
    CHECK_EQ(hb_beat_bubble(beat), 0);
    CHECK_EQ(hb_beat_pulse(beat), HB_OK);
    hb_beat_unref(beat);
}

/* ---- monitors ---- */

static void a_monitor_watches_beats_of_its_clock(void)
{
    hb_beat *outside = hb_beat_open("outside");
    hb_monitor *real = hb_monitor_new("real");
    enter();
    begin(&plain_rule);
    CHECK_EQ(hb_monitor_watch(monitor, outside, &plain_rule), HB_FOREIGN);
    CHECK_EQ(hb_monitor_watch(real, beat, &plain_rule), HB_FOREIGN);
    CHECK(!hb_monitor_unwatch(real, beat));
    CHECK_EQ(hb_monitor_status_of(real, beat), HB_WATCH_IDLE);
    CHECK_EQ(hb_monitor_watch(real, outside, &plain_rule), HB_OK);
    finish();
    leave();
    hb_monitor_unref(real);
    hb_beat_unref(outside);
}

/* Whoever drops it does so from real time. */
static void a_monitor_can_outlive_its_bubble(void)
{
    enter();
    begin(&plain_rule);
    leave();
    CHECK_EQ(hb_monitor_status(monitor), HB_WATCH_STARTING);
    CHECK_EQ(hb_beat_end(beat, HB_END_CLOSED), HB_OK); /* a call that nobody hears */
    CHECK_EQ(stats_of(monitor).watched, 1);
    finish();
}

static void *run_a_bubble_of_its_own(void *unused)
{
    (void)unused;
    hb_bubble *own = hb_bubble_new(0, 1, NULL);
    CHECK_EQ(hb_bubble_join(own, false), HB_OK);
    hb_monitor *watcher = hb_monitor_new("own");
    hb_beat *watched = hb_beat_open("own");
    CHECK_EQ(hb_monitor_watch(watcher, watched, &plain_rule), HB_OK);
    CHECK_EQ(hb_monitor_start(watcher), HB_OK);
    for (hb_time round = 1; round <= 200; round++) {
        hb_health *health = event_of(watcher, HB_FOREVER);
        CHECK_EQ(health->at, round * T);
        hb_health_unref(health);
        CHECK_EQ(hb_beat_pulse(watched), HB_OK);
        hb_health_unref(event_of(watcher, HB_FOREVER));
    }
    CHECK_EQ(stats_of(watcher).verdicts, 400);
    hb_monitor_unref(watcher);
    hb_beat_unref(watched);
    CHECK_EQ(hb_bubble_end(own, HB_FOREVER), HB_OK);
    hb_bubble_end_services(own);
    hb_bubble_leave();
    hb_bubble_unref(own);
    return NULL;
}

static void bubbles_side_by_side_do_not_meet(void)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = check_spawn(run_a_bubble_of_its_own, NULL);
    for (int i = 0; i < 4; i++)
        check_join(threads[i]);
}

/* ---- demand ---- */

static void send_late(void *chan)
{
    pass(3 * SECOND);
    CHECK_EQ(hb_chan_send(chan, num(1), HB_FOREVER), HB_OK);
}

static hb_chan *begin_demand(hb_time timeout)
{
    enter();
    hb_chan *jobs = hb_chan_new(1, NULL);
    monitor = hb_monitor_new("demand");
    CHECK_EQ(hb_monitor_demand(monitor, jobs, timeout), HB_OK);
    CHECK_EQ(hb_monitor_start(monitor), HB_OK);
    return jobs;
}

static void end_demand(hb_chan *jobs)
{
    hb_monitor_unref(monitor);
    hb_chan_unref(jobs);
    leave();
}

static void unmet_demand_is_told_at_the_timeout(void)
{
    hb_word word;
    hb_chan *jobs = begin_demand(10 * SECOND);
    hb_worker *worker = start_worker(send_late, jobs);
    hb_health *health = next_event();
    CHECK_EQ(health->cause, HB_CAUSE_STUCK);
    CHECK_EQ(health->at, 13 * SECOND);
    CHECK_EQ(health->since, 3 * SECOND);
    CHECK_EQ(health->silent_for, 10 * SECOND);
    hb_health_unref(health);
    pass(2 * SECOND);
    CHECK_EQ(hb_chan_recv(jobs, &word, HB_FOREVER), HB_OK);
    health = next_event();
    CHECK(health->healthy);
    CHECK_EQ(health->at, 15 * SECOND);
    CHECK_EQ(health->silent_for, 12 * SECOND);
    hb_health_unref(health);
    join_worker(worker);
    end_demand(jobs);
}

static void met_demand_is_never_told_of(void)
{
    hb_word word;
    hb_chan *jobs = begin_demand(2 * SECOND);
    for (int i = 0; i < 100; i++) {
        CHECK_EQ(hb_chan_send(jobs, num(i), HB_FOREVER), HB_OK);
        pass(2 * SECOND - 1);
        CHECK_EQ(hb_chan_recv(jobs, &word, HB_FOREVER), HB_OK);
    }
    CHECK_EQ(stats_of(monitor).verdicts, 0);
    end_demand(jobs);
}

/* It has nothing to wait for: so nobody ever runs again, and that is seen at once. */
static void demand_alone_keeps_no_time_going(void)
{
    hb_word word;
    hb_chan *jobs = begin_demand(2 * SECOND);
    CHECK_EQ(hb_chan_recv(jobs, &word, HB_FOREVER), HB_DEADLOCK);
    CHECK_EQ(hb_now(), 0);
    end_demand(jobs);
}

static void demand_is_for_channels_of_the_clock(void)
{
    hb_monitor *real = hb_monitor_new("real");
    hb_chan *jobs = begin_demand(SECOND);
    CHECK_EQ(hb_monitor_demand(real, jobs, SECOND), HB_FOREIGN);
    end_demand(jobs);
    hb_monitor_unref(real);
}

/* ---- channels ---- */

static void a_channel_is_closed_inside(void)
{
    enter();
    hb_chan *chan = hb_chan_new(0, NULL), *other = hb_chan_new(0, NULL);
    CHECK_EQ(hb_chan_close(other, num(0)), HB_OK);
    leave();
    CHECK_EQ(hb_chan_close(chan, num(0)), HB_FOREIGN);
    CHECK(!hb_chan_is_closed(chan));
    CHECK_EQ(hb_chan_shut(chan, num(0)), HB_OK);
    hb_chan_unref(chan);
    hb_chan_unref(other);
}

int main(void)
{
    RUN(a_beat_is_its_bubbles);
    RUN(looking_is_for_everybody);
    RUN(a_beat_of_real_time_keeps_it);
    RUN(a_slot_forgets_its_bubble);
    RUN(a_monitor_watches_beats_of_its_clock);
    RUN(a_monitor_can_outlive_its_bubble);
    RUN(bubbles_side_by_side_do_not_meet);
    RUN(unmet_demand_is_told_at_the_timeout);
    RUN(met_demand_is_never_told_of);
    RUN(demand_alone_keeps_no_time_going);
    RUN(demand_is_for_channels_of_the_clock);
    RUN(a_channel_is_closed_inside);
    return check_exit_code();
}
