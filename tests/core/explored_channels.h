/* explored_channels.h - what the explorations of select share: a few channels, and cases of them. */
#ifndef EXPLORED_CHANNELS_H
#define EXPLORED_CHANNELS_H

#include "explore.h"
#include "hb_select.h"

#define MOST_CHANS 3

static hb_chan *chans[MOST_CHANS];

static inline hb_word num(int64_t n)
{
    return (hb_word){ .i64 = n };
}

static inline hb_case to(int chan, int64_t n)
{
    return (hb_case){ hb_chan_source(chans[chan]), HB_SEND, num(n) };
}

static inline hb_case from(int chan)
{
    return (hb_case){ hb_chan_source(chans[chan]), HB_RECV, num(0) };
}

#endif
