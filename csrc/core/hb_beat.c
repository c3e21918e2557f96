#include "hb_beat.h"

#include <stdlib.h>

#include "hb_board.h"
#include "hb_pulses.h"
#include "hb_unit.h"

/* Where the platform has no barrier, every pulse takes the step itself: P2. */
static hb_atomic_u32 fences;
static hb_atomic_u32 prepared;
static hb_atomic_ptr hooks; /* const hb_beat_hooks */

/* ---- life ---- */

/* Several threads may come here at once; they find the same. */
static void prepare(void)
{
    if (hb_load_acquire(&prepared))
        return;
    if (!hb_platform_barrier_prepare())
        hb_store_relaxed(&fences, 1);
    hb_store_release(&prepared, 1);
}

static hb_more *new_more(const char *name, hb_bubble *bubble)
{
    hb_more *more = calloc(1, sizeof *more);
    if (!more)
        return NULL;
    hb_text_copy(more->name, sizeof more->name, name);
    more->bubble = bubble ? hb_bubble_ref(bubble) : NULL;
    return more;
}

static void free_more(hb_more *more)
{
    if (!more)
        return;
    hb__pulses_free(more->pulses);
    free(more->tally);
    free(more->notes);
    hb_bubble_unref(more->bubble);
    free(more);
}

/* Name and bubble are there before anybody can see the beat. */
hb_beat *hb_beat_open(const char *name)
{
    prepare();
    hb_bubble *bubble = hb_bubble_here();
    hb_more *more = name || bubble ? new_more(name, bubble) : NULL;
    hb_beat *beat = (name || bubble) && !more ? NULL : hb__board_take(more);
    if (beat)
        hb_store_relaxed(&beat->thread, hb_thread_id());
    else
        free_more(more);
    return beat;
}

hb_beat *hb_beat_ref(hb_beat *beat)
{
    hb_fetch_add(&beat->refs, 1);
    return beat;
}

void hb_beat_unref(hb_beat *beat)
{
    if (!beat || hb_fetch_sub(&beat->refs, 1) != 1)
        return;
    free_more(hb__beat_more(beat));
    hb__board_give(beat);
}

hb_beat *hb_beat_after(uint32_t number)
{
    return hb__board_after(number);
}

/* ---- more ---- */

hb_more *hb__beat_more(hb_beat *beat)
{
    return hb_load_acquire(&beat->more);
}

void **hb_beat_owner(hb_beat *beat)
{
    hb_more *more = hb__beat_more(beat);
    return more ? &more->owner : NULL;
}

hb_more *hb__beat_need_more(hb_beat *beat)
{
    void *more = hb_load_acquire(&beat->more);
    if (more)
        return more;
    hb_more *made = calloc(1, sizeof *made);
    if (made && !hb_cas(&beat->more, &more, made)) {
        free(made); /* another thread was first */
        return more;
    }
    return made;
}

const char *hb_beat_name(hb_beat *beat)
{
    hb_more *more = hb__beat_more(beat);
    return more ? more->name : "";
}

/* ---- its clock ---- */

hb_bubble *hb__beat_bubble(hb_beat *beat)
{
    return hb_load_relaxed(&beat->flags) & HB_BEAT_VIRTUAL ? hb__beat_more(beat)->bubble : NULL;
}

uint32_t hb_beat_bubble(hb_beat *beat)
{
    hb_bubble *bubble = hb__beat_bubble(beat);
    return bubble ? hb_bubble_number(bubble) : 0;
}

bool hb_beat_is_foreign(hb_beat *beat)
{
    hb_bubble *bubble = hb__beat_bubble(beat);
    return bubble && bubble != hb_bubble_here();
}

hb_status hb_beat_may_change(hb_beat *beat)
{
    return hb_beat_is_foreign(beat) ? HB_FOREIGN : hb_beat_ending(beat);
}

hb_time hb__beat_now(hb_beat *beat)
{
    hb_bubble *bubble = hb__beat_bubble(beat);
    return bubble ? hb_bubble_now(bubble) : hb_platform_now();
}

hb_stamp hb__beat_stamp(hb_beat *beat)
{
    hb_bubble *bubble = hb__beat_bubble(beat);
    return bubble ? hb_stamp_of(hb_bubble_now(bubble)) : hb__stamp_real();
}

hb_anchor hb__beat_anchor(hb_beat *beat)
{
    hb_bubble *bubble = hb__beat_bubble(beat);
    return bubble ? hb_anchor_virtual(hb_bubble_now(bubble)) : hb_anchor_real();
}

