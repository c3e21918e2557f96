#include "hb_work.h"

#include <stdlib.h>

/* ---- life ---- */

void hb_work_init(hb_work *work, hb_beat *beat)
{
    *work = (hb_work){ .beat = beat };
}

static void enlist(hb_work *work)
{
    hb_lock_acquire(&work->more->lock);
    work->next = work->more->works;
    work->more->works = work;
    hb_lock_release(&work->more->lock);
}

/* X2 */
static void make_counts(hb_work *work)
{
    if (hb__beat_need_tally(work->beat))
        work->counts = calloc(1, sizeof *work->counts);
    if (!work->counts)
        return;
    work->more = hb__beat_more(work->beat);
    enlist(work);
}

static void delist_locked(hb_work *work)
{
    hb_work **place = &work->more->works;
    while (*place != work)
        place = &(*place)->next;
    *place = work->next;
}

/* X2 */
void hb_work_fini(hb_work *work)
{
    hb_stamp unused = 0;
    hb_work_finish(work, hb_stamp_now());
    if (!work->counts)
        return;
    hb_lock_acquire(&work->more->lock);
    hb__work_look_locked(work, work->more->tally, &unused, &unused);
    delist_locked(work);
    hb_lock_release(&work->more->lock);
    free(work->counts);
}

/* ---- units ---- */

void hb_work_begin(hb_work *work, bool pulse, hb_stamp now)
{
    if (hb_work_is_open(work))
        return;
    if (!work->counts)
        make_counts(work);
    if (pulse ? hb_beat_pulse_at(work->beat, now) != HB_OK : hb_beat_has_ended(work->beat))
        return;
    hb_store_relaxed(&work->since, now);
}

static void add(hb_atomic_u64 *count, hb_time more)
{
    hb_store_relaxed(count, hb_load_relaxed(count) + (uint64_t)more);
}

static void count_unit(hb_work_counts *counts, hb_time took, bool alone)
{
    uint64_t units = hb_load_relaxed(&counts->units);
    if (units == 0 || took < (hb_time)hb_load_relaxed(&counts->least))
        hb_store_relaxed(&counts->least, (uint64_t)took);
    if (took > (hb_time)hb_load_relaxed(&counts->most))
        hb_store_relaxed(&counts->most, (uint64_t)took);
    add(&counts->sum, took);
    add(&counts->buckets[hb__bucket_of(took)], 1);
    if (alone) /* X3 */
        add(&counts->busy, took);
    hb_store_release(&counts->units, units + 1); /* X1 */
}

void hb_work_finish(hb_work *work, hb_stamp now)
{
    hb_stamp since = hb_load_relaxed(&work->since);
    if (since == 0)
        return;
    hb_store_relaxed(&work->since, 0);
    hb_time took = hb_rate_span(&work->rate, now, now > since ? now - since : 0);
    if (work->counts)
        count_unit(work->counts, took, hb_load_relaxed(&work->more->opened) == 0);
}

/* ---- what others see ---- */

bool hb__works_open_locked(const hb_more *more)
{
    const hb_work *work = more->works;
    while (work && !hb_work_is_open(work))
        work = work->next;
    return work != NULL;
}

static void add_counts(const hb_work_counts *counts, hb_tally *tally)
{
    uint64_t units = hb_load_acquire(&counts->units);
    if (units == 0)
        return;
    hb_time least = (hb_time)hb_load_relaxed(&counts->least);
    hb_time most = (hb_time)hb_load_relaxed(&counts->most);
    tally->least = tally->units == 0 || least < tally->least ? least : tally->least;
    tally->most = most > tally->most ? most : tally->most;
    tally->units += units;
    tally->sum += (hb_time)hb_load_relaxed(&counts->sum);
    tally->busy += (hb_time)hb_load_relaxed(&counts->busy);
    for (int i = 0; i < HB_TALLY_BUCKETS; i++)
        tally->buckets[i] += hb_load_relaxed(&counts->buckets[i]);
}

bool hb__work_look_locked(const hb_work *work, hb_tally *tally, hb_stamp *outermost,
                          hb_stamp *innermost)
{
    hb_stamp since = hb_load_relaxed(&work->since);
    add_counts(work->counts, tally);
    if (since == 0)
        return false;
    *outermost = *outermost && *outermost < since ? *outermost : since;
    *innermost = *innermost > since ? *innermost : since;
    return true;
}
