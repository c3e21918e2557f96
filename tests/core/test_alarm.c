/* hb_alarm: what fires, when, in which order, and what does not fire any more. */
#include "hb_alarm.h"
#include "hb_rand.h"
#include "support.h"

typedef struct bell {
    hb_alarm alarm; /* first: a bell is its alarm */
    int name;
    hb_chan *rung;    /* constant: every ring sends the name there */
    atomic_int rings; /* how often it fired */
    atomic_int frees;
    hb_time rang_at; /* timer thread; read after a ring was received */
} bell;

static bell *bell_of(hb_alarm *alarm)
{
    return (bell *)alarm;
}

/* The send comes last: the test may take the bell away once it received. */
static void ring(hb_alarm *alarm)
{
    bell *b = bell_of(alarm);
    hb_chan *rung = b->rung;
    int name = b->name;
    b->rang_at = hb_now();
    atomic_fetch_add(&b->rings, 1);
    hb_alarm_unref(alarm);
    CHECK_EQ(hb_chan_try_send(rung, num(name)), HB_OK);
}

static void count_free(hb_alarm *alarm)
{
    atomic_fetch_add(&bell_of(alarm)->frees, 1);
}

static void make_bell(bell *b, int name, hb_chan *rung)
{
    *b = (bell){ .name = name, .rung = rung };
    hb_alarm_init(&b->alarm, ring, count_free);
}

/* Ours is the last reference, and after it there is none (A1). */
static void drop_bell(bell *b)
{
    CHECK_EQ(atomic_load(&b->frees), 0);
    hb_alarm_unref(&b->alarm);
    CHECK_EQ(atomic_load(&b->frees), 1);
}

static void set(bell *b, hb_time due, bool wanted_armed)
{
    bool was_armed = !wanted_armed;
    CHECK_EQ(hb_alarm_set(&b->alarm, due, &was_armed), HB_OK);
    CHECK_EQ(was_armed, wanted_armed);
}

static int64_t next_ring(hb_chan *rung)
{
    hb_word word = num(-1);
    CHECK_EQ(hb_chan_recv(rung, &word, hb_now() + 30 * HB_SECOND), HB_OK);
    return word.i64;
}

/* ---- a gate: holds up the timer thread, so that what is set meanwhile comes
 * due together ---- */

typedef struct gate {
    hb_alarm alarm;
    hb_chan *entered, *open;
} gate;

static void hold_up(hb_alarm *alarm)
{
    hb_chan *entered = ((gate *)alarm)->entered, *open = hb_chan_ref(((gate *)alarm)->open);
    hb_word word;
    hb_alarm_unref(alarm);
    hb_chan_try_send(entered, num(0));
    hb_chan_recv(open, &word, HB_FOREVER);
    hb_chan_unref(open);
}

static void free_nothing(hb_alarm *alarm)
{
    (void)alarm;
}

static void close_gate(gate *g)
{
    bool was_armed;
    hb_word word;
    *g = (gate){ .entered = hb_chan_new(1, NULL), .open = hb_chan_new(0, NULL) };
    hb_alarm_init(&g->alarm, hold_up, free_nothing);
    CHECK_EQ(hb_alarm_set(&g->alarm, 0, &was_armed), HB_OK);
    CHECK_EQ(hb_chan_recv(g->entered, &word, HB_FOREVER), HB_OK);
}

static void open_gate(gate *g)
{
    CHECK_EQ(hb_chan_send(g->open, num(0), HB_FOREVER), HB_OK);
    hb_chan_unref(g->entered);
    hb_chan_unref(g->open);
    hb_alarm_unref(&g->alarm);
}

/* ---- firing ---- */

static void it_fires_once_and_not_early(void)
{
    hb_chan *rung = hb_chan_new(HB_UNBOUNDED, NULL);
    bell b;
    make_bell(&b, 4, rung);
    hb_time due = in_ms(30);
    set(&b, due, false);
    hb_time told = hb_alarm_due(&b.alarm);
    CHECK(told == due || hb_now() >= due);
    CHECK_EQ(next_ring(rung), 4);
    CHECK(b.rang_at >= due);
    CHECK(b.rang_at < due + 20 * HB_SECOND);
    CHECK_EQ(hb_alarm_due(&b.alarm), HB_FOREVER);
    CHECK(!hb_alarm_cancel(&b.alarm));
    CHECK_EQ(atomic_load(&b.rings), 1);
    drop_bell(&b);
    hb_chan_unref(rung);
}

static void its_last_reference_can_be_the_timers(void)
{
    bell b;
    hb_chan *rung = hb_chan_new(HB_UNBOUNDED, NULL);
    make_bell(&b, 1, rung);
    set(&b, in_ms(10), false);
    hb_alarm_unref(&b.alarm);
    CHECK_EQ(next_ring(rung), 1);
    CHECK_EQ(atomic_load(&b.frees), 1);
    hb_chan_unref(rung);
}

static void an_earlier_alarm_does_not_wait_for_a_later_one(void)
{
    hb_chan *rung = hb_chan_new(HB_UNBOUNDED, NULL);
    bell late, early;
    make_bell(&late, 1, rung);
    make_bell(&early, 2, rung);
    set(&late, hb_now() + 3600 * HB_SECOND, false);
    pass_until(in_ms(5)); /* the thread sleeps for the late one, as a rule */
    set(&early, in_ms(5), false);
    CHECK_EQ(next_ring(rung), 2);
    CHECK(hb_alarm_cancel(&late.alarm));
    drop_bell(&late);
    drop_bell(&early);
    hb_chan_unref(rung);
}

/* ---- order ---- */

#define BELLS 300

static bell bells[BELLS];

