/* hb_select under many threads: selects meet selects on shared channels, in
 * cycles, both directions mixed. Every word that was sent was received once,
 * and nobody waits for ever. */
#include "hb_rand.h"
#include "support.h"

#define THREADS 4
#define ENOUGH 4000

/* What one thread did: all words are different, so sums tell lost from doubled. */
typedef struct ledger {
    int64_t sends, receives, sent, received;
} ledger;

typedef struct table {
    hb_chan *chans[THREADS];
    hb_chan *done;
    atomic_llong meetings;
    atomic_llong words; /* the last word given out */
} table;

typedef struct player {
    table *t;
    int seat;
    bool hasty;
    ledger book;
    pthread_t thread;
} player;

static void open_table(table *t, uint64_t capacity)
{
    for (int i = 0; i < THREADS; i++)
        t->chans[i] = hb_chan_new(capacity, NULL);
    t->done = hb_chan_new(0, NULL);
    atomic_store(&t->meetings, 0);
    atomic_store(&t->words, 0);
}

/* Fills in what a player waits for this time; the last case is always `done`. */
typedef uint32_t deal_fn(player *p, int64_t word, hb_case *cases);

/* Seat i sends to its own channel and receives from the next one: a ring. */
static uint32_t deal_ring(player *p, int64_t word, hb_case *cases)
{
    cases[0] = send_case(p->t->chans[p->seat], word);
    cases[1] = recv_case(p->t->chans[(p->seat + 1) % THREADS]);
    return 2;
}

/* Everybody both sends and receives on one channel, in several cases. */
static uint32_t deal_one_channel(player *p, int64_t word, hb_case *cases)
{
    cases[0] = recv_case(p->t->chans[0]);
    cases[1] = send_case(p->t->chans[0], word);
    cases[2] = recv_case(p->t->chans[0]);
    cases[3] = send_case(p->t->chans[0], word);
    return 4;
}

/* Any channel, any direction, any order, repeats and nils included. */
static uint32_t deal_anything(player *p, int64_t word, hb_case *cases)
{
    uint32_t n = 1 + hb_rand_below(5);
    for (uint32_t i = 0; i < n; i++) {
        hb_chan *chan = hb_rand_below(8) ? p->t->chans[hb_rand_below(THREADS)] : NULL;
        cases[i] = hb_rand_below(2) ? send_case(chan, word) : recv_case(chan);
    }
    return n;
}

static deal_fn *deal; /* constant while the threads run */

static void book(player *p, const hb_case *happened, int64_t sent, int64_t received)
{
    if (happened->direction == HB_SEND) {
        p->book.sends++;
        p->book.sent += sent;
    } else {
        p->book.receives++;
        p->book.received += received;
    }
    if (atomic_fetch_add(&p->t->meetings, 1) == ENOUGH)
        hb_chan_close(p->t->done, num(0));
}

static void *play(void *opaque)
{
    player *p = opaque;
    for (;;) {
        hb_case cases[6];
        int64_t word = atomic_fetch_add(&p->t->words, 1) + 1;
        uint32_t n = deal(p, word, cases);
        cases[n] = recv_case(p->t->done);
        hb_time deadline = p->hasty ? hb_now() + hb_rand_below(30000) : HB_FOREVER;
        outcome got = select_until(cases, n + 1, deadline);
        if (got.status == HB_CLOSED)
            break;
        CHECK(got.status == HB_OK || (p->hasty && got.status == HB_TIMEOUT));
        if (got.status == HB_OK)
            book(p, &cases[got.index], word, got.n);
    }
    return NULL;
}

/* What is still in buffers was received by nobody: the books count it in. */
static void drain(hb_chan *chan, ledger *total)
{
    hb_word word;
    while (hb_chan_try_recv(chan, &word) == HB_OK) {
        total->receives++;
        total->received += word.i64;
    }
    check_nobody_waits(chan);
    hb_chan_unref(chan);
}

