#include "hb_unit.h"

#include <stdlib.h>
#include <string.h>

#include "hb_work.h"

/* ---- opening ---- */

static hb_tally *need_tally(hb_more *more)
{
    hb_lock_acquire(&more->lock);
    hb_tally *tally = more->tally;
    hb_lock_release(&more->lock);
    if (tally)
        return tally;
    hb_tally *made = calloc(1, sizeof *made);
    hb_lock_acquire(&more->lock);
    if (!more->tally) {
        more->tally = made;
        made = NULL;
    }
    tally = more->tally;
    hb_lock_release(&more->lock);
    free(made); /* another thread was first */
    return tally;
}

hb_tally *hb__beat_need_tally(hb_beat *beat)
{
    hb_more *more = hb__beat_need_more(beat);
    return more ? need_tally(more) : NULL;
}

static void open_unit(hb_beat *beat, hb_more *more, hb_unit *unit)
{
    hb_lock_acquire(&more->lock);
    unit->since = hb__beat_stamp(beat);
    if (!more->unit)
        more->busy_since = unit->since;
    unit->outer = more->unit;
    more->unit = unit;
    hb_fetch_add(&more->opened, 1);
    if (unit->due != HB_FOREVER)
        hb__beat_raise_flag(beat, HB_BEAT_TIMED);
    hb_lock_release(&more->lock);
    if (unit->due != HB_FOREVER && hb__beat_hooks())
        hb__beat_hooks()->sooner(beat);
}

/* ---- closing ---- */

static void count_locked(hb_tally *tally, hb_time took)
{
    tally->least = tally->units == 0 || took < tally->least ? took : tally->least;
    tally->most = took > tally->most ? took : tally->most;
    tally->sum += took;
    tally->units++;
    tally->buckets[hb__bucket_of(took)]++;
}

/* How long units have been open, as far as the beat lived. */
static hb_time busy_time(hb_beat *beat, hb_stamp since, const hb_anchor *anchor, hb_stamp now)
{
    hb_stamp until = hb_beat_has_ended(beat) ? hb_load_relaxed(&beat->ended) : now;
    return until > since ? hb_anchor_span(anchor, until - since) : 0;
}

static void take_out_locked(hb_more *more, hb_unit *unit)
{
    hb_unit **place = &more->unit;
    while (*place != unit)
        place = &(*place)->outer;
    *place = unit->outer;
    hb_fetch_sub(&more->opened, 1);
}

static bool any_timed_locked(const hb_more *more)
{
    const hb_unit *unit = more->unit;
    while (unit && unit->due == HB_FOREVER)
        unit = unit->outer;
    return unit != NULL;
}

static void close_unit(hb_beat *beat, hb_more *more, hb_unit *unit, bool counts)
{
    hb_anchor anchor = hb__beat_anchor(beat);
    hb_lock_acquire(&more->lock);
    hb_stamp now = hb__beat_stamp(beat);
    take_out_locked(more, unit);
    if (counts)
        count_locked(more->tally, hb_anchor_span(&anchor, now - unit->since));
    if (!more->unit && !hb__works_open_locked(more))
        more->tally->busy += busy_time(beat, more->busy_since, &anchor, now);
    if (unit->due != HB_FOREVER && !any_timed_locked(more))
        hb__beat_lower_flag(beat, HB_BEAT_TIMED);
    hb_lock_release(&more->lock);
}

/* ---- begin and finish ---- */

/* Whoever receives the pulse sees the unit, so that is open before. */
hb_status hb_unit_begin(hb_beat *beat, hb_unit *unit, const char *label, hb_time timeout, bool pulse)
{
    hb_more *more = hb__beat_need_more(beat);
    if (!more || !need_tally(more))
        return HB_NO_MEMORY;
    hb_status may = hb_beat_may_change(beat);
    if (may != HB_OK)
        return may;
    unit->due = timeout == HB_FOREVER ? HB_FOREVER : hb_time_add(hb__beat_now(beat), timeout);
    hb_text_copy(unit->label, sizeof unit->label, label);
    open_unit(beat, more, unit);
    hb_status status = pulse ? hb_beat_pulse(beat) : HB_OK;
    if (status != HB_OK)
        close_unit(beat, more, unit, false); /* it ended meanwhile */
    return status;
}

void hb_unit_finish(hb_beat *beat, hb_unit *unit)
{
    bool timed = unit->due != HB_FOREVER;
    if (timed)
        hb_beat_pulse(beat);
    close_unit(beat, hb__beat_more(beat), unit, true);
    if (timed && hb__beat_hooks())
        hb__beat_hooks()->sooner(beat);
}

/* ---- progress and pauses ---- */

