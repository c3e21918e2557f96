/* hb_worker: it runs, it ends, and all of them can be stopped. A stop is final
 * in a process, so each test of it has a child process of its own. */
#include "hb_worker.h"
#include "support.h"

static hb_worker *start(hb_worker_fn *fn, void *arg)
{
    hb_worker *worker = NULL;
    CHECK_EQ(hb_worker_start(&worker, fn, arg, "hb-test"), HB_OK);
    return worker;
}

/* Its end: a channel that closes, on which nobody sends. */
static void join(hb_worker *worker)
{
    hb_word word;
    CHECK_EQ(hb_chan_recv(hb_worker_done(worker), &word, HB_FOREVER), HB_CLOSED);
    CHECK(hb_chan_is_closed(hb_worker_done(worker)));
}

typedef struct job {
    hb_chan *in, *out;
    hb_status ended;
} job;

static job new_job(void)
{
    return (job){ .in = hb_chan_new(0, NULL), .out = hb_chan_new(0, NULL) };
}

static void end_job(job *j)
{
    hb_chan_unref(j->in);
    hb_chan_unref(j->out);
}

static void double_it(void *opaque)
{
    job *j = opaque;
    hb_word word;
    while ((j->ended = hb_chan_recv(j->in, &word, HB_FOREVER)) == HB_OK)
        if ((j->ended = hb_chan_send(j->out, num(2 * word.i64), HB_FOREVER)) != HB_OK)
            break;
}

/* ---- life ---- */

static void a_worker_runs_until_its_function_returns(void)
{
    job j = new_job();
    hb_worker *worker = start(double_it, &j);
    hb_word word;
    for (int64_t n = 0; n < 100; n++) {
        CHECK_EQ(hb_chan_send(j.in, num(n), HB_FOREVER), HB_OK);
        CHECK_EQ(hb_chan_recv(j.out, &word, HB_FOREVER), HB_OK);
        CHECK_EQ(word.i64, 2 * n);
    }
    CHECK(!hb_chan_is_closed(hb_worker_done(worker)));
    CHECK_EQ(hb_chan_try_recv(hb_worker_done(worker), &word), HB_WOULD_BLOCK);
    hb_chan_close(j.in, num(0));
    join(worker);
    CHECK_EQ(j.ended, HB_CLOSED);
    hb_worker_unref(worker);
    end_job(&j);
}

static void add_one(void *counter)
{
    atomic_fetch_add((atomic_int *)counter, 1);
}

static void what_it_did_is_visible_after_its_end(void)
{
    for (int round = 0; round < 200; round++) {
        job j = { .ended = HB_TIMEOUT };
        j.in = hb_chan_new(0, NULL);
        hb_chan_close(j.in, num(0));
        hb_worker *worker = start(double_it, &j);
        join(worker);
        CHECK_EQ(j.ended, HB_CLOSED); /* no atomic: the sanitizer would tell */
        hb_worker_unref(worker);
        hb_chan_unref(j.in);
    }
}

/* The reference can go before the worker does. */
static void nobody_needs_to_keep_a_worker(void)
{
    atomic_int counter = 0;
    for (int i = 0; i < 50; i++)
        hb_worker_unref(start(add_one, &counter));
    while (atomic_load(&counter) < 50)
        sched_yield();
    CHECK_EQ(atomic_load(&counter), 50);
    hb_worker_unref(NULL);
}

static void an_end_is_a_case_of_select(void)
{
    job slow = new_job();
    atomic_int counter = 0;
    hb_worker *waits = start(double_it, &slow), *ends = start(add_one, &counter);
    const hb_case cases[] = { recv_case(hb_worker_done(waits)), recv_case(hb_worker_done(ends)) };
    outcome got = select_until(cases, 2, HB_FOREVER);
    CHECK_EQ(got.status, HB_CLOSED);
    CHECK_EQ(got.index, 1);
    hb_chan_close(slow.in, num(0));
    join(waits);
    hb_worker_unref(waits);
    hb_worker_unref(ends);
    end_job(&slow);
}

