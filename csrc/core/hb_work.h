/* hb_work: the units of a worker, which begins one after the other, so often that they must
 * cost nothing but two looks at the clock.
 *
 * Beside the units of hb_unit.h, which anybody may begin and which take a lock, a beat has
 * works: each belongs to one thread, which alone counts in it. A work is as one more unit
 * that may be open around or within the others.
 *
 *   X1 A work's counts are written by its thread only, `units` last. Whoever looks may
 *      find it between two of them: then the times tell of a unit that is not counted yet.
 *   X2 A work is in its beat's list from its first unit to fini, which adds its counts to the beat's.
 *      Before that it has no memory for counts: many workers wait, and some never get to work.
 *   X3 Time in which a work's unit and another's are open counts as busy once where one
 *      lies within the other.
 *
 * Locking: U guards the list. The counts are atomics. */
#ifndef HB_WORK_H
#define HB_WORK_H

#include "hb_unit.h"

typedef struct hb_work_counts {
    hb_atomic_u64 units;
    hb_atomic_u64 sum, least, most, busy; /* hb_time */
    hb_atomic_u64 buckets[HB_TALLY_BUCKETS];
} hb_work_counts;

struct hb_work {
    hb_beat *beat;   /* constant; not a reference */
    hb_more *more;   /* constant from the first unit on */
    hb_work_counts *counts; /* likewise; NULL before, and where there is no memory, until there is some */
    hb_work *next;   /* U */
    hb_rate rate;    /* the thread's */
    hb_atomic_u64 since; /* stamp at which its unit began; 0: none is open */
};

void hb_work_init(hb_work *work, hb_beat *beat);
void hb_work_fini(hb_work *work); /* finishes an open unit */

/* Begins a unit `now`, with a pulse if `pulse`; one that is open goes on. Nothing if the beat has
 * ended. */
void hb_work_begin(hb_work *work, bool pulse, hb_stamp now);
/* Finishes it `now`; nothing if none is open. */
void hb_work_finish(hb_work *work, hb_stamp now);

static inline bool hb_work_is_open(const hb_work *work)
{
    return hb_load_relaxed(&work->since) != 0;
}

/* ---- for hb_unit.c ---- */

bool hb__works_open_locked(const hb_more *more);

/* Adds the counts. True if a unit is open: the earliest and the latest beginning are kept. */
bool hb__work_look_locked(const hb_work *work, hb_tally *tally, hb_stamp *outermost,
                          hb_stamp *innermost);

#endif