/* ---- flags ---- */

void hb__beat_raise_flag(hb_beat *beat, uint32_t flag)
{
    hb_fetch_or(&beat->flags, flag);
}

void hb__beat_lower_flag(hb_beat *beat, uint32_t flag)
{
    hb_fetch_and(&beat->flags, ~flag);
}

void hb__beat_listen(hb_beat *beat, uint32_t flag)
{
    if (hb_fetch_or(&beat->flags, flag) & flag)
        return; /* up already, and whoever put it up has made it visible */
    hb_platform_barrier();
}

void hb__beat_set_hooks(const hb_beat_hooks *given)
{
    hb_store_release(&hooks, (void *)(uintptr_t)given);
}

const hb_beat_hooks *hb__beat_hooks(void)
{
    return hb_load_acquire(&hooks);
}

/* ---- the pulse ---- */

hb_status hb_beat_ending(hb_beat *beat)
{
    if (!hb_beat_has_ended(beat))
        return HB_OK;
    return hb_load_relaxed(&beat->end) == HB_END_REVOKED ? HB_REVOKED : HB_CLOSED;
}

/* The first pulse of a thread makes it known to the engine. */
static uint32_t this_thread_id(void)
{
    return hb__this_thread_id ? hb__this_thread_id : hb_thread_id();
}

void hb_beat_adopt(hb_beat *beat)
{
    hb_store_relaxed(&beat->thread, this_thread_id());
}

static hb_status see_to_flags(hb_beat *beat, uint32_t flags)
{
    if (flags & HB_BEAT_ENDED)
        return hb_beat_ending(beat);
    if (flags & HB_BEAT_PAUSED)
        hb__beat_lower_flag(beat, HB_BEAT_PAUSED);
    if (flags & HB_BEAT_LISTENED)
        hb__pulses_serve(beat);
    if ((flags & (HB_BEAT_AWAITED | HB_BEAT_PAUSED)) && hb__beat_hooks()) {
        hb__beat_lower_flag(beat, HB_BEAT_AWAITED);
        hb__beat_hooks()->pulsed(beat);
    }
    return HB_OK;
}

static void write_pulse(hb_beat *beat, hb_stamp now)
{
    hb_stamp before = hb_load_relaxed(&beat->last);
    if (now > before && now - before > hb_load_relaxed(&beat->longest))
        hb_store_relaxed(&beat->longest, now - before);
    hb_store_relaxed(&beat->last, now);
    hb_store_relaxed(&beat->thread, this_thread_id());
    hb_store_relaxed(&beat->pulses, hb_load_relaxed(&beat->pulses) + 1);
    hb_store_release(&beat->fresh, 1);
}

static inline hb_status pulse(hb_beat *beat, hb_stamp now)
{
    write_pulse(beat, now);
    if (hb_load_relaxed(&fences))
        hb_fetch_add(&beat->flags, 0);
    uint32_t flags = hb_load_relaxed(&beat->flags);
    return flags & HB_BEAT_SLOW ? see_to_flags(beat, flags) : HB_OK;
}

static hb_status pulse_if_allowed(hb_beat *beat, hb_stamp now)
{
    hb_status status = hb_beat_may_change(beat);
    return status == HB_OK ? pulse(beat, now) : status;
}

hb_status hb_beat_pulse_at(hb_beat *beat, hb_stamp now)
{
    bool special = hb_load_relaxed(&beat->flags) & (HB_BEAT_ENDED | HB_BEAT_VIRTUAL);
    return special ? pulse_if_allowed(beat, now) : pulse(beat, now);
}

hb_status hb_beat_pulse(hb_beat *beat)
{
    return hb_beat_pulse_at(beat, hb__here ? hb__beat_stamp(beat) : hb__stamp_real());
}

/* ---- the end ---- */

hb_status hb_beat_end(hb_beat *beat, hb_end end)
{
    uint8_t none = HB_END_NONE;
    if (!hb_cas(&beat->end, &none, (uint8_t)end))
        return HB_CLOSED;
    hb_store_relaxed(&beat->ended, hb__beat_stamp(beat));
    hb__beat_listen(beat, HB_BEAT_ENDED);
    hb__pulses_close(beat);
    if (hb__beat_hooks())
        hb__beat_hooks()->ended(beat);
    return HB_OK;
}
