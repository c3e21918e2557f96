/* hb_duty: pulses while a worker waits, units of work, the end by done. */
#include "hb_duty.h"
#include "hb_pulses.h"
#include "support.h"

/* A worker: its thread makes one call with a duty. */
typedef struct worker {
    hb_beat *beat;
    hb_chan *done, *chan;
    hb_pulses *pulses;
    hb_time interval, deadline;
    int64_t n; /* what to send; what was received */
    hb_status status;
    pthread_t thread;
} worker;

static void make(worker *w, uint64_t capacity, hb_time interval)
{
    *w = (worker){ .interval = interval, .deadline = HB_FOREVER, .n = 7 };
    w->beat = hb_beat_open(NULL);
    w->done = hb_chan_new(0, NULL);
    w->chan = hb_chan_new(capacity, NULL);
    w->pulses = hb_beat_pulses(w->beat, true);
}

static void unmake(worker *w)
{
    check_nobody_waits(w->chan);
    check_nobody_waits(w->done);
    hb_chan_unref(w->chan);
    hb_chan_unref(w->done);
    hb_beat_unref(w->beat);
}

static hb_beat_view look(worker *w)
{
    hb_beat_view view;
    hb_beat_look(w->beat, &view);
    return view;
}

static void check_units(worker *w, uint64_t pulses, uint64_t units, uint32_t open)
{
    hb_beat_view view = look(w);
    CHECK_EQ(view.pulses, pulses);
    CHECK_EQ(view.tally.units, units);
    CHECK_EQ(view.open_units, open);
}

static void await_pulses(worker *w, int n)
{
    const hb_case c = { &w->pulses->source, HB_RECV, num(0) };
    for (int i = 0; i < n; i++)
        CHECK_EQ(select_until(&c, 1, HB_FOREVER).status, HB_OK);
}

static void *call_send(void *opaque)
{
    worker *w = opaque;
    hb_duty duty;
    hb_duty_init(&duty, w->beat, w->done, w->interval);
    w->status = hb_duty_send(&duty, w->chan, num(w->n), w->deadline);
    hb_duty_fini(&duty);
    return NULL;
}

static void *call_recv(void *opaque)
{
    worker *w = opaque;
    hb_duty duty;
    hb_word word = num(-1);
    hb_duty_init(&duty, w->beat, w->done, w->interval);
    w->status = hb_duty_recv(&duty, w->chan, &word, w->deadline);
    w->n = word.i64;
    hb_duty_fini(&duty);
    return NULL;
}

static void *call_sleep(void *opaque)
{
    worker *w = opaque;
    hb_duty duty;
    hb_duty_init(&duty, w->beat, w->done, w->interval);
    w->status = hb_duty_sleep(&duty, w->deadline);
    hb_duty_fini(&duty);
    return NULL;
}

static void start(worker *w, void *(*call)(void *))
{
    w->thread = check_spawn(call, w);
}

/* Whatever it waits for, done is among it. */
static void await_waits(worker *w)
{
    await_waiting(w->done, 0, 1);
}

static void check_ended(worker *w, hb_status status)
{
    check_join(w->thread);
    CHECK_EQ(w->status, status);
}

/* ---- pulses while it waits ---- */

static void pulses_go_on_while_it_waits_to_receive(void)
{
    worker w;
    make(&w, 0, 2 * MS);
    hb_time begun = hb_now();
    start(&w, call_recv);
    await_pulses(&w, 5);
    CHECK(hb_now() - begun >= 2 * MS); /* whoever is late finds several as one */
    CHECK_EQ(hb_chan_try_send(w.chan, num(3)), HB_OK);
    check_ended(&w, HB_OK);
    CHECK_EQ(w.n, 3);
    unmake(&w);
}

static void pulses_go_on_while_it_waits_to_send(void)
{
    worker w;
    hb_word word;
    make(&w, 0, 2 * MS);
    start(&w, call_send);
    await_pulses(&w, 5);
    CHECK_EQ(hb_chan_try_recv(w.chan, &word), HB_OK);
    CHECK_EQ(word.i64, 7);
    check_ended(&w, HB_OK);
    unmake(&w);
}

static void pulses_go_on_while_it_sleeps(void)
{
    worker w;
    make(&w, 0, 2 * MS);
    start(&w, call_sleep);
    await_pulses(&w, 5); /* however late it is each time */
    hb_chan_close(w.done, num(0));
    check_ended(&w, HB_STOPPED);
    unmake(&w);
}

