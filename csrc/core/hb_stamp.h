/* hb_stamp: the time of a pulse, as cheap as the machine can tell it.
 *
 * A stamp is a count of the processor's own clock where that is fit to be one
 * (it runs evenly, the same on all processors, and the system's clock is made of
 * it), else nanoseconds of the system's clock. A pulse only stores its stamp;
 * whoever reads it later turns it into an instant with an anchor: the two clocks
 * read together now, against the two read together at the base.
 *
 *   S1 A stamp is never 0.
 *   S2 The base is older than every stamp, so an age is found to within the error
 *      of two readings, however short the time between base and anchor. The two clocks cannot be
 *      read at once; a reading that was held up is made again.
 *   S3 A machine that slept may have begun its count anew. hb_stamp_rebase then
 *      moves the base; stamps from before it count as made at the base.
 *   S4 In a bubble stamps are nanoseconds of its clock, counted from HB_STAMP_FIRST. They mean
 *      nothing outside of it, nor others inside.
 *
 * Locking: one lock for the base, a leaf. */
#ifndef HB_STAMP_H
#define HB_STAMP_H

#include <stdbool.h>

#include "hb_here.h"
#include "hb_lock.h"
#include "hb_time.h"

typedef uint64_t hb_stamp;

/* S4. Its clock may begin at 0. */
#define HB_STAMP_FIRST ((hb_stamp)2)

extern hb_atomic_u32 hb__stamp_counts; /* the processor's count is fit; set once, early */

static inline hb_stamp hb__stamp_real(void)
{
    if (hb_load_relaxed(&hb__stamp_counts))
        return hb_platform_count();
    return (hb_stamp)hb_platform_now();
}

/* S4. */
static inline hb_stamp hb_stamp_of(hb_time now)
{
    return (hb_stamp)now + HB_STAMP_FIRST;
}

static inline hb_stamp hb_stamp_now(void)
{
    return hb__here ? hb_stamp_of((hb_time)hb_load_relaxed(hb__here->now)) : hb__stamp_real();
}

/* Called before the first stamp is made; again: nothing. */
void hb_stamp_init(void);

/* The count may have begun anew: older stamps count as made now. */
void hb_stamp_rebase(void);

typedef struct hb_anchor {
    hb_stamp stamp, base;
    hb_time now;
    double rate; /* nanoseconds a count */
} hb_anchor;

/* Reads both clocks. Anchors are values: take one for a round of looks. */
hb_anchor hb_anchor_real(void);
/* S4: of a bubble, whose clock says `now`. */
hb_anchor hb_anchor_virtual(hb_time now);
/* The one that is in force for this thread. */
hb_anchor hb_anchor_take(void);

/* A difference of two stamps in nanoseconds. */
static inline hb_time hb_anchor_span(const hb_anchor *anchor, hb_stamp counts)
{
    return (hb_time)((double)(int64_t)counts * anchor->rate);
}

/* The instant of a stamp, not later than the anchor. S2, S3: what lies before the base was made
 * there; what was made since the anchor, now. */
static inline hb_time hb_anchor_time(const hb_anchor *anchor, hb_stamp stamp)
{
    if (stamp >= anchor->stamp)
        return anchor->now;
    hb_stamp known = stamp < anchor->base ? anchor->base : stamp;
    return anchor->now - hb_anchor_span(anchor, anchor->stamp - known);
}

/* What a count is worth, for one thread that asks often: known from one anchor until as much
 * time again has passed as it was measured over, so that it only gets better. All zero: not yet
 * known. */
typedef struct hb_rate {
    double nanoseconds;
    hb_stamp from, span;
} hb_rate;

void hb__rate_renew(hb_rate *rate);

static inline double hb__rate_at(hb_rate *rate, hb_stamp now)
{
    if (now - rate->from >= rate->span)
        hb__rate_renew(rate);
    return rate->nanoseconds;
}

/* A difference of two stamps, `now` the later one, in nanoseconds. */
static inline hb_time hb_rate_span(hb_rate *rate, hb_stamp now, hb_stamp counts)
{
    return (hb_time)((double)counts * hb__rate_at(rate, now));
}

/* How many counts from `now` take that long; fewer, if the rate may not be trusted for so long. */
static inline hb_stamp hb_rate_counts(hb_rate *rate, hb_stamp now, hb_time span)
{
    double counts = (double)span / hb__rate_at(rate, now);
    return counts < (double)rate->span ? (hb_stamp)counts : rate->span;
}

#endif
