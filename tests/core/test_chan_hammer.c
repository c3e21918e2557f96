/* hb_chan under many threads: every word is delivered exactly once, in order,
 * whatever the waits, the deadlines and the close do meanwhile. */
#include "hb_rand.h"
#include "support.h"

#define SENDERS 3
#define RECEIVERS 3
#define EACH 4000
#define WORDS (SENDERS * EACH)

/* Word n comes from sender n / EACH and is its word n % EACH. */
static atomic_uchar accepted[WORDS], delivered[WORDS];

typedef struct hand {
    hb_chan *chan;
    int64_t first; /* of a sender: its first word */
    bool hasty;    /* with deadlines that mostly have passed or are about to */
    int64_t last[SENDERS]; /* of a receiver: the last word it saw from each */
    pthread_t thread;
} hand;

static hb_time some_deadline(const hand *h)
{
    return h->hasty ? hb_now() + hb_rand_below(50000) : HB_FOREVER;
}

static void *send_all(void *opaque)
{
    hand *h = opaque;
    for (int64_t n = h->first; n < h->first + EACH; n++) {
        hb_status status = hb_chan_send(h->chan, num(n), some_deadline(h));
        if (status == HB_CLOSED)
            break;
        CHECK(status == HB_OK || (h->hasty && status == HB_TIMEOUT));
        if (status == HB_OK)
            atomic_fetch_add(&accepted[n], 1);
    }
    return NULL;
}

static void note_delivery(hand *h, int64_t n)
{
    CHECK(n >= 0 && n < WORDS);
    CHECK(h->last[n / EACH] < n); /* each receiver sees each sender's words in order */
    h->last[n / EACH] = n;
    atomic_fetch_add(&delivered[n], 1);
}

static void *receive_all(void *opaque)
{
    hand *h = opaque;
    hb_word word;
    hb_status status;
    while ((status = hb_chan_recv(h->chan, &word, some_deadline(h))) != HB_CLOSED) {
        CHECK(status == HB_OK || (h->hasty && status == HB_TIMEOUT));
        if (status == HB_OK)
            note_delivery(h, word.i64);
    }
    return NULL;
}

static void start_hands(hand *hands, int n, hb_chan *chan, bool hasty, void *(*work)(void *))
{
    for (int i = 0; i < n; i++) {
        hands[i] = (hand){ .chan = chan, .first = (int64_t)i * EACH, .hasty = hasty };
        for (int j = 0; j < SENDERS; j++)
            hands[i].last[j] = -1;
        hands[i].thread = check_spawn(work, &hands[i]);
    }
}

static void join_hands(hand *hands, int n)
{
    for (int i = 0; i < n; i++)
        check_join(hands[i].thread);
}

static void forget_words(void)
{
    for (int n = 0; n < WORDS; n++) {
        atomic_store(&accepted[n], 0);
        atomic_store(&delivered[n], 0);
    }
}

/* Everything that was accepted was delivered, and once; nothing else was. */
static int64_t check_books(hb_chan *chan)
{
    hb_chan_stats stats;
    int64_t words = 0;
    for (int n = 0; n < WORDS; n++) {
        CHECK_EQ(atomic_load(&accepted[n]), atomic_load(&delivered[n]));
        CHECK(atomic_load(&delivered[n]) <= 1);
        words += atomic_load(&delivered[n]);
    }
    hb_chan_stats_get(chan, &stats);
    CHECK_EQ(stats.sends, words);
    CHECK_EQ(stats.receives, words);
    CHECK_EQ(stats.len, 0);
    check_nobody_waits(chan);
    return words;
}

static int64_t hammer(uint64_t capacity, bool hasty)
{
    hand senders[SENDERS], receivers[RECEIVERS];
    hb_chan *chan = hb_chan_new(capacity, NULL);
    forget_words();
    start_hands(receivers, RECEIVERS, chan, hasty, receive_all);
    start_hands(senders, SENDERS, chan, hasty, send_all);
    join_hands(senders, SENDERS);
    hb_chan_close(chan, num(0));
    join_hands(receivers, RECEIVERS);
    int64_t words = check_books(chan);
    hb_chan_unref(chan);
    return words;
}

static void every_word_arrives_once_unbuffered(void)
{
    CHECK_EQ(hammer(0, false), WORDS);
}

