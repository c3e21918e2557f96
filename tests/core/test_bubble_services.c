/* The services of a bubble: when they run, and alarms, which are one of them. */
#include "hb_alarm.h"
#include "in_bubble.h"

/* ---- a service that counts ---- */

typedef struct counter {
    hb_service service; /* first */
    int runs;           /* by participants, one at a time */
    hb_time ran_at;
    hb_time again;      /* what it sets `due` to; HB_FOREVER: nothing */
} counter;

static counter counting;

static void count_run(hb_service *service)
{
    counting.runs++;
    counting.ran_at = hb_now();
    hb_store_release(&service->due, (uint64_t)counting.again);
}

static void forget_counter(hb_service *service)
{
    (void)service;
}

static hb_service *make_counter(void)
{
    counting = (counter){ .again = HB_FOREVER };
    counting.service = (hb_service){ .run = count_run, .end = forget_counter, .free = forget_counter };
    hb_store_relaxed(&counting.service.due, (uint64_t)HB_FOREVER);
    return &counting.service;
}

static void a_service_runs_when_it_is_due(void)
{
    enter();
    hb_service *service = hb_bubble_service(HB_SERVICE_ALARMS, make_counter);
    CHECK(hb_bubble_service(HB_SERVICE_ALARMS, make_counter) == service);
    CHECK(hb_bubble_find_service(bubble, HB_SERVICE_ALARMS) == service);
    CHECK(hb_bubble_find_service(bubble, HB_SERVICE_MONITORS) == NULL);
    pass(SECOND);
    CHECK_EQ(counting.runs, 0);
    hb_store_release(&service->due, (uint64_t)(3 * SECOND));
    pass(SECOND);
    CHECK_EQ(counting.runs, 0);
    pass(5 * SECOND);
    CHECK_EQ(counting.runs, 1);
    CHECK_EQ(counting.ran_at, 3 * SECOND);
    leave();
}

static void a_service_keeps_time_going(void)
{
    hb_word word;
    enter();
    hb_service *service = hb_bubble_service(HB_SERVICE_ALARMS, make_counter);
    hb_store_release(&service->due, (uint64_t)(7 * SECOND));
    hb_chan *mine = hb_chan_new(0, NULL);
    CHECK_EQ(hb_chan_recv(mine, &word, HB_FOREVER), HB_DEADLOCK);
    CHECK_EQ(counting.ran_at, 7 * SECOND);
    CHECK_EQ(hb_now(), 7 * SECOND);
    hb_chan_unref(mine);
    leave();
}

/* Once after each thing that has happened, and never in between. */
static void one_that_attends_runs_whenever_all_sleep(void)
{
    hb_word word;
    enter();
    hb_service *service = hb_bubble_service(HB_SERVICE_MONITORS, make_counter);
    hb_store_release(&service->attends, 1);
    CHECK_EQ(counting.runs, 0);
    pass(SECOND); /* it runs as the host falls asleep, and as time has moved */
    int runs = counting.runs;
    CHECK(runs >= 1);
    CHECK_EQ(hb_bubble_wait(), HB_OK);
    CHECK(counting.runs > runs);
    runs = counting.runs;
    hb_chan *mine = hb_chan_new(0, NULL);
    CHECK_EQ(hb_chan_recv(mine, &word, HB_FOREVER), HB_DEADLOCK); /* it keeps no time going */
    CHECK(counting.runs > runs && counting.runs < runs + 10);
    CHECK_EQ(hb_now(), SECOND);
    hb_chan_unref(mine);
    leave();
}

/* ---- alarms ---- */

typedef struct bell {
    hb_alarm alarm; /* first */
    int name;
    int rings, frees;
    hb_time rang_at;
} bell;

static int order[8], rung;

static void ring(hb_alarm *alarm)
{
    bell *b = (bell *)alarm;
    b->rings++;
    b->rang_at = hb_now();
    order[rung++ % 8] = b->name;
    hb_alarm_unref(alarm);
}

static void count_free(hb_alarm *alarm)
{
    ((bell *)alarm)->frees++;
}

static void make_bell(bell *b, int name)
{
    *b = (bell){ .name = name };
    CHECK_EQ(hb_alarm_init(&b->alarm, ring, count_free), HB_OK);
}

static void set(bell *b, hb_time due, bool wanted_armed)
{
    bool was_armed = !wanted_armed;
    CHECK_EQ(hb_alarm_set(&b->alarm, due, &was_armed), HB_OK);
    CHECK_EQ(was_armed, wanted_armed);
}

static void drop_bell(bell *b)
{
    hb_alarm_unref(&b->alarm);
    CHECK_EQ(b->frees, 1);
}

