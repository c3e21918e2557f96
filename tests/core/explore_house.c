/* The hard races of the monitors of a bubble: what a round has woken calls while the round goes on,
 * and others let go of what belongs to the bubble while it ends. Instants are exact. */
#include "explore.h"
#include "hb_board.h"
#include "hb_bubble.h"
#include "hb_monitor.h"
#include "hb_select.h"
#include "hb_worker.h"

#define T ((hb_time)64)
#define ROUNDS 2

static const hb_rule rule = { .timeout = T, .grace = 0, .misses = 1, .progress = HB_FOREVER };

static hb_bubble *bubble;
static hb_here *host;
static hb_monitor *monitor;
static hb_beat *beats[2];
static hb_chan *handed_over; /* of real time */

/* Slots are reused in the order they were given back. */
static void open_beats(void)
{
    hb_beat *one = hb_beat_open(NULL), *other = hb_beat_open(NULL);
    beats[0] = one->number < other->number ? one : other;
    beats[1] = one->number < other->number ? other : one;
}

static void watch_beats(void)
{
    monitor = hb_monitor_new(NULL);
    open_beats();
    for (int i = 0; i < 2; i++)
        CHECK_EQ(hb_monitor_watch(monitor, beats[i], &rule), HB_OK);
    CHECK_EQ(hb_monitor_start(monitor), HB_OK);
}

/* The host's place is made here, and taken by a thread: what is made but once would make one schedule
 * unlike the next. */
static void begin(void)
{
    bubble = hb_bubble_new(0, 1, NULL);
    handed_over = hb_chan_new(HB_UNBOUNDED, NULL);
    CHECK_EQ(hb_bubble_join(bubble, false), HB_OK);
    watch_beats();
    host = hb_here_set_aside();
}

static void end(void)
{
    hb_bubble_unref(bubble);
    hb_chan_unref(handed_over);
    CHECK_EQ(hb_load_acquire(&((hb_board_header *)(uintptr_t)hb_board())->open), 0);
}

static void leave(void)
{
    CHECK_EQ(hb_bubble_end(bubble, HB_FOREVER), HB_OK);
    hb_bubble_end_services(bubble);
    hb_bubble_leave();
}

static void let_go(void)
{
    hb_monitor_unref(monitor);
    for (int i = 0; i < 2; i++)
        hb_beat_unref(beats[i]);
}

/* ---- a pulse in answer to every verdict ---- */

static hb_health *next_event(void)
{
    hb_select select;
    hb_case one = { hb_monitor_source(monitor), HB_RECV, (hb_word){ NULL } };
    hb_select_init(&select, &one, 1, true);
    CHECK_EQ(hb_select_run(&select, HB_FOREVER), HB_OK);
    hb_health *health = select.word.ptr;
    hb_select_fini(&select);
    return health;
}

/* The round that spoke of one beat may still be about to speak of the other. */
static void answer(void *unused)
{
    (void)unused;
    for (hb_time round = 1; round <= ROUNDS; round++)
        for (int recovered = 0; recovered < 2;) {
            hb_health *health = next_event();
            CHECK_EQ(health->at, round * T);
            CHECK_EQ(health->silent_for, T);
            if (!health->healthy)
                CHECK_EQ(hb_beat_pulse(health->beat), HB_OK);
            recovered += health->healthy;
            hb_health_unref(health);
        }
}

static void host_who_is_answered(void)
{
    hb_word word;
    hb_worker *worker;
    hb_here_put_back(host);
    CHECK_EQ(hb_worker_start(&worker, answer, NULL, "answers"), HB_OK);
    CHECK_EQ(hb_chan_recv(hb_worker_done(worker), &word, HB_FOREVER), HB_CLOSED);
    hb_worker_unref(worker);
    CHECK_EQ(hb_now(), ROUNDS * T);
    hb_monitor_close(monitor);
    let_go();
    leave();
}

/* ---- let go from outside ---- */

static void host_who_hands_over(void)
{
    hb_here_put_back(host);
    hb_chan_try_send(handed_over, (hb_word){ NULL });
    hb_wait_sleep(T);
    leave();
}

/* As a collector of garbage does that runs in another thread. */
static void let_go_outside(void)
{
    hb_word word;
    CHECK_EQ(hb_chan_recv(handed_over, &word, HB_FOREVER), HB_OK);
    CHECK_EQ(hb_beat_pulse(beats[0]), HB_FOREIGN);
    CHECK_EQ(hb_beat_end(beats[0], HB_END_CLOSED), HB_OK);
    let_go();
}

static const explore_scenario scenarios[] = {
    { .name = "every_verdict_is_answered_at_its_instant", .begin = begin, .end = end,
      .threads = { host_who_is_answered } },
    { .name = "let_go_from_outside", .begin = begin, .end = end,
      .threads = { host_who_hands_over, let_go_outside } },
};

int main(int argc, char **argv)
{
    return explore_main(argc, argv, scenarios, sizeof scenarios / sizeof *scenarios);
}
