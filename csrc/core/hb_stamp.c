#include "hb_stamp.h"

hb_atomic_u32 hb__stamp_counts;

/* One reading of both clocks. */
typedef struct pair {
    hb_stamp stamp;
    hb_time time;
} pair;

static struct {
    hb_lock lock;
    pair at; /* lock; its stamp is 0 before hb_stamp_init */
} base;

/* Between two readings of the system's clock commonly lie some 40 ns; when this thread was
 * held up there, it can be anything. */
#define HELD_UP 1000

/* The best of some readings; the first that is good enough will do. */
static pair read_both(hb_time good_enough, int tries)
{
    pair best = { 0, 0 };
    hb_time least = HB_FOREVER, before = hb_platform_now();
    do {
        hb_stamp stamp = hb__stamp_real();
        hb_time after = hb_platform_now(), apart = after - before;
        if (apart < least) {
            least = apart;
            best = (pair){ stamp, before + apart / 2 };
        }
        before = after;
    } while (--tries > 0 && least > good_enough);
    return best;
}

void hb_stamp_rebase(void)
{
    pair now = read_both(0, 20); /* what is wrong with it stays wrong */
    hb_lock_acquire(&base.lock);
    base.at = now;
    hb_lock_release(&base.lock);
}

static pair get_base(void)
{
    hb_lock_acquire(&base.lock);
    pair at = base.at;
    hb_lock_release(&base.lock);
    return at;
}

void hb_stamp_init(void)
{
    if (get_base().stamp)
        return;
    hb_store_relaxed(&hb__stamp_counts, hb_platform_count_is_fit());
    hb_stamp_rebase();
}

/* Stamps that are nanoseconds are instants already. */
static hb_anchor exact_anchor(void)
{
    hb_stamp now = hb__stamp_real();
    return (hb_anchor){ .stamp = now, .base = get_base().stamp, .now = (hb_time)now, .rate = 1.0 };
}

/* S2: the base is older than all stamps of the bubble. */
hb_anchor hb_anchor_virtual(hb_time now)
{
    return (hb_anchor){ .stamp = hb_stamp_of(now), .base = HB_STAMP_FIRST - 1, .now = now, .rate = 1.0 };
}

hb_anchor hb_anchor_take(void)
{
    return hb__here ? hb_anchor_virtual((hb_time)hb_load_relaxed(hb__here->now)) : hb_anchor_real();
}

hb_anchor hb_anchor_real(void)
{
    if (!hb_load_relaxed(&hb__stamp_counts))
        return exact_anchor();
    pair from = get_base(), now = read_both(HELD_UP, 4);
    double counts = (double)(now.stamp - from.stamp);
    double time = (double)(now.time - from.time);
    double rate = counts > 0 && time > 0 ? time / counts : 1.0;
    return (hb_anchor){ .stamp = now.stamp, .base = from.stamp, .now = now.time, .rate = rate };
}

void hb__rate_renew(hb_rate *rate)
{
    hb_anchor anchor = hb_anchor_take();
    rate->nanoseconds = anchor.rate;
    rate->from = anchor.stamp;
    rate->span = anchor.stamp - anchor.base;
}