static void there_are_no_more_pulses_than_intervals(void)
{
    worker w;
    make(&w, 0, 5 * MS);
    hb_time begun = hb_now();
    w.deadline = in_ms(101);
    start(&w, call_sleep);
    check_ended(&w, HB_OK);
    CHECK(hb_now() >= w.deadline);
    CHECK(look(&w).pulses >= 1);
    CHECK((hb_time)look(&w).pulses <= (hb_now() - begun) / (5 * MS));
    unmake(&w);
}

static void without_an_interval_no_pulse_comes_while_it_waits(void)
{
    worker w;
    make(&w, 0, 0);
    w.deadline = in_ms(50);
    start(&w, call_recv);
    check_ended(&w, HB_TIMEOUT);
    CHECK(hb_now() >= w.deadline);
    check_units(&w, 0, 0, 0);
    unmake(&w);
}

static void a_pulse_does_not_cost_its_place(void)
{
    worker w;
    make(&w, 0, 2 * MS);
    start(&w, call_recv);
    await_waiting(w.chan, 0, 1);
    worker behind;
    make(&behind, 0, 0);
    hb_chan_unref(behind.chan);
    behind.chan = hb_chan_ref(w.chan);
    start(&behind, call_recv);
    await_waiting(w.chan, 0, 2);
    await_pulses(&w, 3);
    CHECK_EQ(hb_chan_try_send(w.chan, num(1)), HB_OK);
    CHECK_EQ(hb_chan_try_send(w.chan, num(2)), HB_OK);
    check_ended(&w, HB_OK);
    check_ended(&behind, HB_OK);
    CHECK_EQ(w.n, 1);
    CHECK_EQ(behind.n, 2);
    unmake(&behind);
    unmake(&w);
}

/* A worker that always finds work at once must pulse too. */
static void pulses_come_though_it_never_waits(void)
{
    worker w;
    hb_duty duty;
    hb_word word;
    make(&w, 1, 2 * MS);
    hb_duty_init(&duty, w.beat, w.done, w.interval);
    hb_time until = in_ms(10000);
    while (look(&w).pulses == 0 && hb_now() < until) {
        CHECK_EQ(hb_duty_send(&duty, w.chan, num(1), HB_FOREVER), HB_OK);
        CHECK_EQ(hb_duty_recv(&duty, w.chan, &word, HB_FOREVER), HB_OK);
    }
    CHECK(look(&w).pulses >= 1);
    hb_duty_fini(&duty);
    unmake(&w);
}

/* D3 */
static void missed_pulses_are_not_made_up_for(void)
{
    worker w;
    hb_duty duty;
    make(&w, 0, MS);
    hb_duty_init(&duty, w.beat, w.done, w.interval);
    hb_time first = duty.next;
    pass_until(in_ms(20));
    hb_time late = hb_now();
    CHECK_EQ(hb_duty_check(&duty), HB_OK);
    CHECK_EQ(look(&w).pulses, 1);
    CHECK(duty.next > late);
    CHECK_EQ((duty.next - first) % MS, 0);
    hb_duty_fini(&duty);
    unmake(&w);
}

/* ---- the end ---- */

static void done_ends_a_receive(void)
{
    worker w;
    make(&w, 0, 0);
    start(&w, call_recv);
    await_waits(&w);
    hb_chan_close(w.done, num(0));
    check_ended(&w, HB_STOPPED);
    CHECK_EQ(hb_chan_try_send(w.chan, num(1)), HB_WOULD_BLOCK);
    unmake(&w);
}

static void done_ends_a_send_and_nothing_is_sent(void)
{
    for (uint64_t capacity = 0; capacity < 2; capacity++) {
        worker w;
        hb_word word;
        make(&w, capacity, 2 * MS);
        if (capacity)
            CHECK_EQ(hb_chan_try_send(w.chan, num(1)), HB_OK);
        start(&w, call_send);
        await_waits(&w);
        hb_chan_close(w.done, num(0));
        check_ended(&w, HB_STOPPED);
        if (capacity)
            CHECK_EQ(hb_chan_try_recv(w.chan, &word), HB_OK);
        CHECK_EQ(hb_chan_try_recv(w.chan, &word), HB_WOULD_BLOCK);
        unmake(&w);
    }
}

