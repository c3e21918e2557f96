/* hb_monitor_event: recoveries and ends, and how an event is told. */
#include <stdio.h>
#include <string.h>

#include "hb_monitor_impl.h"

/* ---- an event ---- */

hb_health hb__describe(const hb_finding *finding, hb_cause cause, const hb_beat_view *view)
{
    hb_health health = { .beat = finding->beat, .cause = cause, .healthy = cause == HB_CAUSE_NONE,
                         .at = view->now, .since = view->last, .where = "" };
    memcpy(health.unit, view->unit, sizeof health.unit);
    return health;
}

void hb__measure(hb_health *health, hb_time silent_for, hb_time timeout)
{
    health->silent_for = silent_for > 0 ? silent_for : 0;
    hb_time misses = health->silent_for / timeout;
    health->misses = misses > UINT32_MAX ? UINT32_MAX : (uint32_t)misses;
}

/* Both edges of a stall stay to be read, until the next one begins. */
static hb_health *replaced_locked(hb_monitor *monitor, hb_health *health, hb_health *before)
{
    if (monitor->pairs && health->healthy && before) {
        health->prior = hb_health_ref(before);
        return NULL;
    }
    if (before && before->prior && hb_events_withdraw(&monitor->events, before->prior))
        hb_health_unref(before->prior); /* the queue's reference, not the last */
    return before;
}

/* As hb_chan_try_send, but leaves whom to wake to the caller. */
static hb_waiter *forward_locked(hb_chan *chan, hb_health *health)
{
    hb_source *source = hb_chan_source(chan);
    hb_word word = { hb_health_ref(health) };
    hb_waiter *woken = NULL;
    hb_lock_acquire(&source->lock);
    hb_status status = source->ops->take_locked(source, HB_SEND, &word, 0, &woken);
    hb_lock_release(&source->lock);
    if (status != HB_OK)
        hb_health_unref(health); /* not the last */
    return woken;
}

void hb__publish_locked(hb_monitor *monitor, hb_health *health, hb_health **latest, hb_told *told)
{
    told->before = *latest;
    *latest = hb_health_ref(health);
    hb_health *replaced = replaced_locked(monitor, health, told->before);
    if (monitor->forward)
        told->forwarded = forward_locked(monitor->forward, health);
    if (hb_events_publish(&monitor->events, hb_health_ref(health), replaced, &told->woken))
        hb_health_unref(replaced); /* the queue's reference, not the last */
    monitor->house->stats.verdicts++;
}

void hb__announce(hb_health *health, const hb_told *told)
{
    hb__wait_wake(told->forwarded);
    hb__wait_wake(told->woken);
    hb_health_unref(told->before);
    hb_health_unref(health);
}

/* Without memory for the event the beat is looked at again, by and by. */
static void put_off_locked(hb_finding *finding)
{
    hb_house *house = finding->monitor->house;
    hb_wheel_file(&house->wheel, finding->beat, hb_time_add(hb__house_now(house), finding->timeout));
}

/* ---- a recovery ---- */

/* Of the stall that is over; a reference, or NULL. */
static hb_health *verdict_of(hb_finding *finding, hb_time *since)
{
    hb_health *verdict = NULL;
    hb__house_lock(finding->monitor->house);
    if (hb__has_still_locked(finding)) {
        hb_notes *notes = hb__notes_locked(finding->beat);
        *since = notes->since;
        verdict = notes->latest ? hb_health_ref(notes->latest) : NULL;
    }
    hb__house_unlock(finding->monitor->house);
    return verdict;
}

/* The silence lasted until the pulse that ended it, or one soon after. What was known of it
 * is told again: who reads late finds the recovery alone. */
static hb_health *new_recovery(hb_finding *finding)
{
    hb_beat_view view;
    char where[HB_WHERE_SIZE] = "";
    hb_beat_look(finding->beat, &view);
    hb_health health = hb__describe(finding, HB_CAUSE_NONE, &view);
    hb_health *verdict = verdict_of(finding, &health.since);
    if (verdict) {
        snprintf(where, sizeof where, "was %s: %s", hb_cause_text(verdict->cause), verdict->where);
        health.stack = verdict->stack;
    }
    health.where = where;
    hb_time revived = view.progress_at > view.last ? view.progress_at : view.last;
    hb__measure(&health, revived - health.since, finding->timeout);
    hb_health *recovery = hb_health_new(&health);
    hb_health_unref(verdict);
    return recovery;
}

static void recover_locked(hb_finding *finding, hb_health *health, hb_told *told)
{
    hb_beat *beat = finding->beat;
    hb_house *house = finding->monitor->house;
    hb_anchor anchor = hb__house_anchor(house);
    hb__publish_locked(finding->monitor, health, &hb__notes_locked(beat)->latest, told);
    hb__beat_lower_flag(beat, HB_BEAT_AWAITED | HB_BEAT_EXPECTED);
    beat->watched.status = HB_WATCH_HEALTHY;
    beat->watched.floor = 0;
    beat->watched.doubts = 0;
    hb__file_locked(house, beat, hb__sentence_locked(beat, &anchor), anchor.now);
}

void hb__see_to_alive(hb_finding *finding)
{
    hb_told told = { .woken = NULL };
    hb_health *health = new_recovery(finding);
    hb__house_lock(finding->monitor->house);
    if (hb__has_still_locked(finding) && health)
        recover_locked(finding, health, &told);
    else if (hb__has_still_locked(finding))
        put_off_locked(finding);
    hb__house_unlock(finding->monitor->house);
    hb__announce(health, &told);
}

/* ---- an end ---- */

static hb_health *new_end(hb_finding *finding)
{
    hb_beat_view view;
    hb_beat_look(finding->beat, &view);
    hb_health health = hb__describe(finding, hb_cause_of_end(view.end), &view);
    hb__measure(&health, view.now - view.last, finding->timeout);
    return hb_health_new(&health);
}

/* The end takes the place of what was unread of the beat; then it is not watched any more. */
static bool end_locked(hb_finding *finding, hb_health *health, hb_told *told)
{
    hb_notes *notes = hb__notes_locked(finding->beat);
    hb_health *latest = notes ? notes->latest : NULL;
    if (notes)
        notes->latest = NULL;
    hb__publish_locked(finding->monitor, health, &latest, told);
    hb_health_unref(latest); /* the queue or a receiver has another */
    hb__forget_locked(finding->beat, NULL);
    return true;
}

void hb__see_to_ended(hb_finding *finding)
{
    hb_told told = { .woken = NULL };
    bool ended = false;
    hb_health *health = new_end(finding);
    hb__house_lock(finding->monitor->house);
    if (hb__has_still_locked(finding) && health)
        ended = end_locked(finding, health, &told);
    else if (hb__has_still_locked(finding))
        put_off_locked(finding);
    hb__house_unlock(finding->monitor->house);
    hb__announce(health, &told);
    if (ended)
        hb_beat_unref(finding->beat); /* the monitor's */
}
