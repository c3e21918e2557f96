#include "hb_work.h"

/* ---- life ---- */

static void enlist(hb_work *work)
{
    hb_lock_acquire(&work->more->lock);
    work->next = work->more->works;
    work->more->works = work;
    hb_lock_release(&work->more->lock);
}

void hb_work_init(hb_work *work, hb_beat *beat)
{
    *work = (hb_work){ .beat = beat };
    work->more = hb__beat_need_tally(beat) ? hb__beat_more(beat) : NULL;
    if (work->more)
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
    if (!work->more)
        return;
    hb_lock_acquire(&work->more->lock);
    hb__work_look_locked(work, work->more->tally, &unused, &unused);
    delist_locked(work);
    hb_lock_release(&work->more->lock);
}

/* ---- units ---- */

void hb_work_begin(hb_work *work, bool pulse, hb_stamp now)
{
    if (hb_work_is_open(work))
        return;
    if (pulse ? hb_beat_pulse_at(work->beat, now) != HB_OK : hb_beat_has_ended(work->beat))
        return;
    hb_store_relaxed(&work->since, now);
}

static void add(hb_atomic_u64 *count, hb_time more)
{
    hb_store_relaxed(count, hb_load_relaxed(count) + (uint64_t)more);
}

static void count_unit(hb_work *work, hb_time took)
{
    uint64_t units = hb_load_relaxed(&work->units);
    if (units == 0 || took < (hb_time)hb_load_relaxed(&work->least))
        hb_store_relaxed(&work->least, (uint64_t)took);
    if (took > (hb_time)hb_load_relaxed(&work->most))
        hb_store_relaxed(&work->most, (uint64_t)took);
    add(&work->sum, took);
    add(&work->buckets[hb__bucket_of(took)], 1);
    if (!work->more || hb_load_relaxed(&work->more->opened) == 0) /* X3 */
        add(&work->busy, took);
    hb_store_release(&work->units, units + 1); /* X1 */
}

void hb_work_finish(hb_work *work, hb_stamp now)
{
    hb_stamp since = hb_load_relaxed(&work->since);
    if (since == 0)
        return;
    hb_store_relaxed(&work->since, 0);
    count_unit(work, hb_rate_span(&work->rate, now, now > since ? now - since : 0));
}

/* ---- what others see ---- */

bool hb__works_open_locked(const hb_more *more)
{
    const hb_work *work = more->works;
    while (work && !hb_work_is_open(work))
        work = work->next;
    return work != NULL;
}

static void add_counts(const hb_work *work, hb_tally *tally)
{
    uint64_t units = hb_load_acquire(&work->units);
    if (units == 0)
        return;
    hb_time least = (hb_time)hb_load_relaxed(&work->least);
    hb_time most = (hb_time)hb_load_relaxed(&work->most);
    tally->least = tally->units == 0 || least < tally->least ? least : tally->least;
    tally->most = most > tally->most ? most : tally->most;
    tally->units += units;
    tally->sum += (hb_time)hb_load_relaxed(&work->sum);
    tally->busy += (hb_time)hb_load_relaxed(&work->busy);
    for (int i = 0; i < HB_TALLY_BUCKETS; i++)
        tally->buckets[i] += hb_load_relaxed(&work->buckets[i]);
}

bool hb__work_look_locked(const hb_work *work, hb_tally *tally, hb_stamp *outermost,
                          hb_stamp *innermost)
{
    hb_stamp since = hb_load_relaxed(&work->since);
    add_counts(work, tally);
    if (since == 0)
        return false;
    *outermost = *outermost && *outermost < since ? *outermost : since;
    *innermost = *innermost > since ? *innermost : since;
    return true;
}
