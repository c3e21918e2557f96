/* hb_follow while it is stopped: every word closes one channel or stays with its
 * sender, nothing closes after the stop, and nobody touches a stopped follow. */
#include "hb_follow.h"
#include "hb_rand.h"
#include "support.h"

#define ROUNDS 3000

/* ---- words ---- */

static atomic_int sent, taken, drops;

static void drop(hb_word word)
{
    CHECK_EQ(word.i64, 1);
    atomic_fetch_add(&drops, 1);
}

static hb_chan *words; /* what the followers compete for */

static void *send_words(void *unused)
{
    (void)unused;
    while (hb_chan_send(words, num(1), HB_FOREVER) == HB_OK)
        atomic_fetch_add(&sent, 1);
    return NULL;
}

/* Each word that was sent closed one channel, before it was stopped, and was dropped. */
static void *follow_words(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        hb_follow *follow = malloc(sizeof *follow);
        hb_chan *chan = hb_chan_new(0, NULL);
        hb_follow_start(follow, hb_chan_source(words), chan, drop);
        for (uint32_t turns = hb_rand_below(200); turns > 0; turns--)
            hb_pause();
        hb_follow_stop(follow);
        memset(follow, 0xff, sizeof *follow);
        free(follow);
        atomic_fetch_add(&taken, hb_chan_is_closed(chan));
        hb_chan_unref(chan);
    }
    return NULL;
}

static void words_against_stops(void)
{
    pthread_t senders[2], followers[2];
    words = hb_chan_new(0, NULL);
    atomic_store(&sent, 0);
    atomic_store(&taken, 0);
    atomic_store(&drops, 0);
    for (int i = 0; i < 2; i++)
        followers[i] = check_spawn(follow_words, NULL);
    for (int i = 0; i < 2; i++)
        senders[i] = check_spawn(send_words, NULL);
    for (int i = 0; i < 2; i++)
        check_join(followers[i]);
    hb_chan_close(words, num(0));
    for (int i = 0; i < 2; i++)
        check_join(senders[i]);
    CHECK_EQ(atomic_load(&sent), atomic_load(&taken));
    CHECK_EQ(atomic_load(&drops), atomic_load(&taken));
    check_nobody_waits(words);
    hb_chan_unref(words);
}

/* ---- chains ---- */

typedef struct chain {
    hb_chan *chans[4];
    hb_follow follows[3];
} chain;

static void *close_first(void *opaque)
{
    hb_chan_close(((chain *)opaque)->chans[0], num(0));
    return NULL;
}

static void *stop_middle(void *opaque)
{
    chain *c = opaque;
    hb_follow_stop(&c->follows[1]);
    memset(&c->follows[1], 0xff, sizeof c->follows[1]);
    return (void *)(intptr_t)hb_chan_is_closed(c->chans[2]);
}

static void closes_against_stops_in_a_chain(void)
{
    for (int round = 0; round < ROUNDS / 4; round++) {
        chain c;
        for (int i = 0; i < 4; i++)
            c.chans[i] = hb_chan_new(0, NULL);
        for (int i = 0; i < 3; i++)
            hb_follow_start(&c.follows[i], hb_chan_source(c.chans[i]), c.chans[i + 1], NULL);
        pthread_t closer = check_spawn(close_first, &c), stopper = check_spawn(stop_middle, &c);
        bool went_on = check_join(stopper);
        check_join(closer);
        CHECK(hb_chan_is_closed(c.chans[1]));
        CHECK_EQ(hb_chan_is_closed(c.chans[2]), went_on); /* not after the stop */
        CHECK_EQ(hb_chan_is_closed(c.chans[3]), went_on);
        hb_follow_stop(&c.follows[0]);
        hb_follow_stop(&c.follows[2]);
        for (int i = 0; i < 4; i++)
            hb_chan_unref(c.chans[i]);
    }
}

int main(void)
{
    RUN(words_against_stops);
    RUN(closes_against_stops_in_a_chain);
    return check_exit_code();
}