/* Whoever receives the pulse sees the progress. */
hb_status hb_beat_progress(hb_beat *beat, double done, double total, const char *phase)
{
    hb_more *more = hb__beat_need_more(beat);
    if (!more)
        return HB_NO_MEMORY;
    hb_status may = hb_beat_may_change(beat);
    if (may != HB_OK)
        return may;
    hb_time now = hb__beat_now(beat);
    hb_lock_acquire(&more->lock);
    bool moved = !more->progressed || more->done < done || more->done > done;
    if (moved)
        more->progress_at = now;
    more->progressed = true;
    more->done = done;
    more->total = total;
    if (phase)
        hb_text_copy(more->phase, sizeof more->phase, phase);
    hb_lock_release(&more->lock);
    hb_status status = hb_beat_pulse(beat);
    if (moved && (hb_load_relaxed(&beat->flags) & HB_BEAT_EXPECTED) && hb__beat_hooks())
        hb__beat_hooks()->sooner(beat);
    return status;
}

hb_status hb_beat_pause(hb_beat *beat, hb_time most)
{
    hb_more *more = hb__beat_need_more(beat);
    if (!more)
        return HB_NO_MEMORY;
    hb_status may = hb_beat_may_change(beat);
    if (may != HB_OK)
        return may;
    hb_lock_acquire(&more->lock);
    more->paused_until = hb_time_add(hb__beat_now(beat), most);
    hb__beat_raise_flag(beat, HB_BEAT_PAUSED);
    hb_lock_release(&more->lock);
    if (hb__beat_hooks())
        hb__beat_hooks()->sooner(beat);
    return HB_OK;
}

/* ---- what others see ---- */

static hb_time unit_due_locked(const hb_more *more)
{
    const hb_unit *unit = more->unit;
    while (unit && unit->due == HB_FOREVER)
        unit = unit->outer;
    return unit ? unit->due : HB_FOREVER;
}

static hb_time paused_until_locked(hb_beat *beat, const hb_more *more)
{
    return hb_load_relaxed(&beat->flags) & HB_BEAT_PAUSED ? more->paused_until : 0;
}

static void view_units_locked(hb_beat *beat, hb_beat_view *view, const hb_more *more,
                              const hb_anchor *anchor)
{
    hb_stamp outermost = more->unit ? more->busy_since : 0;
    hb_stamp innermost = more->unit ? more->unit->since : 0;
    if (more->tally)
        view->tally = *more->tally;
    for (const hb_work *work = more->works; work; work = work->next)
        view->open_units += hb__work_look_locked(work, &view->tally, &outermost, &innermost);
    for (const hb_unit *unit = more->unit; unit; unit = unit->outer)
        view->open_units++;
    view->busy = view->tally.busy;
    if (view->open_units == 0)
        return;
    view->busy += busy_time(beat, outermost, anchor, anchor->stamp);
    view->unit_since = hb_anchor_time(anchor, more->unit ? more->unit->since : innermost);
    if (more->unit)
        memcpy(view->unit, more->unit->label, sizeof view->unit);
}

static void view_more(hb_beat *beat, hb_beat_view *view, const hb_anchor *anchor)
{
    hb_more *more = hb__beat_more(beat);
    if (!more)
        return;
    hb_lock_acquire(&more->lock);
    memcpy(view->name, more->name, sizeof view->name);
    view_units_locked(beat, view, more, anchor);
    view->unit_due = unit_due_locked(more);
    view->paused_until = paused_until_locked(beat, more);
    view->progressed = more->progressed;
    view->done = more->done;
    view->total = more->total;
    view->progress_at = more->progress_at;
    memcpy(view->phase, more->phase, sizeof view->phase);
    hb_lock_release(&more->lock);
}

void hb_beat_look(hb_beat *beat, hb_beat_view *view)
{
    hb_stamp last = hb_load_relaxed(&beat->last); /* before the anchor: it is not later */
    hb_anchor anchor = hb__beat_anchor(beat);
    *view = (hb_beat_view){ .number = beat->number, .now = anchor.now, .unit_due = HB_FOREVER };
    view->end = hb_beat_has_ended(beat) ? (hb_end)hb_load_relaxed(&beat->end) : HB_END_NONE;
    view->until = view->end ? hb_anchor_time(&anchor, hb_load_relaxed(&beat->ended)) : anchor.now;
    view->thread = hb_load_relaxed(&beat->thread);
    view->pulses = hb_load_acquire(&beat->pulses);
    view->opened = hb_anchor_time(&anchor, beat->opened);
    view->last = hb_anchor_time(&anchor, last);
    view->longest = hb_anchor_span(&anchor, hb_load_relaxed(&beat->longest));
    if (view->end == HB_END_NONE && view->now - view->last > view->longest)
        view->longest = view->now - view->last;
    view_more(beat, view, &anchor);
}

hb_deadlines hb_beat_deadlines(hb_beat *beat)
{
    hb_deadlines deadlines = { .unit_due = HB_FOREVER };
    hb_more *more = hb__beat_more(beat);
    if (!more)
        return deadlines;
    hb_lock_acquire(&more->lock);
    deadlines.unit_due = unit_due_locked(more);
    deadlines.paused_until = paused_until_locked(beat, more);
    deadlines.progress_at = more->progressed ? more->progress_at : 0;
    hb_lock_release(&more->lock);
    return deadlines;
}