/* ---- stop ---- */

static void stop_with_no_workers(void)
{
    atomic_int counter = 0;
    hb_worker *worker = start(add_one, &counter);
    join(worker);
    hb_worker_unref(worker);
    CHECK_EQ(hb_workers_stop(HB_FOREVER), HB_OK);
    CHECK_EQ(hb_workers_stop(0), HB_OK);
    CHECK_EQ(hb_worker_start(&worker, add_one, &counter, "late"), HB_STOPPED);
    CHECK(worker == NULL);
    CHECK_EQ(atomic_load(&counter), 1);
}

static void sleep_for_ever(void *opaque)
{
    ((job *)opaque)->ended = hb_wait_sleep(HB_FOREVER);
}

static void send_for_ever(void *opaque)
{
    job *j = opaque;
    j->ended = hb_chan_send(j->out, num(1), HB_FOREVER);
}

static void wait_for_nil(void *opaque)
{
    hb_word word;
    ((job *)opaque)->ended = hb_chan_recv(NULL, &word, HB_FOREVER);
}

static void select_for_ever(void *opaque)
{
    job *j = opaque;
    hb_timer never;
    hb_timer_init(&never, HB_FOREVER, 0);
    const hb_case cases[] = { recv_case(j->in), send_case(j->out, 1), timer_case(&never) };
    j->ended = select_until(cases, 3, HB_FOREVER).status;
}

static void stop_ends_every_kind_of_wait(void)
{
    hb_worker_fn *const kinds[] = { double_it, sleep_for_ever, send_for_ever, wait_for_nil, select_for_ever };
    enum { KINDS = sizeof kinds / sizeof *kinds };
    job jobs[KINDS];
    hb_worker *workers[KINDS];
    for (int i = 0; i < KINDS; i++) {
        jobs[i] = new_job();
        workers[i] = start(kinds[i], &jobs[i]);
    }
    await_waiting(jobs[0].in, 0, 1);
    await_waiting(jobs[2].out, 1, 0);
    await_waiting(jobs[4].out, 1, 0);
    CHECK_EQ(hb_workers_stop(in_ms(60000)), HB_OK);
    for (int i = 0; i < KINDS; i++) {
        CHECK_EQ(jobs[i].ended, HB_STOPPED);
        CHECK(hb_chan_is_closed(hb_worker_done(workers[i])));
        check_nobody_waits(jobs[i].in);
        check_nobody_waits(jobs[i].out);
        hb_worker_unref(workers[i]);
        end_job(&jobs[i]);
    }
}

/* What would have to wait does not; what need not wait still works. */
static void go_on_after_the_stop(void *opaque)
{
    job *j = opaque;
    hb_word word;
    CHECK_EQ(hb_chan_recv(j->in, &word, HB_FOREVER), HB_STOPPED);
    CHECK_EQ(hb_chan_recv(j->in, &word, in_ms(1)), HB_STOPPED);
    hb_chan *own = hb_chan_new(1, NULL);
    CHECK_EQ(hb_chan_send(own, num(4), HB_FOREVER), HB_OK);
    CHECK_EQ(hb_chan_recv(own, &word, HB_FOREVER), HB_OK);
    CHECK_EQ(hb_chan_recv(own, &word, HB_FOREVER), HB_STOPPED);
    hb_chan_unref(own);
    j->ended = hb_wait_sleep(HB_FOREVER);
}

static void stopped_stays_stopped(void)
{
    job j = new_job();
    hb_worker *worker = start(go_on_after_the_stop, &j);
    await_waiting(j.in, 0, 1);
    CHECK_EQ(hb_workers_stop(HB_FOREVER), HB_OK);
    CHECK_EQ(j.ended, HB_STOPPED);
    hb_worker_unref(worker);
    end_job(&j);
}

