/* hb_watch and the hints of sources: whatever may have made a case ready is
 * hinted, each watch once, and what is hinted is found. */
#include "chisq.h"
#include "hb_rand.h"
#include "hints.h"
#include "support.h"

static void watch(hb_watch *w, hb_hints *hints, hb_source *source, hb_direction direction, uint64_t key)
{
    CHECK_EQ(hb_watch_init(w, hints, (int)direction, key), HB_OK);
    hb_source_watch(source, w);
}

static void unwatch(hb_watch *w, hb_source *source)
{
    hb_source_unwatch(source, w);
    hb_watch_fini(w);
}

/* Takes the hint and checks that it is the only one; -1: that there is none. */
static void check_hint(hb_hints *hints, int64_t wanted)
{
    uint64_t key = 0;
    bool found = take_hint(hints, false, &key);
    CHECK_EQ(found, wanted >= 0);
    if (found)
        CHECK_EQ(key, wanted);
    CHECK(!take_hint(hints, false, &key));
}

static void nothing_is_hinted_at_first(void)
{
    hb_hints hints;
    hb_hints_init(&hints);
    check_hint(&hints, -1);
    hb_hints_fini(&hints);
}

/* H1 */
static void a_watch_is_hinted_once_until_it_is_taken(void)
{
    hb_hints hints;
    hb_watch w;
    hb_hints_init(&hints);
    CHECK_EQ(hb_watch_init(&w, &hints, HB_RECV, 5), HB_OK);
    for (int i = 0; i < 3; i++)
        hb_hint(&w);
    check_hint(&hints, 5);
    hb_hint(&w);
    check_hint(&hints, 5);
    hb_watch_fini(&w);
    hb_hints_fini(&hints);
}

static void a_watch_that_ends_takes_its_hint_along(void)
{
    hb_hints hints;
    hb_watch watches[3];
    hb_hints_init(&hints);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(hb_watch_init(&watches[i], &hints, HB_RECV, (uint64_t)i), HB_OK);
        hb_hint(&watches[i]);
    }
    hb_watch_fini(&watches[0]);
    hb_watch_fini(&watches[2]);
    check_hint(&hints, 1);
    hb_watch_fini(&watches[1]);
    CHECK_EQ(hints.watches, 0);
    hb_hints_fini(&hints);
}

static void the_least_key_can_be_asked_for(void)
{
    enum { N = 20 };
    hb_hints hints;
    hb_watch watches[N];
    uint64_t key;
    hb_hints_init(&hints);
    for (uint64_t i = 0; i < N; i++)
        CHECK_EQ(hb_watch_init(&watches[i], &hints, HB_RECV, i * 7 % N), HB_OK);
    for (int i = 0; i < N; i++)
        hb_hint(&watches[i]);
    for (uint64_t i = 0; i < N; i++) {
        CHECK(take_hint(&hints, true, &key));
        CHECK_EQ(key, i);
    }
    for (int i = 0; i < N; i++)
        hb_watch_fini(&watches[i]);
    hb_hints_fini(&hints);
}

static void else_every_hint_has_the_same_chance(void)
{
    enum { N = 5 };
    hb_hints hints;
    hb_watch watches[N];
    uint32_t counts[N] = { 0 };
    uint64_t key;
    hb_hints_init(&hints);
    for (uint64_t i = 0; i < N; i++) {
        CHECK_EQ(hb_watch_init(&watches[i], &hints, HB_RECV, i), HB_OK);
        hb_hint(&watches[i]);
    }
    hb_rand_seed(9);
    for (int i = 0; i < 20000; i++) {
        CHECK(take_hint(&hints, false, &key));
        counts[key]++;
        hb_hint(&watches[key]);
    }
    CHECK(chi_squared(counts, N) < chi_squared_limit(N));
    for (int i = 0; i < N; i++)
        hb_watch_fini(&watches[i]);
    hb_hints_fini(&hints);
}

/* ---- what channels hint ---- */

enum { READER, WRITER };

typedef struct desk {
    hb_hints hints;
    hb_watch reader, writer;
    hb_chan *chan;
} desk;

static void open_desk(desk *d, uint64_t capacity)
{
    uint64_t key;
    hb_hints_init(&d->hints);
    d->chan = hb_chan_new(capacity, NULL);
    watch(&d->reader, &d->hints, hb_chan_source(d->chan), HB_RECV, READER);
    watch(&d->writer, &d->hints, hb_chan_source(d->chan), HB_SEND, WRITER);
    CHECK(take_hint(&d->hints, true, &key)); /* hinted at once: it may be ready already */
    CHECK(take_hint(&d->hints, true, &key));
    CHECK_EQ(key, WRITER);
}

static void close_desk(desk *d)
{
    unwatch(&d->reader, hb_chan_source(d->chan));
    unwatch(&d->writer, hb_chan_source(d->chan));
    hb_chan_unref(d->chan);
    hb_hints_fini(&d->hints);
}

static void a_queued_word_hints_readers_and_its_leaving_writers(void)
{
    desk d;
    hb_word word;
    open_desk(&d, 1);
    CHECK_EQ(hb_chan_try_send(d.chan, num(1)), HB_OK);
    check_hint(&d.hints, READER);
    CHECK_EQ(hb_chan_try_send(d.chan, num(1)), HB_WOULD_BLOCK);
    check_hint(&d.hints, -1);
    CHECK_EQ(hb_chan_try_recv(d.chan, &word), HB_OK);
    check_hint(&d.hints, WRITER);
    close_desk(&d);
}

