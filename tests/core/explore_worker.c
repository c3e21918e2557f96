/* The hard races of parties and workers: told to stop while they begin to wait,
 * while they are served, while they start and while they end. A stop of all
 * workers is final in a process, so those runs have one each. */
#include "explore.h"
#include "hb_worker.h"

static hb_chan *chan;
static hb_party party;
static atomic_int sent, received, stopped;

static hb_word num(int64_t n)
{
    return (hb_word){ .i64 = n };
}

static void begin(void)
{
    chan = hb_chan_new(0, NULL);
    hb_party_init(&party);
    atomic_store(&sent, 0);
    atomic_store(&received, 0);
    atomic_store(&stopped, 0);
}

static void check_chan(void)
{
    hb_chan_stats stats;
    hb_chan_stats_get(chan, &stats);
    CHECK_EQ(stats.waiting_senders, 0);
    CHECK_EQ(stats.waiting_receivers, 0);
    CHECK_EQ(atomic_load(&sent), atomic_load(&received));
    hb_chan_unref(chan);
}

/* ---- a party ---- */

static void note_receive(hb_time deadline)
{
    hb_word word = num(0);
    hb_status status = hb_chan_recv(chan, &word, deadline);
    CHECK(status == HB_OK || status == HB_STOPPED || (status == HB_TIMEOUT && deadline != HB_FOREVER));
    CHECK(status != HB_OK || word.i64 == 7);
    atomic_fetch_add(&received, status == HB_OK);
    atomic_fetch_add(&stopped, status == HB_STOPPED);
}

static void receive_as_party(void)
{
    hb_party_enter(&party);
    note_receive(HB_FOREVER);
    hb_party_enter(NULL);
}

static void receive_twice_as_party(void)
{
    hb_party_enter(&party);
    note_receive(hb_now() + 10);
    note_receive(HB_FOREVER);
    hb_party_enter(NULL);
}

static void sleep_as_party(void)
{
    hb_time until = hb_now() + 10;
    hb_status status;
    hb_party_enter(&party);
    while ((status = hb_wait_sleep(until)) == HB_INTERRUPTED)
        ;
    hb_party_enter(NULL);
    CHECK(status == HB_STOPPED || (status == HB_TIMEOUT && hb_now() >= until));
}

static void stop_party(void)
{
    hb__wait_wake(hb__party_stop(&party));
}

static void send_soon(void)
{
    hb_status status = hb_chan_send(chan, num(7), hb_now() + 10);
    CHECK(status == HB_OK || status == HB_TIMEOUT);
    atomic_fetch_add(&sent, status == HB_OK);
}

/* It got the word or was told to stop, and the sender knows which. */
static void end_party(void)
{
    CHECK_EQ(atomic_load(&received) + atomic_load(&stopped), 1);
    CHECK(party.waiting == NULL);
    check_chan();
}

/* The second wait ended with a word, or because of the stop. */
static void end_twice(void)
{
    CHECK(atomic_load(&received) + atomic_load(&stopped) >= 1);
    CHECK(party.waiting == NULL);
    check_chan();
}

static void end_sleep(void)
{
    CHECK(party.waiting == NULL);
    check_chan();
}

/* ---- workers ---- */

static hb_worker *worker;

static void work_once(void *unused)
{
    (void)unused;
    note_receive(HB_FOREVER);
}

static void do_nothing(void *unused)
{
    (void)unused;
    atomic_fetch_add(&received, 1);
    atomic_fetch_add(&sent, 1);
}

static void begin_working(void)
{
    begin();
    CHECK_EQ(hb_worker_start(&worker, work_once, NULL, "hb-test"), HB_OK);
}

static void stop_all(void)
{
    CHECK_EQ(hb_workers_stop(HB_FOREVER), HB_OK);
    CHECK(worker == NULL || hb_chan_is_closed(hb_worker_done(worker)));
}

static void stop_all_soon(void)
{
    hb_status status = hb_workers_stop(hb_now() + 10);
    CHECK(status == HB_OK || status == HB_TIMEOUT);
}

static void join(void)
{
    hb_word word;
    CHECK_EQ(hb_chan_recv(hb_worker_done(worker), &word, HB_FOREVER), HB_CLOSED);
}

static void end_worker(void)
{
    CHECK_EQ(atomic_load(&received) + atomic_load(&stopped), 1);
    CHECK(hb_chan_is_closed(hb_worker_done(worker)));
    hb_worker_unref(worker);
    check_chan();
}

/* Its reference goes before, while or after it runs. */
static void let_go(void)
{
    hb_worker_unref(worker);
}

static void start_and_join(void)
{
    hb_worker *own;
    hb_word word;
    CHECK_EQ(hb_worker_start(&own, do_nothing, NULL, "hb-test"), HB_OK);
    CHECK_EQ(hb_chan_recv(hb_worker_done(own), &word, HB_FOREVER), HB_CLOSED);
    hb_worker_unref(own);
}

static void begin_lonely(void)
{
    begin();
    CHECK_EQ(hb_worker_start(&worker, do_nothing, NULL, "hb-test"), HB_OK);
}

static void end_joined(void)
{
    hb_worker_unref(worker);
    check_chan();
}

/* Either it never was, or it ended because of the stop. */
static void start_one(void)
{
    hb_worker *own;
    hb_status status = hb_worker_start(&own, work_once, NULL, "hb-test");
    CHECK(status == HB_OK || status == HB_STOPPED);
    CHECK_EQ(own == NULL, status == HB_STOPPED);
    if (status == HB_STOPPED)
        atomic_fetch_add(&stopped, 1);
    hb_worker_unref(own);
}

static void begin_idle(void)
{
    begin();
    worker = NULL;
}

static void end_idle(void)
{
    CHECK_EQ(atomic_load(&stopped), 1);
    check_chan();
}

static const explore_scenario scenarios[] = {
    { .name = "a_stop_against_beginning_to_wait", .begin = begin, .end = end_party,
      .threads = { receive_as_party, stop_party } },
    { .name = "a_stop_against_being_served", .begin = begin, .end = end_party,
      .threads = { receive_as_party, stop_party, send_soon } },
    { .name = "a_stop_against_giving_up", .begin = begin, .end = end_twice,
      .threads = { receive_twice_as_party, stop_party, send_soon } },
    { .name = "a_stop_against_a_sleep", .begin = begin, .end = end_sleep,
      .threads = { sleep_as_party, stop_party, stop_party } },
    { .name = "the_end_of_a_worker_is_seen", .begin = begin_lonely, .end = end_joined,
      .threads = { join, start_and_join } },
    { .name = "the_last_reference_against_the_end", .begin = begin_lonely, .end = check_chan,
      .threads = { let_go, start_and_join } },
    { .name = "all_stop_against_a_wait", .begin = begin_working, .end = end_worker, .final = true,
      .threads = { stop_all, send_soon } },
    { .name = "two_stop_all", .begin = begin_working, .end = end_worker, .final = true,
      .threads = { stop_all, stop_all, join } },
    { .name = "one_gives_up_stopping_all", .begin = begin_working, .end = end_worker, .final = true,
      .threads = { stop_all_soon, stop_all } },
    { .name = "all_stop_against_a_start", .begin = begin_idle, .end = end_idle, .final = true,
      .threads = { start_one, stop_all } },
};

int main(int argc, char **argv)
{
    return explore_main(argc, argv, scenarios, sizeof scenarios / sizeof *scenarios);
}
