#include "hb_stamp.h"

hb_atomic_u32 hb__stamp_counts;

static struct {
    hb_atomic_u64 stamp;
    hb_atomic_u64 time; /* hb_time */
} base;

static void set_base(void)
{
    hb_store_relaxed(&base.time, (uint64_t)hb_platform_now());
    hb_store_relaxed(&base.stamp, hb_stamp_now());
}

void hb_stamp_init(void)
{
    if (hb_load_relaxed(&base.stamp))
        return;
    hb_store_relaxed(&hb__stamp_counts, hb_platform_count_is_fit());
    set_base();
}

void hb_stamp_rebase(void)
{
    set_base();
}

hb_anchor hb_anchor_take(void)
{
    hb_anchor anchor = { .stamp = hb_stamp_now(), .base = hb_load_relaxed(&base.stamp) };
    anchor.now = hb_platform_now();
    double counts = (double)(anchor.stamp - anchor.base);
    double time = (double)(anchor.now - (hb_time)hb_load_relaxed(&base.time));
    anchor.rate = counts > 0 && time > 0 ? time / counts : 1.0;
    return anchor;
}

hb_time hb_anchor_span(const hb_anchor *anchor, hb_stamp counts)
{
    return (hb_time)((double)counts * anchor->rate);
}

/* S2, S3: what lies before the base was made there; what was made since the anchor, now. */
hb_time hb_anchor_time(const hb_anchor *anchor, hb_stamp stamp)
{
    if (stamp >= anchor->stamp)
        return anchor->now;
    hb_stamp known = stamp < anchor->base ? anchor->base : stamp;
    return anchor->now - hb_anchor_span(anchor, anchor->stamp - known);
}

void hb__rate_renew(hb_rate *rate)
{
    hb_anchor anchor = hb_anchor_take();
    rate->nanoseconds = anchor.rate;
    rate->from = anchor.stamp;
    rate->span = anchor.stamp - anchor.base;
}
