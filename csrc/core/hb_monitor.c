#include "hb_monitor_impl.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- what beats tell ---- */

static bool is_watched(hb_beat *beat)
{
    return hb_load_relaxed(&beat->flags) & HB_BEAT_WATCHED;
}

static void hear_of(hb_beat *beat)
{
    if (is_watched(beat))
        hb__call(beat);
}

/* A unit that has more time than is left until the next look need not be told of. In a bubble all
 * are: a look at the deadline of a unit that has ended would keep its time going. */
static void hear_of_deadline(hb_beat *beat)
{
    uint32_t flags = hb_load_relaxed(&beat->flags);
    if (!(flags & HB_BEAT_WATCHED))
        return;
    hb_time look_at = (hb_time)hb_load_relaxed(&hb__beat_more(beat)->look_at);
    bool looks_in_time = look_at > hb__beat_now(beat) && look_at <= hb_beat_deadlines(beat).unit_due;
    if ((flags & (HB_BEAT_EXPECTED | HB_BEAT_VIRTUAL)) || !looks_in_time)
        hb__call(beat);
}

static const hb_beat_hooks hooks = { .pulsed = hear_of, .ended = hear_of, .sooner = hear_of_deadline };

/* ---- life ---- */

hb_monitor *hb_monitor_new(const char *name)
{
    hb_house *house = hb__house_here();
    hb_monitor *monitor = house ? calloc(1, sizeof *monitor) : NULL;
    if (!monitor)
        return NULL;
    monitor->house = house;
    if (house->bubble)
        hb_bubble_ref(house->bubble);
    hb__beat_set_hooks(&hooks);
    hb_stamp_init();
    hb_events_init(&monitor->events);
    snprintf(monitor->name, sizeof monitor->name, "%s", name ? name : "");
    hb_source_set_name(&monitor->events.source, monitor->name);
    monitor->epoch = hb__epoch();
    hb_store_relaxed(&monitor->refs, 1);
    return monitor;
}

hb_monitor *hb_monitor_ref(hb_monitor *monitor)
{
    hb_fetch_add(&monitor->refs, 1);
    return monitor;
}

bool hb__monitor_ref_if_any(hb_monitor *monitor)
{
    uint32_t refs = hb_load_relaxed(&monitor->refs);
    while (refs > 0)
        if (hb_cas(&monitor->refs, &refs, refs + 1))
            return true;
    return false;
}

/* In the child of a fork beats point to the parent's monitors still. */
void hb_monitor_unref(hb_monitor *monitor)
{
    if (!monitor || hb_fetch_sub(&monitor->refs, 1) != 1 || monitor->epoch != hb__epoch())
        return;
    hb_monitor_close(monitor);
    hb_events_fini(&monitor->events);
    hb_actions_fini(&monitor->actions);
    hb_chan_unref(monitor->forward);
    hb_bubble *bubble = monitor->house->bubble;
    free(monitor);
    hb_bubble_unref(bubble);
}

hb_source *hb_monitor_source(hb_monitor *monitor)
{
    return &monitor->events.source;
}

/* ---- before the start ---- */

void hb_monitor_forward(hb_monitor *monitor, hb_chan *events)
{
    hb_chan_unref(monitor->forward);
    monitor->forward = hb_chan_ref(events);
}

void hb_monitor_want_stack(hb_monitor *monitor, bool want)
{
    hb_store_relaxed(&monitor->want_stack, want);
}

void hb_monitor_set_stack(hb_stack_fn *fn)
{
    hb_store_release(&hb__stack_of, *(void **)&fn);
}

void hb_monitor_keep_pairs(hb_monitor *monitor)
{
    monitor->pairs = true;
}

void hb_monitor_set_culprit(hb_monitor *monitor, hb_culprit_fn *fn)
{
    monitor->culprit = fn;
}

void hb_monitor_spare(hb_monitor *monitor, hb_beat *beat)
{
    monitor->spared = beat->number;
}

