/* hb_thread: which threads of the engine wait without a deadline, and what for. */
#include "hb_thread.h"
#include "hb_worker.h"
#include "support.h"

static hb_chan *chan;
static atomic_uint waiter;

static hb_thread_view look_at(uint32_t id)
{
    hb_thread_view view;
    hb_thread_look(id, &view);
    return view;
}

static void await_state(uint32_t id, hb_thread_state state)
{
    while (look_at(id).state != state)
        sched_yield();
}

static uint32_t started(void)
{
    while (!atomic_load(&waiter))
        sched_yield();
    return atomic_load(&waiter);
}

static hb_time until;

static void receive_in_a_worker(void *unused)
{
    hb_word word;
    (void)unused;
    atomic_store(&waiter, hb_thread_id());
    hb_chan_recv(chan, &word, until);
}

/* Starts a thread of the engine that receives until a deadline, and waits until it does. */
static hb_worker *receiver_until(hb_time deadline)
{
    hb_worker *worker;
    chan = hb_chan_new(0, NULL);
    until = deadline;
    atomic_store(&waiter, 0);
    CHECK_EQ(hb_worker_start(&worker, receive_in_a_worker, NULL, "receiver"), HB_OK);
    await_state(started(), HB_THREAD_WAITS);
    return worker;
}

static void end_receiver(hb_worker *worker)
{
    hb_word nothing;
    CHECK_EQ(hb_chan_send(chan, num(1), HB_FOREVER), HB_OK);
    CHECK_EQ(hb_chan_recv(hb_worker_done(worker), &nothing, HB_FOREVER), HB_CLOSED);
    hb_worker_unref(worker);
    hb_chan_unref(chan);
}

static void a_wait_without_a_deadline_is_found_with_its_sources(void)
{
    hb_endless_wait wait;
    hb_source *sources[2] = { NULL, NULL };
    hb_worker *worker = receiver_until(HB_FOREVER);
    uint32_t id = started();
    CHECK(hb_thread_endless(id - 1, &wait, sources, 2));
    CHECK(wait.id == id && wait.n == 1 && wait.number == 1 && wait.charge == NULL);
    CHECK_EQ(wait.ident, look_at(id).ident);
    CHECK(sources[0] == hb_chan_source(chan) && sources[1] == NULL);
    CHECK(!hb_thread_endless(id, &wait, sources, 2));
    end_receiver(worker);
    CHECK(!hb_thread_endless(id - 1, &wait, sources, 2));
}

static void a_wait_with_a_deadline_is_not_endless(void)
{
    hb_endless_wait wait;
    hb_worker *worker = receiver_until(hb_time_add(hb_now(), 1000 * HB_SECOND));
    CHECK(!hb_thread_endless(started() - 1, &wait, NULL, 0));
    end_receiver(worker);
}

static void *receive_here(void *unused)
{
    receive_in_a_worker(unused);
    return NULL;
}

/* Nobody can end it for the thread but the system: it is not the engine's to claim. */
static void a_thread_of_others_is_not_endless(void)
{
    hb_endless_wait wait;
    chan = hb_chan_new(0, NULL);
    until = HB_FOREVER;
    atomic_store(&waiter, 0);
    pthread_t thread = check_spawn(receive_here, NULL);
    await_state(started(), HB_THREAD_WAITS);
    CHECK(!hb_thread_endless(started() - 1, &wait, NULL, 0));
    CHECK_EQ(hb_chan_send(chan, num(1), HB_FOREVER), HB_OK);
    check_join(thread);
    hb_chan_unref(chan);
}

static void a_channel_is_sole_as_long_as_nobody_shares_or_watches_it(void)
{
    hb_chan *shared = hb_chan_new(0, NULL);
    CHECK(hb_chan_is_sole(shared));
    hb_chan *again = hb_chan_ref(shared);
    CHECK(!hb_chan_is_sole(shared));
    hb_chan_unref(again);
    CHECK(hb_chan_is_sole(shared));
    hb_chan_unref(shared);
}

int main(void)
{
    RUN(a_wait_without_a_deadline_is_found_with_its_sources);
    RUN(a_wait_with_a_deadline_is_not_endless);
    RUN(a_thread_of_others_is_not_endless);
    RUN(a_channel_is_sole_as_long_as_nobody_shares_or_watches_it);
    return check_exit_code();
}