static void who_waits_is_hinted_to_the_other_side(void)
{
    desk d;
    hb_select select;
    open_desk(&d, 0);
    const hb_case cases[] = { send_case(d.chan, 1), recv_case(d.chan) };
    const int hinted[] = { READER, WRITER };
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(hb_select_init(&select, &cases[i], 1, false), HB_OK);
        CHECK_EQ(hb_select_begin(&select), HB_WOULD_BLOCK);
        check_hint(&d.hints, hinted[i]);
        CHECK_EQ(hb_select_wait(&select, 0), HB_TIMEOUT);
        hb_select_fini(&select);
        check_hint(&d.hints, -1);
    }
    close_desk(&d);
}

static void native_waits_are_hinted_too(void)
{
    desk d;
    hb_word word;
    open_desk(&d, 0);
    CHECK_EQ(hb_chan_send(d.chan, num(1), 0), HB_TIMEOUT);
    check_hint(&d.hints, READER);
    CHECK_EQ(hb_chan_recv(d.chan, &word, 0), HB_TIMEOUT);
    check_hint(&d.hints, WRITER);
    close_desk(&d);
}

static void a_close_hints_both_sides(void)
{
    desk d;
    uint64_t key;
    open_desk(&d, 1);
    hb_chan_close(d.chan, num(0));
    CHECK(take_hint(&d.hints, true, &key));
    CHECK_EQ(key, READER);
    check_hint(&d.hints, WRITER);
    hb_chan_close(d.chan, num(0));
    check_hint(&d.hints, -1);
    close_desk(&d);
}

static void a_moved_timer_is_hinted(void)
{
    hb_hints hints;
    hb_watch w;
    hb_timer timer;
    hb_hints_init(&hints);
    hb_timer_init(&timer, HB_FOREVER, 0);
    watch(&w, &hints, &timer.source, HB_RECV, 3);
    check_hint(&hints, 3);
    CHECK_EQ(hb_source_due(&timer.source), HB_FOREVER);
    hb_timer_reset(&timer, 12, 0);
    check_hint(&hints, 3);
    CHECK_EQ(hb_source_due(&timer.source), 12);
    unwatch(&w, &timer.source);
    hb_hints_fini(&hints);
}

/* ---- under many threads ---- */

#define CHANS 4
#define EACH 5000

static void *send_each(void *chan)
{
    for (int64_t n = 0; n < EACH; n++)
        CHECK_EQ(hb_chan_send(chan, num(n), HB_FOREVER), HB_OK);
    return NULL;
}

/* H2: who polls only what is hinted, and polls one hint until it is not ready,
 * finds every word. */
static void no_word_stays_unhinted(void)
{
    hb_hints hints;
    hb_watch watches[CHANS];
    hb_chan *chans[CHANS];
    pthread_t threads[CHANS];
    hb_hints_init(&hints);
    for (uint64_t i = 0; i < CHANS; i++) {
        chans[i] = hb_chan_new(i, NULL);
        watch(&watches[i], &hints, hb_chan_source(chans[i]), HB_RECV, i);
        threads[i] = check_spawn(send_each, chans[i]);
    }
    int64_t sums[CHANS] = { 0 };
    for (int got = 0; got < CHANS * EACH;) { /* ends by the time limit */
        uint64_t key;
        hb_word word;
        if (!take_hint(&hints, false, &key)) {
            sched_yield();
            continue;
        }
        const hb_case one = recv_case(chans[key]);
        for (; hb_case_try(&one, &word) == HB_OK; got++)
            sums[key] += word.i64;
    }
    for (int i = 0; i < CHANS; i++) {
        check_join(threads[i]);
        CHECK_EQ(sums[i], (int64_t)EACH * (EACH - 1) / 2);
        unwatch(&watches[i], hb_chan_source(chans[i]));
        hb_chan_unref(chans[i]);
    }
    hb_hints_fini(&hints);
}

static void *watch_and_unwatch(void *opaque)
{
    hb_chan *chan = opaque;
    for (int i = 0; i < 1000; i++) {
        hb_hints hints;
        hb_watch w;
        hb_hints_init(&hints);
        watch(&w, &hints, hb_chan_source(chan), i % 2 ? HB_RECV : HB_SEND, 1);
        CHECK(hb_load_relaxed(&w.place) == 1);
        unwatch(&w, hb_chan_source(chan));
        hb_hints_fini(&hints);
    }
    return NULL;
}

static void watches_come_and_go_while_words_pass(void)
{
    hb_chan *chan = hb_chan_new(1, NULL);
    pthread_t watchers[2], sender = check_spawn(send_each, chan);
    hb_word word;
    for (int i = 0; i < 2; i++)
        watchers[i] = check_spawn(watch_and_unwatch, chan);
    for (int64_t n = 0; n < EACH; n++) {
        CHECK_EQ(hb_chan_recv(chan, &word, HB_FOREVER), HB_OK);
        CHECK_EQ(word.i64, n);
    }
    for (int i = 0; i < 2; i++)
        check_join(watchers[i]);
    check_join(sender);
    hb_chan_unref(chan);
}

int main(void)
{
    RUN(nothing_is_hinted_at_first);
    RUN(a_watch_is_hinted_once_until_it_is_taken);
    RUN(a_watch_that_ends_takes_its_hint_along);
    RUN(the_least_key_can_be_asked_for);
    RUN(else_every_hint_has_the_same_chance);
    RUN(a_queued_word_hints_readers_and_its_leaving_writers);
    RUN(who_waits_is_hinted_to_the_other_side);
    RUN(native_waits_are_hinted_too);
    RUN(a_close_hints_both_sides);
    RUN(a_moved_timer_is_hinted);
    RUN(no_word_stays_unhinted);
    RUN(watches_come_and_go_while_words_pass);
    return check_exit_code();
}