void hb_monitor_set_interpreter(uintptr_t begin, uintptr_t end)
{
    hb_evidence_set_interpreter(begin, end);
}

hb_status hb_monitor_act(hb_monitor *monitor, hb_action_kind kind, int number, const void *bytes, size_t size)
{
    hb_action *action = hb_action_new(kind, number, bytes, size);
    if (!action)
        return HB_NO_MEMORY;
    hb__house_lock(monitor->house);
    bool live = hb__monitor_is_live_locked(monitor);
    if (live)
        hb_actions_add(&monitor->actions, action);
    hb__house_unlock(monitor->house);
    if (!live)
        hb_action_free(action);
    return live ? HB_OK : HB_CLOSED;
}

/* ---- start ---- */

static void call_if_oversleeps(hb_house *house)
{
    hb__house_lock(house);
    bool oversleeps = hb__oversleeps_locked(house);
    hb__house_unlock(house);
    if (oversleeps)
        hb__call_thread(house);
}

typedef struct start {
    hb_anchor anchor;
    hb_status status;
} start;

static bool serve_locked(hb_beat *beat, void *arg)
{
    start *s = arg;
    if (beat->watched.status == HB_WATCH_IDLE)
        s->status = hb__serve_locked(beat, &s->anchor);
    return s->status == HB_OK;
}

/* `fresh`: it was not started before. */
static hb_status begin(hb_monitor *monitor, hb_time now, bool *fresh)
{
    hb__house_lock(monitor->house);
    hb_status status = hb__monitor_is_live_locked(monitor) ? HB_OK : HB_CLOSED;
    *fresh = status == HB_OK && !monitor->started;
    if (*fresh)
        status = hb__serve_demands_locked(monitor, now);
    monitor->started |= status == HB_OK;
    hb__house_unlock(monitor->house);
    return status;
}

hb_status hb_monitor_start(hb_monitor *monitor)
{
    bool fresh;
    start s = { .anchor = hb__house_anchor(monitor->house), .status = HB_OK };
    s.status = begin(monitor, s.anchor.now, &fresh);
    if (s.status != HB_OK || !fresh)
        return s.status;
    hb__monitor_walk(monitor, serve_locked, &s);
    call_if_oversleeps(monitor->house);
    return s.status;
}

/* ---- close ---- */

/* What a batch of them leaves to be released. */
typedef struct left {
    size_t n;
    hb_beat *beats[HB_BATCH];
    hb_health *latest[HB_BATCH];
} left;

static bool forget_batch(hb_monitor *monitor, left *l)
{
    hb__house_lock(monitor->house);
    for (l->n = 0; monitor->first && l->n < HB_BATCH; l->n++) {
        l->beats[l->n] = hb__board_at(monitor->first);
        hb__forget_locked(l->beats[l->n], &l->latest[l->n]);
    }
    hb__house_unlock(monitor->house);
    for (size_t i = 0; i < l->n; i++) {
        hb_health_unref(l->latest[i]);
        hb_beat_unref(l->beats[i]);
    }
    return l->n > 0;
}

static hb_status mark_closed(hb_monitor *monitor, hb_demand **demands)
{
    hb__house_lock(monitor->house);
    bool live = hb__monitor_is_live_locked(monitor);
    if (live) {
        monitor->closed = true;
        *demands = hb__forget_demands_locked(monitor);
    }
    hb__house_unlock(monitor->house);
    return live ? HB_OK : HB_CLOSED;
}

hb_status hb_monitor_close(hb_monitor *monitor)
{
    left l;
    hb_demand *demands = NULL;
    if (mark_closed(monitor, &demands) != HB_OK)
        return HB_CLOSED;
    while (forget_batch(monitor, &l))
        ;
    hb__free_demands(demands);
    call_if_oversleeps(monitor->house);
    hb_events_close(&monitor->events);
    if (monitor->forward)
        hb_chan_shut(monitor->forward, (hb_word){ NULL });
    return HB_OK;
}
