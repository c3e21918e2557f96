/* follow.h - what the tests of hb_follow share. */
#ifndef FOLLOW_H
#define FOLLOW_H

#include "hb_follow.h"
#include "support.h"

static atomic_int drops;
static atomic_llong dropped; /* the sum of the words */

static inline void drop(hb_word word)
{
    atomic_fetch_add(&drops, 1);
    atomic_fetch_add(&dropped, word.i64);
}

static inline void check_dropped(int count, int64_t sum)
{
    CHECK_EQ(atomic_exchange(&drops, 0), count);
    CHECK_EQ(atomic_exchange(&dropped, 0), sum);
}

typedef struct pair {
    hb_chan *source, *chan;
    hb_follow follow;
} pair;

static inline void begin(pair *p, uint64_t capacity)
{
    p->source = hb_chan_new(capacity, drop);
    p->chan = hb_chan_new(0, NULL);
    check_dropped(0, 0);
}

static inline void start(pair *p)
{
    hb_follow_start(&p->follow, hb_chan_source(p->source), p->chan, drop);
}

static inline void end(pair *p)
{
    check_nobody_waits(p->source);
    hb_chan_unref(p->source);
    hb_chan_unref(p->chan);
}

#endif
