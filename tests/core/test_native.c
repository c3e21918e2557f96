/* hb_native: the loop that calls a unit, its codes, and the channels' many words for native threads. */
#include "hb_native.h"
#include "hb_worker.h"
#include "support.h"

typedef struct run {
    hb_beat *beat;
    hb_chan *done, *results;
    hb_time interval;
    hb_native unit;
    hb_status status;
    int code;
    int64_t next, end; /* for count */
} run;

static int count(void *data, int64_t *result)
{
    run *r = data;
    *result = r->next;
    return r->next == r->end ? HB_NATIVE_END : (r->next++, 0);
}

static int halves(void *data, double *result)
{
    int64_t number = 0;
    int code = count(data, &number);
    *result = (double)number / 2;
    return code;
}

static void make(run *r, uint64_t capacity, int64_t end)
{
    *r = (run){ .end = end, .code = -99 };
    r->unit = (hb_native){ .kind = HB_NATIVE_INT64, .fn.int64 = count, .data = r };
    r->beat = hb_beat_open(NULL);
    r->done = hb_chan_new(0, NULL);
    r->results = hb_chan_new(capacity, NULL);
}

static void unmake(run *r)
{
    hb_chan_unref(r->results);
    hb_chan_unref(r->done);
    hb_beat_unref(r->beat);
}

static void *go(void *opaque)
{
    run *r = opaque;
    hb_duty duty;
    hb_duty_init(&duty, r->beat, r->done, r->interval);
    r->status = hb_native_run(&r->unit, "the table", &duty, r->results, &r->code);
    hb_duty_fini(&duty);
    return NULL;
}

static void check_ended(run *r, hb_status status, int code)
{
    CHECK_EQ(r->status, status);
    CHECK_EQ(r->code, code);
}

static void check_units(run *r, uint64_t units, uint64_t pulses)
{
    hb_beat_view view;
    hb_beat_look(r->beat, &view);
    CHECK_EQ(view.tally.units, units);
    CHECK_EQ(view.pulses, pulses);
    CHECK_EQ(view.open_units, 0);
}

static void every_call_is_a_unit_and_a_result(void)
{
    run r;
    hb_word words[8];
    size_t n;
    make(&r, 8, 5);
    go(&r);
    check_ended(&r, HB_OK, 0);
    CHECK_EQ(hb_chan_try_recv_many(r.results, words, 8, &n), HB_WOULD_BLOCK);
    CHECK_EQ(n, 5);
    for (int64_t i = 0; i < 5; i++)
        CHECK_EQ(words[i].i64, i);
    check_units(&r, 6, 6);
    CHECK(!hb_chan_is_closed(r.results));
    unmake(&r);
}

static void doubles(void)
{
    run r;
    hb_word words[3];
    size_t n;
    make(&r, 8, 3);
    r.unit.kind = HB_NATIVE_DOUBLE;
    r.unit.fn.real = halves;
    r.interval = 1000 * HB_SECOND;
    go(&r);
    CHECK_EQ(hb_chan_try_recv_many(r.results, words, 3, &n), HB_OK);
    CHECK(words[0].f64 == 0.0 && words[1].f64 == 0.5 && words[2].f64 == 1.0);
    check_units(&r, 4, 0);
    unmake(&r);
}

/* G1 */
static void no_call_runs_ahead_of_the_reader(void)
{
    run r;
    hb_word word;
    make(&r, 0, 100);
    pthread_t thread = check_spawn(go, &r);
    for (int64_t i = 0; i < 50; i++) {
        await_waiting(r.results, 1, 0);
        CHECK_EQ(r.next, i + 1);
        CHECK_EQ(hb_chan_try_recv(r.results, &word), HB_OK);
        CHECK_EQ(word.i64, i);
    }
    await_waiting(r.results, 1, 0);
    hb_chan_close(r.done, num(0));
    check_join(thread);
    check_ended(&r, HB_STOPPED, 0);
    CHECK_EQ(r.next, 51);
    check_nobody_waits(r.results);
    unmake(&r);
}

static void pulses_go_on_while_nobody_takes_the_result(void)
{
    run r;
    make(&r, 0, 100);
    r.interval = MS;
    hb_beat_view view;
    pthread_t thread = check_spawn(go, &r);
    do {
        pass_until(in_ms(1));
        hb_beat_look(r.beat, &view);
    } while (view.pulses < 5);
    hb_chan_close(r.done, num(0));
    check_join(thread);
    check_ended(&r, HB_STOPPED, 0);
    unmake(&r);
}

static int always(void *data, int64_t *result)
{
    *result = 1;
    return (int)((run *)data)->end; /* the code */
}

static void its_code_is_passed_on(void)
{
    const int codes[] = { -1, 2, 12345, HB_NATIVE_CLOSED };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        run r;
        make(&r, 1, codes[i]);
        r.unit.fn.int64 = always;
        go(&r);
        check_ended(&r, HB_FAILED, codes[i]);
        CHECK_EQ(hb_chan_len(r.results), 0);
        unmake(&r);
    }
}

static void statuses_are_passed_through(void)
{
    const int codes[] = { HB_NATIVE_STOPPED, HB_NATIVE_REVOKED };
    const hb_status statuses[] = { HB_STOPPED, HB_REVOKED };
    for (int i = 0; i < 2; i++) {
        run r;
        make(&r, 1, codes[i]);
        r.unit.fn.int64 = always;
        go(&r);
        CHECK_EQ(r.status, statuses[i]);
        unmake(&r);
    }
}

