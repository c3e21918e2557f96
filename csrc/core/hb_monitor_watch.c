/* hb_monitor_watch: which beats a monitor watches. */
#include "hb_monitor_impl.h"

/* ---- the list of a monitor's beats ---- */

static void link_locked(hb_monitor *monitor, hb_beat *beat)
{
    hb_watched *watched = &beat->watched;
    watched->before = 0;
    watched->after = monitor->first;
    if (watched->after)
        hb__board_at(watched->after)->watched.before = beat->number;
    monitor->first = beat->number;
    monitor->watched++;
}

static void unlink_locked(hb_monitor *monitor, hb_beat *beat)
{
    const hb_watched *watched = &beat->watched;
    *(watched->before ? &hb__board_at(watched->before)->watched.after : &monitor->first) = watched->after;
    if (watched->after)
        hb__board_at(watched->after)->watched.before = watched->before;
    monitor->watched--;
}

/* A cursor that has left the monitor meanwhile begins anew; one that came back is at the front.
 * The next cursor, with a reference: its slot is not another's when it is looked at again. */
static hb_beat *walk_batch_locked(hb_monitor *monitor, hb_beat *cursor,
                                  bool (*visit_locked)(hb_beat *beat, void *arg), void *arg)
{
    uint32_t number = cursor ? cursor->number : 0;
    if (!cursor || !hb__is_watched_locked(cursor) || cursor->watched.monitor != monitor)
        number = monitor->first;
    for (uint32_t i = 0; number && i < HB_BATCH; i++) {
        hb_beat *beat = hb__board_at(number);
        if (!visit_locked(beat, arg))
            return NULL;
        number = beat->watched.after;
    }
    return number ? hb_beat_ref(hb__board_at(number)) : NULL;
}

void hb__monitor_walk(hb_monitor *monitor, bool (*visit_locked)(hb_beat *beat, void *arg), void *arg)
{
    hb_beat *cursor = NULL, *before;
    do {
        before = cursor;
        hb__house_lock(monitor->house);
        cursor = walk_batch_locked(monitor, before, visit_locked, arg);
        hb__house_unlock(monitor->house);
        hb_beat_unref(before);
    } while (cursor);
}

/* ---- watching ---- */

/* From now on silence counts; and for a beat that never pulsed, after its grace. */
static void begin_locked(hb_beat *beat, hb_time now)
{
    hb_watched *watched = &beat->watched;
    bool pulsed = hb_load_relaxed(&beat->pulses) != 0;
    hb_time grace = watched->floor > watched->timeout && !pulsed ? watched->floor - watched->timeout : 0;
    hb_more *more = hb__beat_more(beat);
    watched->floor = hb_time_add(hb_time_add(now, hb__limit_of(watched)), grace);
    watched->status = pulsed ? HB_WATCH_HEALTHY : HB_WATCH_STARTING;
    if (watched->paced)
        hb__notes_locked(beat)->paced_from = now;
    if (more)
        hb_store_relaxed(&more->look_at, 0);
}

hb_status hb__serve_locked(hb_beat *beat, const hb_anchor *anchor)
{
    hb_house *house = beat->watched.monitor->house;
    hb_status status = hb__employ_locked(house);
    if (status != HB_OK)
        return status;
    begin_locked(beat, anchor->now);
    if (hb_beat_has_ended(beat))
        hb_wheel_file(&house->wheel, beat, anchor->now);
    else
        hb__file_locked(house, beat, hb__sentence_locked(beat, anchor), anchor->now);
    return HB_OK;
}

static void adopt_locked(hb_monitor *monitor, hb_beat *beat, const hb_rule *rule)
{
    bool paced = rule->progress != HB_FOREVER;
    beat->watched = (hb_watched){
        .monitor = monitor, .timeout = rule->timeout, .floor = rule->grace, .status = HB_WATCH_IDLE,
        .misses = rule->misses > UINT16_MAX ? UINT16_MAX : (uint16_t)rule->misses, .paced = paced,
    };
    if (paced)
        hb__notes_locked(beat)->progress = rule->progress;
    if (monitor->house->bubble)
        hb__beat_more(beat)->place = ++monitor->house->placed;
    monitor->had_one = true;
    link_locked(monitor, beat);
}

/* The flag goes up before the end is looked at: so an end is seen here, or its hook sees the
 * flag. */
static hb_status watch_locked(hb_monitor *monitor, hb_beat *beat, const hb_rule *rule)
{
    if (!hb__monitor_is_live_locked(monitor))
        return HB_CLOSED;
    if (hb__is_watched_locked(beat))
        return HB_BUSY;
    hb__beat_raise_flag(beat, HB_BEAT_WATCHED);
    if (hb_beat_has_ended(beat)) {
        hb__beat_lower_flag(beat, HB_BEAT_WATCHED);
        return HB_CLOSED;
    }
    hb_anchor anchor = hb__house_anchor(monitor->house);
    adopt_locked(monitor, beat, rule);
    hb_status status = monitor->started ? hb__serve_locked(beat, &anchor) : HB_OK;
    if (status != HB_OK)
        hb__forget_locked(beat, NULL);
    return status;
}

hb_status hb_monitor_watch(hb_monitor *monitor, hb_beat *beat, const hb_rule *rule)
{
    hb_house *house = monitor->house;
    if (hb__house_of(beat) != house)
        return HB_FOREIGN;
    if (rule->progress != HB_FOREVER && !hb__need_notes(beat))
        return HB_NO_MEMORY;
    hb_beat_ref(beat);
    hb__house_lock(house);
    hb_status status = watch_locked(monitor, beat, rule);
    bool oversleeps = hb__oversleeps_locked(house);
    hb__house_unlock(house);
    if (oversleeps)
        hb__call_thread(house);
    if (status != HB_OK)
        hb_beat_unref(beat);
    return status;
}

/* ---- unwatching ---- */

void hb__forget_locked(hb_beat *beat, hb_health **latest)
{
    hb_watched *watched = &beat->watched;
    hb_notes *notes = hb__notes_locked(beat);
    hb_house *house = watched->monitor->house;
    hb_wheel_take(&house->wheel, beat);
    unlink_locked(watched->monitor, beat);
    if (watched->status != HB_WATCH_IDLE)
        hb__dismiss_locked(house, 1);
    if (latest)
        *latest = notes ? notes->latest : NULL;
    if (notes)
        notes->latest = NULL;
    watched->monitor = NULL;
    hb__beat_lower_flag(beat, HB_BEAT_WATCHED | HB_BEAT_AWAITED | HB_BEAT_EXPECTED);
}

bool hb_monitor_unwatch(hb_monitor *monitor, hb_beat *beat)
{
    hb_health *latest = NULL;
    hb_house *house = monitor->house;
    if (hb__house_of(beat) != house)
        return false;
    hb__house_lock(house);
    bool watched = hb__monitor_is_live_locked(monitor) && beat->watched.monitor == monitor;
    if (watched)
        hb__forget_locked(beat, &latest);
    bool unread = latest && hb_events_withdraw(&monitor->events, latest);
    bool prior_unread = latest && hb_events_withdraw(&monitor->events, latest->prior);
    bool oversleeps = watched && hb__oversleeps_locked(house);
    hb__house_unlock(house);
    if (oversleeps)
        hb__call_thread(house);
    if (prior_unread)
        hb_health_unref(latest->prior); /* the queue's */
    if (unread)
        hb_health_unref(latest); /* likewise */
    hb_health_unref(latest);
    if (watched)
        hb_beat_unref(beat);
    return watched;
}
