/* hb_monitor_verdict: what follows from a look: evidence, verdicts, actions, events.
 *
 * Looks were made with M held; what is found is seen to without. Meanwhile the beat may
 * pulse, end, be unwatched, or be watched by another. Therefore:
 *
 *   V1 A beat that was found is HB_BUCKET_HELD. Whoever takes it from its monitor ends that, and
 *      only this thread can begin it anew; so who finds it held under M has it still.
 *   V2 Before a verdict is spoken, the flag for its recovery goes up and all threads see
 *      it; then the beat is looked at once more. A pulse before that look undoes
 *      the verdict, a pulse after it finds the flag.
 *   V3 Events are published under M by who has the beat still: none comes of a beat that
 *      has been given up. */
#include "hb_monitor_impl.h"

static hb_house *house_of(const hb_finding *finding)
{
    return finding->monitor->house;
}

/* ---- a beat that turned late ---- */

static void note_evidence(hb_finding *finding, const hb_evidence *evidence)
{
    hb_beat *beat = finding->beat;
    hb_house *house = house_of(finding);
    hb__house_lock(house);
    if (hb__has_still_locked(finding)) {
        hb_notes *notes = hb__notes_locked(beat);
        notes->first = *evidence;
        notes->pulses = finding->pulses;
        notes->lost = house->lost;
        beat->watched.status = HB_WATCH_LATE;
        hb__file_locked(house, beat, finding->sentence, hb__house_now(house));
    }
    hb__house_unlock(house_of(finding));
}

/* There is no verdict on this silence yet: no memory for notes, or it is none to the monitor. The next
 * look at it takes new evidence. */
static void put_off(hb_finding *finding)
{
    hb_house *house = house_of(finding);
    hb_watched *watched = &finding->beat->watched;
    hb_time now = hb__house_now(house);
    hb__house_lock(house);
    if (hb__has_still_locked(finding)) {
        watched->status = watched->status == HB_WATCH_LATE ? HB_WATCH_HEALTHY : watched->status;
        hb_wheel_file(&house->wheel, finding->beat, hb_time_add(now, finding->timeout / 2));
    }
    hb__house_unlock(house);
}

static void see_to_late(hb_finding *finding)
{
    hb_evidence evidence;
    hb__ask_after(house_of(finding), hb_load_relaxed(&finding->beat->thread), &evidence, NULL);
    note_evidence(finding, &evidence);
}

/* ---- a silence ---- */

static hb_evidence first_evidence(hb_finding *finding)
{
    hb__house_lock(house_of(finding));
    bool late = hb__has_still_locked(finding) && finding->beat->watched.status == HB_WATCH_LATE;
    hb_evidence first = late ? hb__notes_locked(finding->beat)->first : (hb_evidence){ .at = 0 };
    hb__house_unlock(house_of(finding));
    return first;
}

/* Fills `where`. */
static hb_cause find_cause(hb_finding *finding, hb_evidence *second, char where[HB_WHERE_SIZE])
{
    hb_evidence first = first_evidence(finding);
    hb__ask_after(house_of(finding), hb_load_relaxed(&finding->beat->thread), second, where);
    hb_evidence_compare(&first, second, where, HB_WHERE_SIZE);
    return finding->sentence.cause == HB_CAUSE_MISSED ? hb_evidence_cause(&first, second)
                                                      : finding->sentence.cause;
}

/* The instant from which the silence counts. */
static hb_time silent_since(hb_finding *finding, const hb_beat_view *view)
{
    if (finding->sentence.cause == HB_CAUSE_OVERRAN && view->open_units)
        return view->unit_since;
    if (finding->sentence.cause == HB_CAUSE_STUCK && view->progressed)
        return view->progress_at;
    return view->last;
}

/* NULL: no memory, or it is none to the monitor. */
static hb_health *new_verdict(hb_finding *finding)
{
    hb_evidence second;
    hb_beat_view view;
    char *where = house_of(finding)->witnesses.where;
    hb_cause cause = find_cause(finding, &second, where);
    if (!hb__speaks_of(finding->monitor, cause))
        return NULL;
    hb_beat_look(finding->beat, &view);
    hb_health health = hb__describe(finding, cause, &view);
    health.where = where;
    int32_t culprit = hb__find_culprit(finding->monitor, cause, &second, where);
    health.stack = hb__ask_for_stack(finding->monitor, culprit);
    health.since = silent_since(finding, &view);
    hb__measure(&health, view.now - health.since, finding->timeout);
    return hb_health_new(&health);
}