/* Wanted next: the earliest of those armed; of equals, the one set first. */
static int earliest(const hb_time *dues, const int *set_as)
{
    int best = -1;
    for (int i = 0; i < BELLS; i++)
        if (dues[i] != HB_FOREVER &&
            (best < 0 || dues[i] < dues[best] || (dues[i] == dues[best] && set_as[i] < set_as[best])))
            best = i;
    return best;
}

/* Sets, moves and cancels at random while the timer thread is held up; then all
 * that is armed must ring as a plain search through the list says. */
static void they_fire_in_order_of_due_then_of_setting(void)
{
    static hb_time dues[BELLS];
    static int set_as[BELLS];
    hb_chan *rung = hb_chan_new(HB_UNBOUNDED, NULL);
    gate g;
    close_gate(&g);
    for (int i = 0; i < BELLS; i++) {
        make_bell(&bells[i], i, rung);
        dues[i] = HB_FOREVER;
    }
    hb_rand_seed(8);
    for (int step = 0; step < 20 * BELLS; step++) {
        int i = (int)hb_rand_below(BELLS);
        hb_time due = hb_rand_below(4) ? 1 + hb_rand_below(100) : HB_FOREVER;
        set(&bells[i], due, dues[i] != HB_FOREVER);
        dues[i] = due;
        set_as[i] = step;
        CHECK_EQ(hb_alarm_due(&bells[i].alarm), due);
    }
    open_gate(&g);
    for (int i; (i = earliest(dues, set_as)) >= 0; dues[i] = HB_FOREVER)
        CHECK_EQ(next_ring(rung), i);
    close_gate(&g); /* when it is entered, everything before it has rung */
    open_gate(&g);
    CHECK_EQ(hb_chan_len(rung), 0);
    for (int i = 0; i < BELLS; i++)
        drop_bell(&bells[i]);
    hb_chan_unref(rung);
}

/* ---- cancel and reset (A2) ---- */

static void cancelled_it_does_not_fire(void)
{
    hb_chan *rung = hb_chan_new(HB_UNBOUNDED, NULL);
    gate g;
    bell b;
    make_bell(&b, 1, rung);
    CHECK(!hb_alarm_cancel(&b.alarm));
    close_gate(&g);
    set(&b, 1, false);
    CHECK(hb_alarm_cancel(&b.alarm));
    CHECK(!hb_alarm_cancel(&b.alarm));
    set(&b, 1, false);
    set(&b, HB_FOREVER, true); /* disarms too */
    set(&b, HB_FOREVER, false);
    open_gate(&g);
    close_gate(&g);
    open_gate(&g);
    CHECK_EQ(atomic_load(&b.rings), 0);
    drop_bell(&b);
    hb_chan_unref(rung);
}

static void moved_it_fires_once_at_the_new_time(void)
{
    hb_chan *rung = hb_chan_new(HB_UNBOUNDED, NULL);
    gate g;
    bell b;
    make_bell(&b, 1, rung);
    hb_time far = hb_now() + 3600 * HB_SECOND, near = in_ms(20);
    set(&b, far, false);
    set(&b, near, true);
    CHECK_EQ(next_ring(rung), 1);
    CHECK(b.rang_at >= near);
    close_gate(&g);
    set(&b, 1, false);
    set(&b, far, true); /* later: it does not ring, although it was due */
    open_gate(&g);
    close_gate(&g);
    open_gate(&g);
    CHECK_EQ(atomic_load(&b.rings), 1);
    CHECK(hb_alarm_cancel(&b.alarm));
    drop_bell(&b);
    hb_chan_unref(rung);
}

typedef struct again {
    hb_alarm alarm;
    hb_chan *entered, *open, *rung;
    int fires; /* timer thread */
} again;

static void ring_when_let(hb_alarm *alarm)
{
    again *a = (again *)alarm;
    hb_word word;
    int fires = ++a->fires;
    hb_alarm_unref(alarm);
    if (fires == 1) {
        hb_chan_try_send(a->entered, num(0));
        hb_chan_recv(a->open, &word, HB_FOREVER);
    }
    hb_chan_try_send(a->rung, num(fires));
}

static void set_while_it_fires_it_fires_again(void)
{
    again a = { .entered = hb_chan_new(1, NULL), .open = hb_chan_new(0, NULL),
                .rung = hb_chan_new(HB_UNBOUNDED, NULL) };
    hb_word word;
    bool was_armed = true;
    hb_alarm_init(&a.alarm, ring_when_let, free_nothing);
    CHECK_EQ(hb_alarm_set(&a.alarm, 0, &was_armed), HB_OK);
    CHECK_EQ(hb_chan_recv(a.entered, &word, HB_FOREVER), HB_OK);
    CHECK(!hb_alarm_cancel(&a.alarm)); /* is being called */
    CHECK_EQ(hb_alarm_set(&a.alarm, 0, &was_armed), HB_OK);
    CHECK(!was_armed);
    CHECK_EQ(hb_chan_send(a.open, num(0), HB_FOREVER), HB_OK);
    CHECK_EQ(next_ring(a.rung), 1);
    CHECK_EQ(next_ring(a.rung), 2);
    hb_chan_unref(a.entered);
    hb_chan_unref(a.open);
    hb_chan_unref(a.rung);
    hb_alarm_unref(&a.alarm);
}

int main(void)
{
    RUN(it_fires_once_and_not_early);
    RUN(its_last_reference_can_be_the_timers);
    RUN(an_earlier_alarm_does_not_wait_for_a_later_one);
    RUN(they_fire_in_order_of_due_then_of_setting);
    RUN(cancelled_it_does_not_fire);
    RUN(moved_it_fires_once_at_the_new_time);
    RUN(set_while_it_fires_it_fires_again);
    return check_exit_code();
}
