#include "hb_pulses.h"

#include <stdlib.h>

/* L1. Putting the flag up takes microseconds, finding nobody some nanoseconds. */
#define MOST_UNHEARD 16

static hb_pulses *pulses_of(hb_source *source)
{
    return (hb_pulses *)source;
}

static bool is_fresh(hb_pulses *pulses)
{
    return hb_load_acquire(&pulses->beat->fresh);
}

/* The newest pulse, if there is one that was not received. */
static bool take_fresh(hb_pulses *pulses, hb_word *word)
{
    if (!hb_exchange(&pulses->beat->fresh, 0))
        return false;
    hb_anchor anchor = hb__beat_anchor(pulses->beat);
    word->i64 = hb_anchor_time(&anchor, hb_load_relaxed(&pulses->beat->last));
    return true;
}

/* L1. What came before the flag was seen up is not passed over: only the look after it
 * counts. L2: what is not kept counts for nobody who comes later. */
static bool ready_locked(hb_source *source, hb_direction direction, hb_time now)
{
    (void)direction;
    (void)now;
    hb_pulses *pulses = pulses_of(source);
    if (pulses->closed || (pulses->keep && is_fresh(pulses)))
        return true;
    hb__beat_listen(pulses->beat, HB_BEAT_LISTENED);
    if (!pulses->keep)
        hb_store_relaxed(&pulses->beat->fresh, 0);
    return is_fresh(pulses);
}

static hb_status take_last(hb_pulses *pulses, hb_word *word)
{
    if (!pulses->left)
        return HB_CLOSED;
    pulses->left = false;
    *word = pulses->last;
    return HB_OK;
}

static hb_status take_locked(hb_source *source, hb_direction direction, hb_word *word, hb_time now,
                             hb_waiter **peer)
{
    (void)peer;
    hb_pulses *pulses = pulses_of(source);
    if (!ready_locked(source, direction, now))
        return HB_WOULD_BLOCK;
    if (pulses->closed)
        return take_last(pulses, word);
    return take_fresh(pulses, word) ? HB_OK : HB_WOULD_BLOCK;
}

static const hb_source_ops pulses_ops = {
    .kind = "pulses",
    .ready_locked = ready_locked,
    .take_locked = take_locked,
};

/* ---- serving ---- */

/* The one who waits longest, to be woken; NULL if nobody waits, or nothing is new: another
 * pulse may have been quicker. */
static hb_waiter *serve_locked(hb_pulses *pulses)
{
    hb_word word;
    if (!hb__queue_first_locked(&pulses->source.waiting, HB_RECV) || !take_fresh(pulses, &word))
        return NULL;
    hb_link *served = hb__queue_serve_locked(&pulses->source.waiting, HB_RECV, HB_OK, word);
    if (!served)
        hb_store_release(&pulses->beat->fresh, 1); /* the last of them was won elsewhere meanwhile */
    return served ? served->waiter : NULL;
}

/* L1 */
static void note_pulse_locked(hb_pulses *pulses, bool heard)
{
    pulses->unheard = heard ? 0 : pulses->unheard + 1;
    if (pulses->unheard < MOST_UNHEARD)
        return;
    pulses->unheard = 0;
    hb__beat_lower_flag(pulses->beat, HB_BEAT_LISTENED);
}

void hb__pulses_serve(hb_beat *beat)
{
    hb_pulses *pulses = hb__beat_more(beat)->pulses;
    hb_lock_acquire(&pulses->source.lock);
    hb_waiter *served = serve_locked(pulses);
    hb__source_hint_locked(&pulses->source, HB_RECV);
    note_pulse_locked(pulses, served || pulses->source.watches);
    hb_lock_release(&pulses->source.lock);
    hb__wait_wake(served);
}

/* ---- life ---- */

static hb_pulses *new_pulses(hb_beat *beat, bool keep)
{
    hb_pulses *pulses = calloc(1, sizeof *pulses);
    if (!pulses)
        return NULL;
    hb__source_init(&pulses->source, &pulses_ops);
    pulses->source.bubble = hb_beat_bubble(beat); /* whoever asks first */
    hb_source_set_name(&pulses->source, hb_beat_name(beat));
    pulses->beat = beat;
    pulses->keep = keep;
    /* A step on the flags: either it sees the end, or the end sees these pulses. */
    pulses->closed = hb_fetch_or(&beat->flags, 0) & HB_BEAT_ENDED;
    pulses->left = pulses->closed && keep && take_fresh(pulses, &pulses->last);
    return pulses;
}

hb_pulses *hb_beat_pulses(hb_beat *beat, bool keep)
{
    hb_more *more = hb__beat_need_more(beat);
    if (!more)
        return NULL;
    hb_lock_acquire(&more->lock);
    if (!more->pulses)
        more->pulses = new_pulses(beat, keep);
    hb_pulses *pulses = more->pulses;
    hb_lock_release(&more->lock);
    return pulses;
}

size_t hb_pulses_waiting(hb_pulses *pulses)
{
    hb_lock_acquire(&pulses->source.lock);
    size_t waiting = hb__queue_count_locked(&pulses->source.waiting, HB_RECV);
    hb_lock_release(&pulses->source.lock);
    return waiting;
}

/* L3. The pulse that is there now is the last: it goes to who waits longest, or stays. */
static hb_waiter *serve_last_locked(hb_pulses *pulses)
{
    if (!take_fresh(pulses, &pulses->last))
        return NULL;
    hb_link *served = hb__queue_serve_locked(&pulses->source.waiting, HB_RECV, HB_OK, pulses->last);
    pulses->left = pulses->keep && !served;
    return served ? served->waiter : NULL;
}

static hb_waiter *close_locked(hb_pulses *pulses)
{
    hb_waiter *chain = serve_last_locked(pulses);
    hb_link *served;
    pulses->closed = true;
    while ((served = hb__queue_serve_locked(&pulses->source.waiting, HB_RECV, HB_CLOSED, (hb_word){ NULL }))) {
        served->waiter->next = chain;
        chain = served->waiter;
    }
    hb__source_hint_locked(&pulses->source, HB_RECV);
    return chain;
}

void hb__pulses_close(hb_beat *beat)
{
    hb_more *more = hb__beat_more(beat);
    if (!more)
        return;
    hb_lock_acquire(&more->lock);
    hb_pulses *pulses = more->pulses;
    hb_lock_release(&more->lock);
    if (!pulses)
        return;
    hb_lock_acquire(&pulses->source.lock);
    hb_waiter *chain = close_locked(pulses);
    hb_lock_release(&pulses->source.lock);
    hb__wait_wake(chain);
}

void hb__pulses_free(hb_pulses *pulses)
{
    free(pulses);
}