/* V2, the second look. False: no verdict. */
static bool sentence_still_locked(hb_finding *finding, const hb_health *health)
{
    hb_beat *beat = finding->beat;
    hb_watched *watched = &beat->watched;
    uint64_t pulses = hb_load_acquire(&beat->pulses); /* before `last`: P1 */
    hb_time progress_at = hb_beat_deadlines(beat).progress_at; /* likewise before the sentence */
    hb_anchor anchor = hb__house_anchor(house_of(finding));
    hb_sentence sentence = hb__sentence_locked(beat, &anchor);
    if (sentence.due > anchor.now || hb_beat_has_ended(beat)) {
        watched->status = HB_WATCH_HEALTHY;
        watched->floor = pulses != finding->pulses ? 0 : watched->floor;
        hb__file_locked(house_of(finding), beat, sentence, anchor.now);
        return false;
    }
    hb_notes *notes = hb__notes_locked(beat);
    notes->pulses = pulses;
    notes->cause = health->cause;
    notes->since = health->since;
    notes->progress_at = progress_at;
    watched->status = HB_WATCH_UNHEALTHY;
    return true;
}

static bool confirm(hb_finding *finding, const hb_health *health)
{
    hb__house_lock(house_of(finding));
    bool confirmed = hb__has_still_locked(finding) && sentence_still_locked(finding, health);
    hb__house_unlock(house_of(finding));
    if (!confirmed)
        hb__beat_lower_flag(finding->beat, hb__flag_of(finding->sentence.cause));
    return confirmed;
}

void hb__act(hb_monitor *monitor, const hb_health *health)
{
    if (hb_actions_is_empty(&monitor->actions))
        return;
    size_t lost = hb_actions_run(&monitor->actions, health);
    hb__house_lock(monitor->house);
    monitor->house->stats.unwritten += lost;
    hb__house_unlock(monitor->house);
}

/* The pulse that ends it may have come already; it will be heard as a call. */
static bool publish(hb_finding *finding, hb_health *health, hb_told *told)
{
    hb__house_lock(house_of(finding));
    bool has_still = hb__has_still_locked(finding);
    if (has_still) {
        hb__publish_locked(finding->monitor, health, &hb__notes_locked(finding->beat)->latest, told);
        finding->beat->watched.bucket = HB_BUCKET_NONE;
    }
    hb__house_unlock(house_of(finding));
    return has_still;
}

static void see_to_silent(hb_finding *finding)
{
    hb_told told = { .woken = NULL };
    hb_health *health = new_verdict(finding);
    if (!health) {
        put_off(finding);
        return;
    }
    if (confirm(finding, health)) {
        if (finding->beat->number != finding->monitor->spared)
            hb__act(finding->monitor, health);
        publish(finding, health, &told);
    }
    hb__announce(health, &told);
}

/* ---- all that was found ---- */

static bool needs_notes(const hb_finding *finding)
{
    return finding->kind == HB_FOUND_LATE || finding->kind == HB_FOUND_SILENT;
}

static void see_to(hb_finding *finding)
{
    if (needs_notes(finding) && !hb__need_notes(finding->beat)) {
        put_off(finding);
        return;
    }
    switch (finding->kind) {
    case HB_FOUND_LATE:
        see_to_late(finding);
        break;
    case HB_FOUND_SILENT:
        see_to_silent(finding);
        break;
    case HB_FOUND_ALIVE:
        hb__see_to_alive(finding);
        break;
    case HB_FOUND_ENDED:
        hb__see_to_ended(finding);
        break;
    }
}

/* V2, for all that were found silent at once: showing flags to all threads takes microseconds. */
static void raise_flags(hb_finding *findings, size_t n)
{
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        if (findings[i].kind != HB_FOUND_SILENT)
            continue;
        hb__beat_raise_flag(findings[i].beat, hb__flag_of(findings[i].sentence.cause));
        any = true;
    }
    if (any)
        hb_platform_barrier();
}

void hb__see_to(hb_finding *findings, size_t n)
{
    raise_flags(findings, n);
    for (size_t i = 0; i < n; i++) {
        see_to(&findings[i]);
        hb_beat_unref(findings[i].beat);
        hb_monitor_unref(findings[i].monitor);
    }
}