static void done_ends_a_sleep_and_a_wait_for_nil(void)
{
    worker w;
    make(&w, 0, 0);
    start(&w, call_sleep);
    await_waits(&w);
    hb_chan_close(w.done, num(0));
    check_ended(&w, HB_STOPPED);
    unmake(&w);
    make(&w, 0, 0);
    hb_chan *chan = w.chan;
    w.chan = NULL;
    start(&w, call_recv);
    await_waits(&w);
    hb_chan_close(w.done, num(0));
    check_ended(&w, HB_STOPPED);
    w.chan = chan;
    unmake(&w);
}

/* D4 */
static void after_done_nothing_happens_though_it_could(void)
{
    worker w;
    hb_duty duty;
    hb_word word;
    make(&w, 2, 0);
    CHECK_EQ(hb_chan_try_send(w.chan, num(1)), HB_OK);
    hb_duty_init(&duty, w.beat, w.done, 0);
    CHECK(!hb_duty_stopped(&duty));
    hb_chan_close(w.done, num(0));
    CHECK(hb_duty_stopped(&duty));
    CHECK_EQ(hb_duty_send(&duty, w.chan, num(2), HB_FOREVER), HB_STOPPED);
    CHECK_EQ(hb_duty_recv(&duty, w.chan, &word, HB_FOREVER), HB_STOPPED);
    CHECK_EQ(hb_duty_sleep(&duty, HB_FOREVER), HB_STOPPED);
    CHECK_EQ(hb_chan_len(w.chan), 1);
    hb_duty_fini(&duty);
    check_units(&w, 0, 0, 0);
    unmake(&w);
}

/* D4: one who was served before done closed has the word, however late it wakes. */
static void a_hand_over_that_happened_stands(void)
{
    for (int round = 0; round < 200; round++) {
        worker w;
        make(&w, 0, 0);
        start(&w, call_recv);
        await_waits(&w);
        CHECK_EQ(hb_chan_try_send(w.chan, num(round)), HB_OK);
        hb_chan_close(w.done, num(0));
        check_ended(&w, HB_OK);
        CHECK_EQ(w.n, round);
        unmake(&w);
    }
}

static void one_who_was_replaced_is_told_so(void)
{
    worker w;
    make(&w, 1, 0);
    start(&w, call_recv);
    await_waits(&w);
    hb_beat_end(w.beat, HB_END_REVOKED);
    hb_chan_close(w.done, num(0));
    check_ended(&w, HB_REVOKED);
    start(&w, call_send);
    check_ended(&w, HB_REVOKED);
    CHECK_EQ(hb_chan_len(w.chan), 0);
    unmake(&w);
}

static void a_closed_beat_does_not_end_the_work(void)
{
    worker w;
    make(&w, 1, MS);
    hb_beat_end(w.beat, HB_END_CLOSED);
    start(&w, call_send);
    check_ended(&w, HB_OK);
    w.deadline = in_ms(10);
    start(&w, call_sleep);
    check_ended(&w, HB_OK);
    check_units(&w, 0, 0, 0);
    unmake(&w);
}

static void the_end_of_a_channel_is_the_channels(void)
{
    worker w;
    make(&w, 0, 2 * MS);
    start(&w, call_recv);
    await_pulses(&w, 2);
    hb_chan_close(w.chan, num(0));
    check_ended(&w, HB_CLOSED);
    start(&w, call_send);
    check_ended(&w, HB_CLOSED);
    unmake(&w);
}

/* ---- units ---- */

/* D1, D2 */
static void a_unit_reaches_from_receive_to_send(void)
{
    worker w;
    hb_duty duty;
    hb_word word;
    make(&w, 8, 0);
    hb_chan_try_send(w.chan, num(1));
    hb_duty_init(&duty, w.beat, w.done, 0);
    for (uint64_t i = 1; i <= 3; i++) {
        CHECK_EQ(hb_duty_recv(&duty, w.chan, &word, HB_FOREVER), HB_OK);
        check_units(&w, i, i - 1, 1);
        CHECK_EQ(hb_duty_send(&duty, w.chan, word, HB_FOREVER), HB_OK);
        check_units(&w, i, i, 0);
    }
    hb_duty_fini(&duty);
    unmake(&w);
}

