/* hb_monitor_look: what a monitor answers when it is asked. */
#include "hb_monitor_impl.h"

/* ---- status ---- */

/* Of several, the worst counts. */
static const uint8_t badness[] = {
    [HB_WATCH_ENDED] = 0, [HB_WATCH_HEALTHY] = 1, [HB_WATCH_PAUSED] = 2, [HB_WATCH_STARTING] = 3,
    [HB_WATCH_LATE] = 4, [HB_WATCH_UNHEALTHY] = 5, [HB_WATCH_IDLE] = 6,
};

typedef struct survey {
    hb_anchor anchor;
    hb_watch_status worst;
} survey;

static bool survey_locked(hb_beat *beat, void *arg)
{
    survey *s = arg;
    hb_watch_status status = hb__status_locked(beat, &s->anchor);
    if (badness[status] > badness[s->worst])
        s->worst = status;
    return s->worst != HB_WATCH_UNHEALTHY;
}

/* What is known without a look at the beats. */
static hb_watch_status own_status(hb_monitor *monitor)
{
    hb__house_lock(monitor->house);
    hb_watch_status status = monitor->had_one ? HB_WATCH_ENDED : HB_WATCH_IDLE;
    if (hb__monitor_is_live_locked(monitor) && !monitor->started)
        status = HB_WATCH_IDLE;
    else if (hb__monitor_is_live_locked(monitor) && hb__demand_is_unmet_locked(monitor))
        status = HB_WATCH_UNHEALTHY;
    else if (hb__monitor_is_live_locked(monitor) && monitor->demands)
        status = HB_WATCH_HEALTHY;
    hb__house_unlock(monitor->house);
    return status;
}

hb_watch_status hb_monitor_status(hb_monitor *monitor)
{
    survey s = { .worst = own_status(monitor) };
    if (s.worst == HB_WATCH_IDLE || s.worst == HB_WATCH_UNHEALTHY || monitor->epoch != hb__epoch())
        return s.worst;
    s.anchor = hb__house_anchor(monitor->house);
    hb__monitor_walk(monitor, survey_locked, &s);
    return s.worst;
}

/* A beat of another house is another lock's. */
static bool watches_locked(hb_monitor *monitor, hb_beat *beat)
{
    return hb__monitor_is_live_locked(monitor) && hb__house_of(beat) == monitor->house &&
           beat->watched.monitor == monitor;
}

hb_watch_status hb_monitor_status_of(hb_monitor *monitor, hb_beat *beat)
{
    hb_anchor anchor = hb__house_anchor(monitor->house);
    hb__house_lock(monitor->house);
    hb_watch_status status = HB_WATCH_IDLE;
    if (hb_beat_has_ended(beat))
        status = HB_WATCH_ENDED;
    else if (watches_locked(monitor, beat))
        status = hb__status_locked(beat, &anchor);
    hb__house_unlock(monitor->house);
    return status;
}

/* ---- a verdict asked for ---- */

/* What M guards and a verdict needs. */
typedef struct knowledge {
    bool watched, unhealthy;
    hb_cause cause; /* HB_CAUSE_MISSED: of a silence */
    hb_time timeout;
    hb_evidence first;
} knowledge;

static knowledge know(hb_monitor *monitor, hb_beat *beat)
{
    knowledge k = { .watched = false };
    hb_anchor anchor = hb__house_anchor(monitor->house);
    hb__house_lock(monitor->house);
    if (watches_locked(monitor, beat)) {
        hb_watch_status status = hb__status_locked(beat, &anchor);
        hb_sentence sentence = hb__sentence_locked(beat, &anchor);
        k.watched = true;
        k.timeout = beat->watched.timeout;
        k.unhealthy = status == HB_WATCH_UNHEALTHY || sentence.due <= anchor.now;
        k.cause = sentence.cause;
        if (status == HB_WATCH_LATE || status == HB_WATCH_UNHEALTHY)
            k.first = hb__notes_locked(beat)->first;
    }
    hb__house_unlock(monitor->house);
    return k;
}

/* HB_CAUSE_NONE, and no words: it is none to this monitor. */
static hb_cause cause_of_silence(const hb_monitor *monitor, const knowledge *k, uint32_t thread,
                                 char where[HB_WHERE_SIZE])
{
    hb_evidence second;
    hb_evidence_take(&second, thread, where, HB_WHERE_SIZE);
    hb_evidence_compare(&k->first, &second, where, HB_WHERE_SIZE);
    hb_cause cause = k->cause == HB_CAUSE_MISSED ? hb_evidence_cause(&k->first, &second) : k->cause;
    if (hb__speaks_of(monitor, cause))
        return cause;
    where[0] = '\0';
    return HB_CAUSE_NONE;
}

hb_health *hb_monitor_check(hb_monitor *monitor, hb_beat *beat)
{
    char where[HB_WHERE_SIZE] = "";
    hb_beat_view view;
    knowledge k = know(monitor, beat);
    if (!k.watched)
        return NULL;
    hb_beat_look(beat, &view);
    hb_finding asked = { .beat = beat };
    hb_cause cause = hb_cause_of_end(view.end);
    if (cause == HB_CAUSE_NONE && k.unhealthy)
        cause = cause_of_silence(monitor, &k, view.thread, where);
    hb_health health = hb__describe(&asked, cause, &view);
    health.where = where;
    hb__measure(&health, view.now - view.last, k.timeout);
    return hb_health_new(&health);
}

/* ---- statistics ---- */

void hb_monitor_stats_get(hb_monitor *monitor, hb_monitor_stats *stats)
{
    hb__house_lock(monitor->house);
    *stats = monitor->house->stats;
    stats->watched = hb__monitor_is_live_locked(monitor) ? monitor->watched - (monitor->spared != 0) : 0;
    hb__house_unlock(monitor->house);
}