static void every_word_arrives_once_buffered(void)
{
    CHECK_EQ(hammer(1, false), WORDS);
    CHECK_EQ(hammer(7, false), WORDS);
}

static void every_word_arrives_once_unbounded(void)
{
    CHECK_EQ(hammer(HB_UNBOUNDED, false), WORDS);
}

/* Deadlines of at most 50 microseconds: giving up and being served race. */
static void giving_up_loses_and_doubles_nothing(void)
{
    CHECK(hammer(0, true) > 0);
    CHECK(hammer(2, true) > 0);
}

/* ---- close in the middle ---- */

static void *close_soon(void *chan)
{
    pass_until(hb_now() + hb_rand_below(200000));
    CHECK_EQ(hb_chan_close(chan, num(0)), HB_OK);
    return NULL;
}

static void close_in_the_middle(uint64_t capacity)
{
    hand senders[SENDERS], receivers[RECEIVERS];
    hb_chan *chan = hb_chan_new(capacity, NULL);
    forget_words();
    start_hands(receivers, RECEIVERS, chan, false, receive_all);
    start_hands(senders, SENDERS, chan, false, send_all);
    check_join(check_spawn(close_soon, chan));
    join_hands(senders, SENDERS);
    join_hands(receivers, RECEIVERS);
    check_books(chan);
    hb_chan_unref(chan);
}

static void close_loses_and_doubles_nothing(void)
{
    for (int round = 0; round < 20; round++)
        for (uint64_t capacity = 0; capacity < 3; capacity++)
            close_in_the_middle(capacity);
}

typedef struct closer {
    hb_chan *chan;
    int64_t cause;
} closer;

static void *close_with_cause(void *opaque)
{
    closer *c = opaque;
    return (void *)(intptr_t)(hb_chan_close(c->chan, num(c->cause)) == HB_OK ? c->cause : 0);
}

static void of_many_closers_exactly_one_closes(void)
{
    for (int round = 0; round < 200; round++) {
        hb_chan *chan = hb_chan_new(0, NULL);
        closer closers[3];
        pthread_t threads[3];
        intptr_t sum = 0;
        for (int i = 0; i < 3; i++) {
            closers[i] = (closer){ chan, i + 1 };
            threads[i] = check_spawn(close_with_cause, &closers[i]);
        }
        for (int i = 0; i < 3; i++)
            sum += (intptr_t)check_join(threads[i]);
        CHECK_EQ(hb_chan_cause(chan).i64, sum); /* the winner's cause, and one winner */
        hb_chan_unref(chan);
    }
}

/* ---- what the sender did before is visible after ---- */

typedef struct pair {
    hb_chan *there, *back;
} pair;

static void *answer(void *opaque)
{
    pair *p = opaque;
    hb_word word;
    while (hb_chan_recv(p->there, &word, HB_FOREVER) == HB_OK) {
        ++*(int64_t *)word.ptr; /* no atomic: the sanitizer would tell */
        CHECK_EQ(hb_chan_send(p->back, word, HB_FOREVER), HB_OK);
    }
    return NULL;
}

static void memory_travels_with_the_word(void)
{
    for (uint64_t capacity = 0; capacity < 2; capacity++) {
        pair p = { hb_chan_new(capacity, NULL), hb_chan_new(capacity, NULL) };
        int64_t counter = 0;
        hb_word word = { .ptr = &counter };
        pthread_t thread = check_spawn(answer, &p);
        for (int64_t n = 1; n <= 3000; n += 2) {
            CHECK_EQ(hb_chan_send(p.there, word, HB_FOREVER), HB_OK);
            CHECK_EQ(hb_chan_recv(p.back, &word, HB_FOREVER), HB_OK);
            CHECK_EQ(counter++, n);
        }
        hb_chan_close(p.there, num(0));
        check_join(thread);
        hb_chan_unref(p.there);
        hb_chan_unref(p.back);
    }
}

int main(void)
{
    RUN(every_word_arrives_once_unbuffered);
    RUN(every_word_arrives_once_buffered);
    RUN(every_word_arrives_once_unbounded);
    RUN(giving_up_loses_and_doubles_nothing);
    RUN(close_loses_and_doubles_nothing);
    RUN(of_many_closers_exactly_one_closes);
    RUN(memory_travels_with_the_word);
    return check_exit_code();
}