static void a_receive_ends_the_unit_before(void)
{
    worker w;
    hb_duty duty;
    hb_word word;
    make(&w, 8, 0);
    for (int i = 0; i < 3; i++)
        hb_chan_try_send(w.chan, num(1));
    hb_duty_init(&duty, w.beat, w.done, 0);
    for (uint64_t i = 1; i <= 3; i++) {
        CHECK_EQ(hb_duty_recv(&duty, w.chan, &word, HB_FOREVER), HB_OK);
        check_units(&w, i, i - 1, 1);
    }
    CHECK_EQ(hb_duty_recv(&duty, w.chan, &word, in_ms(1)), HB_TIMEOUT);
    check_units(&w, 3, 3, 0);
    hb_duty_fini(&duty);
    unmake(&w);
}

static void a_send_alone_is_a_unit(void)
{
    worker w;
    hb_duty duty;
    make(&w, 8, 0);
    hb_duty_init(&duty, w.beat, w.done, 0);
    for (uint64_t i = 1; i <= 3; i++) {
        CHECK_EQ(hb_duty_send(&duty, w.chan, num(1), HB_FOREVER), HB_OK);
        check_units(&w, i, i, 0);
    }
    hb_duty_fini(&duty);
    unmake(&w);
}

static void a_unit_has_ended_while_its_result_waits(void)
{
    worker w;
    hb_word word;
    make(&w, 0, 0);
    start(&w, call_send);
    await_waits(&w);
    check_units(&w, 1, 1, 0);
    CHECK_EQ(hb_chan_try_recv(w.chan, &word), HB_OK);
    check_ended(&w, HB_OK);
    unmake(&w);
}

static void the_end_finishes_an_open_unit(void)
{
    worker w;
    make(&w, 1, 0);
    CHECK_EQ(hb_chan_try_send(w.chan, num(5)), HB_OK);
    start(&w, call_recv);
    check_ended(&w, HB_OK);
    check_units(&w, 1, 1, 0);
    unmake(&w);
}

static void begun_units_are_one(void)
{
    worker w;
    hb_duty duty;
    make(&w, 1, 0);
    hb_duty_init(&duty, w.beat, w.done, 0);
    hb_duty_begin_unit(&duty);
    hb_duty_begin_unit(&duty);
    CHECK_EQ(hb_duty_sleep(&duty, in_ms(1)), HB_OK);
    check_units(&w, 1, 0, 1);
    hb_duty_end_unit(&duty);
    hb_duty_end_unit(&duty);
    check_units(&w, 1, 1, 0);
    hb_duty_fini(&duty);
    unmake(&w);
}

static void with_an_interval_units_do_not_pulse(void)
{
    worker w;
    hb_duty duty;
    make(&w, 8, HB_SECOND * 1000);
    hb_duty_init(&duty, w.beat, w.done, w.interval);
    for (int i = 0; i < 5; i++)
        CHECK_EQ(hb_duty_send(&duty, w.chan, num(1), HB_FOREVER), HB_OK);
    check_units(&w, 0, 5, 0);
    hb_duty_fini(&duty);
    unmake(&w);
}

int main(void)
{
    RUN(pulses_go_on_while_it_waits_to_receive);
    RUN(pulses_go_on_while_it_waits_to_send);
    RUN(pulses_go_on_while_it_sleeps);
    RUN(there_are_no_more_pulses_than_intervals);
    RUN(without_an_interval_no_pulse_comes_while_it_waits);
    RUN(a_pulse_does_not_cost_its_place);
    RUN(pulses_come_though_it_never_waits);
    RUN(missed_pulses_are_not_made_up_for);
    RUN(done_ends_a_receive);
    RUN(done_ends_a_send_and_nothing_is_sent);
    RUN(done_ends_a_sleep_and_a_wait_for_nil);
    RUN(after_done_nothing_happens_though_it_could);
    RUN(a_hand_over_that_happened_stands);
    RUN(one_who_was_replaced_is_told_so);
    RUN(a_closed_beat_does_not_end_the_work);
    RUN(the_end_of_a_channel_is_the_channels);
    RUN(a_unit_reaches_from_receive_to_send);
    RUN(a_receive_ends_the_unit_before);
    RUN(a_send_alone_is_a_unit);
    RUN(a_unit_has_ended_while_its_result_waits);
    RUN(the_end_finishes_an_open_unit);
    RUN(begun_units_are_one);
    RUN(with_an_interval_units_do_not_pulse);
    return check_exit_code();
}
