/* hb_timer, moved while selects wait for it and for others (T4): they keep their
 * places in all queues, those that are parked and those that do not get to run. */
#include "support.h"

#define HOUR (3600 * HB_SECOND)

/* A timer that is not armed, a channel, and a select that waits for both: begun, so
 * that it stands in the queues, but its thread does nothing until it is told. */
typedef struct scene {
    hb_timer timer;
    hb_chan *chan;
    hb_case cases[2];
    hb_select first;
} scene;

static void set(scene *s)
{
    hb_timer_init(&s->timer, HB_FOREVER, 0);
    s->chan = hb_chan_new(0, NULL);
    s->cases[0] = timer_case(&s->timer);
    s->cases[1] = recv_case(s->chan);
    CHECK_EQ(hb_select_init(&s->first, s->cases, 2, false), HB_OK);
    CHECK_EQ(hb_select_begin(&s->first), HB_WOULD_BLOCK);
}

static void check_first_gets(scene *s, uint32_t index, int64_t n)
{
    CHECK_EQ(hb_select_wait(&s->first, HB_FOREVER), HB_OK);
    CHECK_EQ(s->first.index, index);
    CHECK_EQ(s->first.word.i64, n);
}

static void clear(scene *s)
{
    hb_select_fini(&s->first);
    check_nobody_waits(s->chan);
    CHECK_EQ(timer_waiters(&s->timer), 0);
    hb_chan_unref(s->chan);
}

static void moving_it_earlier_keeps_the_place_in_other_queues(void)
{
    scene s;
    set(&s);
    for (int hours = 3; hours > 0; hours--)
        hb_timer_reset(&s.timer, hb_now() + hours * HOUR, 0);
    CHECK_EQ(hb_chan_try_send(s.chan, num(5)), HB_OK);
    check_first_gets(&s, 1, 5);
    clear(&s);
}

static void *receive(void *chan)
{
    hb_word word = num(-1);
    CHECK_EQ(hb_chan_recv(chan, &word, HB_FOREVER), HB_OK);
    return (void *)(intptr_t)word.i64;
}

static void who_came_later_does_not_pass_by(void)
{
    scene s;
    set(&s);
    pthread_t second = check_spawn(receive, s.chan);
    await_waiting(s.chan, 0, 2);
    hb_timer_reset(&s.timer, hb_now() + HOUR, 0);
    CHECK_EQ(hb_chan_try_send(s.chan, num(1)), HB_OK);
    CHECK_EQ(hb_chan_try_send(s.chan, num(2)), HB_OK);
    check_first_gets(&s, 1, 1);
    CHECK_EQ((intptr_t)check_join(second), 2);
    clear(&s);
}

static void *receive_timer_or_close(void *opaque)
{
    scene *s = opaque;
    return (void *)(intptr_t)select_until(s->cases, 2, HB_FOREVER).status;
}

static void set_to_the_past_it_goes_to_who_waits_longest(void)
{
    scene s;
    set(&s);
    pthread_t second = check_spawn(receive_timer_or_close, &s);
    await_timer_waiters(&s.timer, 2);
    hb_timer_reset(&s.timer, 7, 0);
    check_first_gets(&s, 0, 7);
    hb_chan_close(s.chan, num(0));
    CHECK_EQ((intptr_t)check_join(second), HB_CLOSED);
    clear(&s);
}

/* The first gets the tick that has passed, and the next is for the others. */
static void a_ticker_set_to_the_past_ticks_on(void)
{
    scene s;
    set(&s);
    pthread_t second = check_spawn(receive_timer_or_close, &s);
    await_timer_waiters(&s.timer, 2);
    hb_timer_reset(&s.timer, hb_now() - 5 * MS, 20 * MS);
    CHECK_EQ((intptr_t)check_join(second), HB_OK);
    CHECK_EQ(hb_select_wait(&s.first, HB_FOREVER), HB_OK);
    CHECK_EQ(s.first.index, 0);
    clear(&s);
}

/* ---- while others move it without end ---- */

typedef struct storm {
    scene scene;
    atomic_bool over;
} storm;

/* Never due, but nearer and nearer, and far away again. */
static void *move_it_all_the_time(void *opaque)
{
    storm *s = opaque;
    while (!atomic_load(&s->over))
        for (int hours = 100; hours > 0; hours--)
            hb_timer_reset(&s->scene.timer, hb_now() + hours * HOUR, 0);
    return NULL;
}

static pthread_t begin_storm(storm *s)
{
    atomic_store(&s->over, false);
    set(&s->scene);
    return check_spawn(move_it_all_the_time, s);
}

static void end_storm(storm *s, pthread_t mover)
{
    atomic_store(&s->over, true);
    check_join(mover);
    clear(&s->scene);
}

static void a_deadline_comes_in_any_storm(void)
{
    storm s;
    pthread_t mover = begin_storm(&s);
    hb_time deadline = in_ms(20);
    hb_status status;
    do
        status = hb_select_park(&s.scene.first, deadline);
    while (status == HB_INTERRUPTED);
    CHECK_EQ(status, HB_TIMEOUT);
    CHECK_EQ(hb_select_end(&s.scene.first, status), HB_TIMEOUT);
    CHECK(hb_now() >= deadline);
    CHECK(hb_now() < deadline + 20 * HB_SECOND);
    end_storm(&s, mover);
}

#define WORDS 2000

static void *receive_words(void *opaque)
{
    storm *s = opaque;
    for (int i = 0; i < WORDS; i++) {
        outcome got = select_until(s->scene.cases, 2, HB_FOREVER);
        CHECK_EQ(got.status, HB_OK);
        CHECK_EQ(got.index, 1);
        CHECK_EQ(got.n, i);
    }
    return NULL;
}

/* Who was seen waiting waits until the word comes: it always finds a taker. */
static void no_word_is_refused_in_a_storm(void)
{
    storm s;
    pthread_t mover = begin_storm(&s);
    CHECK_EQ(hb_chan_try_send(s.scene.chan, num(-1)), HB_OK);
    check_first_gets(&s.scene, 1, -1);
    pthread_t receiver = check_spawn(receive_words, &s);
    for (int i = 0; i < WORDS; i++) {
        await_waiting(s.scene.chan, 0, 1);
        CHECK_EQ(hb_chan_try_send(s.scene.chan, num(i)), HB_OK);
    }
    check_join(receiver);
    end_storm(&s, mover);
}

int main(void)
{
    RUN(moving_it_earlier_keeps_the_place_in_other_queues);
    RUN(who_came_later_does_not_pass_by);
    RUN(set_to_the_past_it_goes_to_who_waits_longest);
    RUN(a_ticker_set_to_the_past_ticks_on);
    RUN(a_deadline_comes_in_any_storm);
    RUN(no_word_is_refused_in_a_storm);
    return check_exit_code();
}
