#include "hb_health.h"

#include <stdlib.h>
#include <string.h>

/* ---- names ---- */

const char *hb_cause_text(hb_cause cause)
{
    switch (cause) {
#define HB_CAUSE_TEXT(name, text) case HB_CAUSE_##name: return text;
        HB_CAUSE_MAP(HB_CAUSE_TEXT)
#undef HB_CAUSE_TEXT
    }
    return "unknown cause";
}

const char *hb_watch_status_text(hb_watch_status status)
{
    static const char *const texts[] = { "starting", "healthy", "late", "unhealthy",
                                         "paused", "ended", "idle" };
    return texts[status];
}

hb_cause hb_cause_of_end(hb_end end)
{
    static const hb_cause causes[] = { HB_CAUSE_NONE, HB_CAUSE_CLOSED, HB_CAUSE_EXITED,
                                       HB_CAUSE_RAISED, HB_CAUSE_REVOKED };
    return causes[end];
}

/* ---- an event ---- */

static size_t room_for(const char *text)
{
    return text ? strlen(text) + 1 : 1;
}

hb_health *hb_health_new(const hb_health *given)
{
    size_t where = room_for(given->where), stack = room_for(given->stack);
    hb_health *health = malloc(sizeof *health + where + stack);
    if (!health)
        return NULL;
    memcpy(health, given, sizeof *health);
    hb_store_relaxed(&health->refs, 1);
    memcpy(health->text, given->where ? given->where : "", where);
    health->where = health->text;
    if (given->stack)
        health->stack = memcpy(health->text + where, given->stack, stack);
    if (health->beat)
        hb_beat_ref(health->beat);
    hb_chan_ref(health->chan);
    health->queued = false;
    return health;
}

hb_health *hb_health_ref(hb_health *health)
{
    hb_fetch_add(&health->refs, 1);
    return health;
}

void hb_health_unref(hb_health *health)
{
    if (!health || hb_fetch_sub(&health->refs, 1) != 1)
        return;
    hb_beat_unref(health->beat);
    hb_chan_unref(health->chan);
    hb_health_unref(health->prior);
    free(health);
}

/* ---- the queue ---- */

static void append_locked(hb_events *events, hb_health *health)
{
    health->next = NULL;
    health->prev = events->last;
    *(events->last ? &events->last->next : &events->first) = health;
    events->last = health;
    health->queued = true;
}

static bool remove_locked(hb_events *events, hb_health *health)
{
    if (!health || !health->queued)
        return false;
    *(health->prev ? &health->prev->next : &events->first) = health->next;
    *(health->next ? &health->next->prev : &events->last) = health->prev;
    health->queued = false;
    return true;
}

/* ---- as a source ---- */

static hb_events *events_of(hb_source *source)
{
    return (hb_events *)source;
}

/* E3. */
static bool is_stale(const hb_events *events)
{
    return events->epoch != hb__epoch();
}

static bool ready_locked(hb_source *source, hb_direction direction, hb_time now)
{
    hb_events *events = events_of(source);
    (void)direction;
    (void)now;
    return events->first || events->closed || is_stale(events);
}

static hb_status take_locked(hb_source *source, hb_direction direction, hb_word *word, hb_time now,
                             hb_waiter **peer)
{
    hb_events *events = events_of(source);
    (void)direction;
    (void)now;
    (void)peer;
    if (is_stale(events))
        return HB_CLOSED;
    hb_health *oldest = events->first;
    if (!remove_locked(events, oldest))
        return events->closed ? HB_CLOSED : HB_WOULD_BLOCK;
    word->ptr = oldest;
    return HB_OK;
}

static const hb_source_ops events_ops = {
    .kind = "monitor",
    .ready_locked = ready_locked,
    .take_locked = take_locked,
};

/* ---- for its owner ---- */

void hb_events_init(hb_events *events)
{
    hb__source_init(&events->source, &events_ops);
    events->first = events->last = NULL;
    events->closed = false;
    events->epoch = hb__epoch();
}

void hb_events_fini(hb_events *events)
{
    hb_health *health;
    while ((health = events->first)) {
        remove_locked(events, health);
        hb_health_unref(health);
    }
}

bool hb_events_publish(hb_events *events, hb_health *health, hb_health *replaces, hb_waiter **woken)
{
    hb_lock_acquire(&events->source.lock);
    bool thrown_out = remove_locked(events, replaces);
    hb_link *served = hb__queue_serve_locked(&events->source.waiting, HB_RECV, HB_OK, (hb_word){ health });
    if (!served) {
        append_locked(events, health);
        hb__source_hint_locked(&events->source, HB_RECV);
    }
    hb_lock_release(&events->source.lock);
    *woken = served ? served->waiter : NULL;
    return thrown_out;
}

bool hb_events_withdraw(hb_events *events, hb_health *health)
{
    hb_lock_acquire(&events->source.lock);
    bool unread = remove_locked(events, health);
    hb_lock_release(&events->source.lock);
    return unread;
}

static hb_waiter *close_locked(hb_events *events)
{
    hb_waiter *chain = NULL;
    hb_link *served;
    events->closed = true;
    while ((served = hb__queue_serve_locked(&events->source.waiting, HB_RECV, HB_CLOSED, (hb_word){ NULL }))) {
        served->waiter->next = chain;
        chain = served->waiter;
    }
    hb__source_hint_locked(&events->source, HB_RECV);
    return chain;
}

void hb_events_close(hb_events *events)
{
    hb_lock_acquire(&events->source.lock);
    hb_waiter *chain = close_locked(events);
    hb_lock_release(&events->source.lock);
    hb__wait_wake(chain);
}