static void an_alarm_fires_at_its_instant(void)
{
    bell b;
    enter();
    make_bell(&b, 1);
    set(&b, 3600 * SECOND, false);
    CHECK_EQ(hb_alarm_due(&b.alarm), 3600 * SECOND);
    pass(3599 * SECOND);
    CHECK_EQ(b.rings, 0);
    pass(3600 * SECOND);
    CHECK_EQ(b.rings, 1);
    CHECK_EQ(b.rang_at, 3600 * SECOND);
    CHECK_EQ(hb_alarm_due(&b.alarm), HB_FOREVER);
    drop_bell(&b);
    leave();
}

static void equal_instants_ring_in_the_order_set(void)
{
    bell bells[5];
    enter();
    rung = 0;
    for (int i = 0; i < 5; i++)
        make_bell(&bells[i], i);
    static const int set_as[] = { 3, 0, 4, 1, 2 };
    for (int i = 0; i < 5; i++)
        set(&bells[set_as[i]], SECOND, false);
    set(&bells[0], SECOND, true); /* again: it is the last now */
    pass(SECOND);
    static const int wanted[] = { 3, 4, 1, 2, 0 };
    for (int i = 0; i < 5; i++) {
        CHECK_EQ(order[i], wanted[i]);
        drop_bell(&bells[i]);
    }
    leave();
}

static void what_is_cancelled_or_moved_does_not_ring_before(void)
{
    bell b;
    enter();
    make_bell(&b, 1);
    set(&b, SECOND, false);
    CHECK(hb_alarm_cancel(&b.alarm));
    CHECK(!hb_alarm_cancel(&b.alarm));
    pass(2 * SECOND);
    CHECK_EQ(b.rings, 0);
    set(&b, 3 * SECOND, false);
    set(&b, 5 * SECOND, true);
    pass(10 * SECOND);
    CHECK_EQ(b.rings, 1);
    CHECK_EQ(b.rang_at, 5 * SECOND);
    drop_bell(&b);
    leave();
}

static void what_is_armed_at_the_end_is_let_go(void)
{
    bell held, given_up;
    bool was_armed;
    enter();
    make_bell(&held, 1);
    make_bell(&given_up, 2);
    set(&held, SECOND, false);
    set(&given_up, SECOND, false);
    hb_alarm_unref(&given_up.alarm);
    CHECK_EQ(given_up.frees, 0);
    leave();
    CHECK_EQ(given_up.frees, 1);
    CHECK_EQ(held.rings + given_up.rings, 0);
    CHECK_EQ(hb_alarm_due(&held.alarm), HB_FOREVER);
    CHECK_EQ(hb_alarm_set(&held.alarm, 9 * SECOND, &was_armed), HB_STOPPED);
    drop_bell(&held);
}

/* ---- whose they are ---- */

static void an_alarm_belongs_to_its_bubble(void)
{
    bell inside, outside;
    make_bell(&outside, 1);
    CHECK(!hb_alarm_is_foreign(&outside.alarm));
    enter();
    make_bell(&inside, 2);
    CHECK(!hb_alarm_is_foreign(&inside.alarm));
    CHECK(!hb_alarm_is_foreign(&outside.alarm));
    pass(5 * SECOND);
    CHECK_EQ(hb_alarm_now(&inside.alarm), 5 * SECOND);
    hb_time before = hb_platform_now();
    CHECK(hb_alarm_now(&outside.alarm) >= before);
    leave();
    CHECK(hb_alarm_is_foreign(&inside.alarm));
    CHECK_EQ(hb_alarm_now(&inside.alarm), 5 * SECOND); /* its clock stands still */
    drop_bell(&inside);
    drop_bell(&outside);
}

/* Set by a participant: the timer thread fires it, in real time. */
static void an_alarm_of_real_time_stays_there(void)
{
    bell outside;
    hb_time began = hb_platform_now();
    make_bell(&outside, 1);
    enter();
    set(&outside, hb_time_add(hb_alarm_now(&outside.alarm), 3600 * SECOND), false);
    pass(7200 * SECOND);
    CHECK(hb_alarm_due(&outside.alarm) >= began + 3600 * SECOND);
    CHECK(hb_alarm_cancel(&outside.alarm));
    CHECK_EQ(outside.rings, 0);
    leave();
    drop_bell(&outside);
}

int main(void)
{
    RUN(a_service_runs_when_it_is_due);
    RUN(a_service_keeps_time_going);
    RUN(one_that_attends_runs_whenever_all_sleep);
    RUN(an_alarm_fires_at_its_instant);
    RUN(equal_instants_ring_in_the_order_set);
    RUN(what_is_cancelled_or_moved_does_not_ring_before);
    RUN(what_is_armed_at_the_end_is_let_go);
    RUN(an_alarm_belongs_to_its_bubble);
    RUN(an_alarm_of_real_time_stays_there);
    return check_exit_code();
}