static void check_books(table *t, player *players)
{
    ledger total = { 0, 0, 0, 0 };
    for (int i = 0; i < THREADS; i++) {
        total.sends += players[i].book.sends;
        total.receives += players[i].book.receives;
        total.sent += players[i].book.sent;
        total.received += players[i].book.received;
    }
    for (int i = 0; i < THREADS; i++)
        drain(t->chans[i], &total);
    check_nobody_waits(t->done);
    hb_chan_unref(t->done);
    CHECK(total.sends > 0);
    CHECK_EQ(total.sends, total.receives);
    CHECK_EQ(total.sent, total.received);
}

static void hammer(deal_fn *how, uint64_t capacity, bool hasty)
{
    table t;
    player players[THREADS];
    deal = how;
    open_table(&t, capacity);
    for (int i = 0; i < THREADS; i++) {
        players[i] = (player){ .t = &t, .seat = i, .hasty = hasty };
        players[i].thread = check_spawn(play, &players[i]);
    }
    for (int i = 0; i < THREADS; i++)
        check_join(players[i].thread);
    check_books(&t, players);
}

static void selects_in_a_ring_meet(void)
{
    hammer(deal_ring, 0, false);
    hammer(deal_ring, 1, false);
}

static void selects_on_one_channel_meet_each_other_and_not_themselves(void)
{
    hammer(deal_one_channel, 0, false);
}

static void selects_of_any_cases_meet(void)
{
    hammer(deal_anything, 0, true); /* all may want to send: then only deadlines help */
    hammer(deal_anything, 1, true);
}

static void giving_up_loses_and_doubles_nothing(void)
{
    hammer(deal_ring, 0, true);
    hammer(deal_one_channel, 0, true);
}

/* ---- selects that lose to a close ---- */

typedef struct meeting {
    hb_chan *a, *b;
    outcome left, right;
} meeting;

static void *left_side(void *opaque)
{
    meeting *m = opaque;
    const hb_case cases[] = { send_case(m->a, 1), recv_case(m->b) };
    m->left = select_until(cases, 2, HB_FOREVER);
    return NULL;
}

static void *right_side(void *opaque)
{
    meeting *m = opaque;
    const hb_case cases[] = { send_case(m->b, 2), recv_case(m->a) };
    m->right = select_until(cases, 2, HB_FOREVER);
    return NULL;
}

static void *close_both(void *opaque)
{
    meeting *m = opaque;
    hb_chan_close(m->a, num(0));
    hb_chan_close(m->b, num(0));
    return NULL;
}

/* Either the two met, and both know, or neither did and both saw a close. */
static void check_meeting(const meeting *m)
{
    CHECK_EQ(m->left.status, m->right.status);
    if (m->left.status == HB_OK) {
        CHECK_EQ(m->left.index, 1 - m->right.index);
        CHECK_EQ(m->left.index == 0 ? m->right.n : m->left.n, m->left.index == 0 ? 1 : 2);
    } else {
        CHECK_EQ(m->left.status, HB_CLOSED);
    }
}

static void a_meeting_and_a_close_do_not_mix(void)
{
    for (int round = 0; round < 1500; round++) {
        meeting m = { .a = hb_chan_new(0, NULL), .b = hb_chan_new(0, NULL) };
        pthread_t left = check_spawn(left_side, &m), right = check_spawn(right_side, &m);
        close_both(&m);
        check_join(left);
        check_join(right);
        check_meeting(&m);
        check_nobody_waits(m.a);
        check_nobody_waits(m.b);
        hb_chan_unref(m.a);
        hb_chan_unref(m.b);
    }
}

int main(void)
{
    RUN(selects_in_a_ring_meet);
    RUN(selects_on_one_channel_meet_each_other_and_not_themselves);
    RUN(selects_of_any_cases_meet);
    RUN(giving_up_loses_and_doubles_nothing);
    RUN(a_meeting_and_a_close_do_not_mix);
    return check_exit_code();
}
