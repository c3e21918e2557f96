/* The timer thread of hb_alarm: it comes with the first alarm, stays a while
 * after the last, ends by itself and comes again. And a hammer on its alarms. */
#include "hb_alarm.h"
#include "hb_rand.h"
#include "support.h"

/* hb_alarm.c: how long the thread stays without work. */
#define LINGER (2 * HB_SECOND)

static hb_chan *fired, *ended;
static pthread_key_t of_timer_thread;

/* Runs when a thread that fired something ends. */
static void tell_end(void *unused)
{
    (void)unused;
    hb_chan_try_send(ended, num(0));
}

static void fire(hb_alarm *alarm)
{
    hb_alarm_unref(alarm);
    pthread_setspecific(of_timer_thread, fired);
    hb_chan_try_send(fired, num(hb_now()));
}

static void free_nothing(hb_alarm *alarm)
{
    (void)alarm;
}

static void set(hb_alarm *alarm, hb_time due)
{
    bool was_armed;
    CHECK_EQ(hb_alarm_set(alarm, due, &was_armed), HB_OK);
}

static hb_time next_firing(void)
{
    hb_word word = num(0);
    CHECK_EQ(hb_chan_recv(fired, &word, hb_now() + 30 * HB_SECOND), HB_OK);
    return word.i64;
}

/* The instant it ended, at the latest. */
static hb_time await_end(void)
{
    hb_word word;
    CHECK_EQ(hb_chan_recv(ended, &word, hb_now() + 20 * HB_SECOND), HB_OK);
    return hb_now();
}

static void begin(hb_alarm *alarm)
{
    fired = hb_chan_new(HB_UNBOUNDED, NULL);
    ended = hb_chan_new(HB_UNBOUNDED, NULL);
    hb_alarm_init(alarm, fire, free_nothing);
}

static void finish(hb_alarm *alarm)
{
    hb_alarm_unref(alarm);
    hb_chan_unref(fired);
    hb_chan_unref(ended);
}

/* One thread serves them all: it ends only when the linger is over. */
static void it_stays_for_the_next_alarm_and_ends_after_a_while(void)
{
    hb_alarm alarm;
    hb_time last = 0;
    begin(&alarm);
    for (int i = 0; i < 4; i++) {
        set(&alarm, in_ms(20));
        last = next_firing();
        pass_until(in_ms(50));
        CHECK_EQ(hb_chan_len(ended), 0);
    }
    CHECK(await_end() - last >= LINGER);
    finish(&alarm);
}

/* This and the next begin when there was a thread and it has ended. */
static void it_stays_while_something_is_armed(void)
{
    hb_alarm alarm, far;
    begin(&alarm);
    hb_alarm_init(&far, fire, free_nothing);
    set(&far, hb_now() + 3600 * HB_SECOND);
    set(&alarm, 0);
    pass_until(next_firing() + LINGER + HB_SECOND / 4);
    CHECK_EQ(hb_chan_len(ended), 0);
    hb_time cancelled = hb_now();
    CHECK(hb_alarm_cancel(&far)); /* it must not sleep on for the hour */
    CHECK(await_end() - cancelled >= LINGER);
    hb_alarm_unref(&far);
    finish(&alarm);
}

static void it_does_not_sleep_for_what_was_disarmed(void)
{
    hb_alarm alarm;
    begin(&alarm);
    set(&alarm, 0);
    next_firing();
    set(&alarm, hb_now() + 3600 * HB_SECOND);
    pass_until(in_ms(10));
    hb_time disarmed = hb_now();
    set(&alarm, HB_FOREVER);
    CHECK(await_end() - disarmed >= LINGER);
    finish(&alarm);
}

/* ---- hammer ---- */

#define ALARMS 8
#define THREADS 3
#define EACH 4000

typedef struct counted {
    hb_alarm alarm;
    atomic_int fires;
} counted;

static counted pool[ALARMS];
static atomic_int armings, in_time;

static void count_fire(hb_alarm *alarm)
{
    atomic_fetch_add(&((counted *)alarm)->fires, 1);
    hb_alarm_unref(alarm);
}

static void *set_and_cancel(void *unused)
{
    (void)unused;
    for (int i = 0; i < EACH; i++) {
        hb_alarm *alarm = &pool[hb_rand_below(ALARMS)].alarm;
        bool was_armed = false;
        if (hb_rand_below(3)) {
            CHECK_EQ(hb_alarm_set(alarm, hb_now() + hb_rand_below(40000), &was_armed), HB_OK);
            atomic_fetch_add(&armings, 1);
        } else {
            was_armed = hb_alarm_cancel(alarm);
        }
        atomic_fetch_add(&in_time, was_armed);
        if (hb_rand_below(16) == 0)
            pass_until(hb_now() + hb_rand_below(40000));
    }
    return NULL;
}

static int all_fires(void)
{
    int fires = 0;
    for (int i = 0; i < ALARMS; i++)
        fires += atomic_load(&pool[i].fires);
    return fires;
}

/* A2: an arming fires, or a set or cancel found it still armed; never both. */
static void every_arming_ends_once(void)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < ALARMS; i++)
        hb_alarm_init(&pool[i].alarm, count_fire, free_nothing);
    for (int i = 0; i < THREADS; i++)
        threads[i] = check_spawn(set_and_cancel, NULL);
    for (int i = 0; i < THREADS; i++)
        check_join(threads[i]);
    int cancelled = atomic_load(&in_time);
    for (int i = 0; i < ALARMS; i++)
        cancelled += hb_alarm_cancel(&pool[i].alarm);
    while (all_fires() < atomic_load(&armings) - cancelled) /* the last may be firing */
        sched_yield();
    CHECK_EQ(all_fires(), atomic_load(&armings) - cancelled);
    for (int i = 0; i < ALARMS; i++)
        hb_alarm_unref(&pool[i].alarm);
}

int main(void)
{
    pthread_key_create(&of_timer_thread, tell_end);
    RUN(it_stays_for_the_next_alarm_and_ends_after_a_while);
    RUN(it_stays_while_something_is_armed);
    RUN(it_does_not_sleep_for_what_was_disarmed);
    RUN(every_arming_ends_once);
    return check_exit_code();
}