static void closed_results_are_a_failure(void)
{
    run r;
    make(&r, 1, 10);
    hb_chan_close(r.results, num(0));
    go(&r);
    check_ended(&r, HB_FAILED, HB_NATIVE_CLOSED);
    CHECK_EQ(r.next, 1);
    unmake(&r);
}

/* One that never has to wait is stopped all the same. */
static void done_ends_it_before_the_next_call(void)
{
    run r;
    make(&r, HB_UNBOUNDED, INT64_MAX);
    pthread_t thread = check_spawn(go, &r);
    while (hb_chan_len(r.results) < 1000)
        sched_yield();
    hb_chan_close(r.done, num(0));
    check_join(thread);
    check_ended(&r, HB_STOPPED, 0);
    unmake(&r);
}

static void go_as_worker(void *opaque)
{
    go(opaque);
}

/* It neither waits nor is told by its done. */
static void stop_the_engine(void)
{
    run r;
    hb_worker *worker;
    make(&r, HB_UNBOUNDED, INT64_MAX);
    CHECK_EQ(hb_worker_start(&worker, go_as_worker, &r, "native"), HB_OK);
    while (hb_chan_len(r.results) < 1000)
        sched_yield();
    CHECK_EQ(hb_workers_stop(HB_FOREVER), HB_OK);
    check_ended(&r, HB_STOPPED, 0);
}

static void it_ends_with_the_engine(void)
{
    check_in_child(stop_the_engine);
}

static int whole(hb_handle *handle, void *data)
{
    run *r = data;
    CHECK(handle->results == r->results);
    CHECK_EQ(strcmp(handle->api, "the table"), 0);
    for (int64_t i = 0; i < 3; i++)
        CHECK_EQ(hb_duty_send(handle->duty, handle->results, num(i), HB_FOREVER), HB_OK);
    return (int)r->end;
}

static void a_whole_worker_is_called_once(void)
{
    run r;
    for (int code = 0; code < 2; code++) {
        make(&r, 8, code);
        r.unit.kind = HB_NATIVE_WHOLE;
        r.unit.fn.whole = whole;
        go(&r);
        check_ended(&r, code ? HB_FAILED : HB_OK, code);
        CHECK_EQ(hb_chan_len(r.results), 3);
        check_units(&r, 3, 3);
        unmake(&r);
    }
}

/* ---- many words, waiting ---- */

static void *send_hundred(void *opaque)
{
    hb_word words[100];
    size_t done;
    for (int i = 0; i < 100; i++)
        words[i] = num(i);
    CHECK_EQ(hb_chan_send_many(opaque, words, 100, &done, HB_FOREVER), HB_OK);
    CHECK_EQ(done, 100);
    hb_chan_close(opaque, num(0));
    return NULL;
}

static void many_words_wait_for_room_and_for_the_first(void)
{
    for (uint64_t capacity = 0; capacity < 20; capacity += 7) {
        hb_chan *chan = hb_chan_new(capacity, NULL);
        pthread_t thread = check_spawn(send_hundred, chan);
        hb_word words[9];
        size_t done;
        int64_t next = 0;
        while (hb_chan_recv_many(chan, words, 9, &done, HB_FOREVER) == HB_OK) {
            CHECK(done >= 1 && done <= 9);
            for (size_t i = 0; i < done; i++)
                CHECK_EQ(words[i].i64, next++);
        }
        CHECK_EQ(next, 100);
        check_join(thread);
        hb_chan_unref(chan);
    }
}

static void many_words_tell_how_far_they_came(void)
{
    hb_chan *chan = hb_chan_new(3, NULL);
    hb_word words[5] = { num(0), num(1), num(2), num(3), num(4) };
    size_t done;
    CHECK_EQ(hb_chan_recv_many(chan, words, 5, &done, in_ms(1)), HB_TIMEOUT);
    CHECK_EQ(done, 0);
    CHECK_EQ(hb_chan_send_many(chan, words, 5, &done, in_ms(1)), HB_TIMEOUT);
    CHECK_EQ(done, 3);
    CHECK_EQ(hb_chan_recv_many(chan, words, 2, &done, HB_FOREVER), HB_OK);
    CHECK_EQ(done, 2);
    hb_chan_close(chan, num(0));
    CHECK_EQ(hb_chan_send_many(chan, words, 5, &done, HB_FOREVER), HB_CLOSED);
    CHECK_EQ(done, 0);
    CHECK_EQ(hb_chan_recv_many(chan, words, 5, &done, HB_FOREVER), HB_OK);
    CHECK_EQ(done, 1);
    CHECK_EQ(hb_chan_recv_many(chan, words, 5, &done, HB_FOREVER), HB_CLOSED);
    hb_chan_unref(chan);
}

int main(void)
{
    RUN(every_call_is_a_unit_and_a_result);
    RUN(doubles);
    RUN(no_call_runs_ahead_of_the_reader);
    RUN(pulses_go_on_while_nobody_takes_the_result);
    RUN(its_code_is_passed_on);
    RUN(statuses_are_passed_through);
    RUN(closed_results_are_a_failure);
    RUN(done_ends_it_before_the_next_call);
    RUN(it_ends_with_the_engine);
    RUN(a_whole_worker_is_called_once);
    RUN(many_words_wait_for_room_and_for_the_first);
    RUN(many_words_tell_how_far_they_came);
    return check_exit_code();
}