static void work_until_told(void *told)
{
    while (!atomic_load((atomic_bool *)told))
        sched_yield();
}

static void stop_waits_for_who_does_not_wait(void)
{
    atomic_bool told = false;
    hb_worker *worker = start(work_until_told, &told);
    hb_time deadline = in_ms(50);
    CHECK_EQ(hb_workers_stop(deadline), HB_TIMEOUT);
    CHECK(hb_now() >= deadline);
    CHECK(!hb_chan_is_closed(hb_worker_done(worker)));
    atomic_store(&told, true);
    CHECK_EQ(hb_workers_stop(HB_FOREVER), HB_OK);
    hb_worker_unref(worker);
}

static void *stop_too(void *unused)
{
    (void)unused;
    CHECK_EQ(hb_workers_stop(in_ms(30000)), HB_OK);
    return NULL;
}

/* Each wakes when the last worker has ended, not only one of them. */
static void many_can_wait_for_the_stop(void)
{
    atomic_bool told = false;
    pthread_t threads[4];
    hb_worker *workers[3];
    for (int i = 0; i < 3; i++)
        workers[i] = start(work_until_told, &told);
    for (int i = 0; i < 4; i++)
        threads[i] = check_spawn(stop_too, NULL);
    pass_until(in_ms(50)); /* until all of them sleep, as a rule */
    atomic_store(&told, true);
    for (int i = 0; i < 4; i++)
        check_join(threads[i]);
    for (int i = 0; i < 3; i++)
        hb_worker_unref(workers[i]);
}

/* ---- a hammer: starts race the stop ---- */

static void receive_one(void *chan)
{
    hb_word word;
    CHECK_EQ(hb_chan_recv(chan, &word, HB_FOREVER), HB_STOPPED);
}

static void *start_until_stopped(void *running)
{
    hb_worker *worker;
    hb_status status;
    hb_chan *chan = hb_chan_new(0, NULL);
    while ((status = hb_worker_start(&worker, receive_one, chan, "hb-race")) == HB_OK) {
        hb_worker_unref(worker);
        atomic_fetch_add((atomic_int *)running, 1);
    }
    CHECK_EQ(status, HB_STOPPED);
    CHECK_EQ(hb_workers_stop(HB_FOREVER), HB_OK);
    check_nobody_waits(chan);
    hb_chan_unref(chan);
    return NULL;
}

static void starting_while_stopping_leaves_nobody_behind(void)
{
    pthread_t threads[2];
    atomic_int running = 0;
    for (int i = 0; i < 2; i++)
        threads[i] = check_spawn(start_until_stopped, &running);
    while (atomic_load(&running) < 10)
        sched_yield();
    CHECK_EQ(hb_workers_stop(HB_FOREVER), HB_OK);
    for (int i = 0; i < 2; i++)
        check_join(threads[i]);
}

#define IN_CHILD(test)           \
    static void child_##test(void) \
    {                            \
        check_in_child(test);    \
    }

IN_CHILD(stop_with_no_workers)
IN_CHILD(stop_ends_every_kind_of_wait)
IN_CHILD(stopped_stays_stopped)
IN_CHILD(stop_waits_for_who_does_not_wait)
IN_CHILD(many_can_wait_for_the_stop)
IN_CHILD(starting_while_stopping_leaves_nobody_behind)

int main(void)
{
    RUN(child_stop_with_no_workers);
    RUN(child_stop_ends_every_kind_of_wait);
    RUN(child_stopped_stays_stopped);
    RUN(child_stop_waits_for_who_does_not_wait);
    RUN(child_many_can_wait_for_the_stop);
    RUN(child_starting_while_stopping_leaves_nobody_behind);
    RUN(a_worker_runs_until_its_function_returns);
    RUN(what_it_did_is_visible_after_its_end);
    RUN(nobody_needs_to_keep_a_worker);
    RUN(an_end_is_a_case_of_select);
    return check_exit_code();
}
