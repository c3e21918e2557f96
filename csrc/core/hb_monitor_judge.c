/* hb_monitor_judge: what a look at a beat comes to. Everything here runs with M held. */
#include <stdlib.h>

#include "hb_monitor_impl.h"

/* M4: a monitor that always is late must come to a verdict at some time. */
#define MOST_DOUBTS 3

/* ---- deadlines ---- */

hb_time hb__limit_of(const hb_watched *watched)
{
    if (watched->misses == 1)
        return watched->timeout;
    if (watched->timeout > HB_FOREVER / watched->misses)
        return HB_FOREVER;
    return watched->timeout * watched->misses;
}

/* What has no end has no half: a look at it would keep the time of a bubble going. */
static hb_time lead_of(const hb_watched *watched)
{
    return watched->timeout == HB_FOREVER ? 0 : watched->timeout / 2;
}

hb_time hb__ahead_of(const hb_watched *watched)
{
    return hb__limit_of(watched) - lead_of(watched);
}

hb_notes *hb__notes_locked(hb_beat *beat)
{
    hb_more *more = hb__beat_more(beat);
    return more ? more->notes : NULL;
}

bool hb__need_notes(hb_beat *beat)
{
    hb_house *house = hb__house_of(beat);
    hb_more *more = hb__beat_need_more(beat);
    hb_notes *made = more ? calloc(1, sizeof *made) : NULL;
    if (!made)
        return false;
    hb__house_lock(house);
    if (!more->notes) {
        more->notes = made;
        made = NULL;
    }
    hb__house_unlock(house);
    free(made); /* it had some */
    return true;
}

/* Pulses do not help a unit with a time of its own, nor a beat that makes no progress. */
static hb_sentence sentence_of_work_locked(hb_beat *beat, hb_sentence sentence)
{
    hb_deadlines deadlines = hb_beat_deadlines(beat);
    const hb_notes *notes = hb__notes_locked(beat);
    if (deadlines.unit_due != HB_FOREVER) {
        sentence = (hb_sentence){ deadlines.unit_due, HB_CAUSE_OVERRAN };
    } else if (beat->watched.paced) {
        hb_time from = deadlines.progress_at > notes->paced_from ? deadlines.progress_at : notes->paced_from;
        hb_time due = hb_time_add(from, notes->progress);
        if (due < sentence.due)
            sentence = (hb_sentence){ due, HB_CAUSE_STUCK };
    }
    if (deadlines.paused_until > sentence.due)
        sentence.due = deadlines.paused_until;
    if (beat->watched.doubts && beat->watched.floor > sentence.due)
        sentence.due = beat->watched.floor;
    return sentence;
}

hb_sentence hb__sentence_locked(hb_beat *beat, const hb_anchor *anchor)
{
    hb_watched *watched = &beat->watched;
    hb_time last = hb_anchor_time(anchor, hb_load_relaxed(&beat->last));
    hb_sentence sentence = { hb_time_add(last, hb__limit_of(watched)), HB_CAUSE_MISSED };
    if (watched->floor > sentence.due)
        sentence.due = watched->floor;
    bool plain = !(hb_load_relaxed(&beat->flags) & (HB_BEAT_PAUSED | HB_BEAT_TIMED)) && !watched->paced;
    return plain ? sentence : sentence_of_work_locked(beat, sentence);
}

/* ---- status ---- */

static bool has_pulsed_since_noted_locked(hb_beat *beat)
{
    return hb_load_acquire(&beat->pulses) != hb__notes_locked(beat)->pulses;
}

/* However late the look is, and whatever came after. A pause is no recovery. */
bool hb__has_recovered_locked(hb_beat *beat, hb_time now)
{
    const hb_notes *notes = hb__notes_locked(beat);
    if (notes->cause == HB_CAUSE_OVERRAN)
        return hb_beat_deadlines(beat).unit_due > now;
    if (notes->cause == HB_CAUSE_STUCK)
        return hb_beat_deadlines(beat).progress_at != notes->progress_at;
    return has_pulsed_since_noted_locked(beat);
}

uint32_t hb__flag_of(hb_cause cause)
{
    return cause == HB_CAUSE_OVERRAN || cause == HB_CAUSE_STUCK ? HB_BEAT_EXPECTED : HB_BEAT_AWAITED;
}

static bool is_paused_locked(hb_beat *beat, hb_time now)
{
    if (!(hb_load_relaxed(&beat->flags) & HB_BEAT_PAUSED))
        return false;
    return hb_beat_deadlines(beat).paused_until > now;
}

hb_watch_status hb__status_locked(hb_beat *beat, const hb_anchor *anchor)
{
    hb_watch_status status = beat->watched.status;
    if (hb_beat_has_ended(beat))
        return HB_WATCH_ENDED;
    if (status == HB_WATCH_UNHEALTHY)
        return hb__has_recovered_locked(beat, anchor->now) ? HB_WATCH_HEALTHY : HB_WATCH_UNHEALTHY;
    if (status != HB_WATCH_IDLE && is_paused_locked(beat, anchor->now))
        return HB_WATCH_PAUSED;
    if (status == HB_WATCH_STARTING && hb_load_relaxed(&beat->pulses))
        return HB_WATCH_HEALTHY;
    if (status == HB_WATCH_LATE && has_pulsed_since_noted_locked(beat))
        return HB_WATCH_HEALTHY;
    return status;
}

/* A first pulse ends the grace, and any pulse what was noted of a silence. */
static void learn_pulses_locked(hb_beat *beat, uint64_t pulses)
{
    hb_watched *watched = &beat->watched;
    bool pulsed = (watched->status == HB_WATCH_STARTING && pulses) ||
                  (watched->status == HB_WATCH_LATE && pulses != hb__notes_locked(beat)->pulses);
    if (!pulsed)
        return;
    watched->status = HB_WATCH_HEALTHY;
    watched->floor = 0;
    watched->doubts = 0;
}

/* ---- filing ---- */

/* Never later than as if it pulsed right now: so the end of a unit, of a pause or of
 * a grace, which all are pulses, need not be told. */
void hb__file_locked(hb_house *house, hb_beat *beat, hb_sentence sentence, hb_time now)
{
    hb_watched *watched = &beat->watched;
    hb_time at = sentence.due;
    if (watched->status != HB_WATCH_LATE) {
        hb_time latest = hb_time_add(now, hb__ahead_of(watched));
        at -= sentence.cause == HB_CAUSE_MISSED ? lead_of(watched) : 0;
        at = at < latest ? at : latest;
    }
    if (hb_load_relaxed(&beat->flags) & HB_BEAT_TIMED)
        watched->timed = true;
    if (watched->timed)
        hb_store_relaxed(&hb__beat_more(beat)->look_at, (uint64_t)at);
    hb_wheel_file(&house->wheel, beat, at);
}

/* ---- doubts ---- */

/* M4: by how much the monitors looked late since the evidence, if that matters to this beat.
 * No more than it would have if it pulsed now, so that what is granted never outlives a pulse. */
static hb_time credit_locked(const hb_house *house, hb_beat *beat)
{
    const hb_watched *watched = &beat->watched;
    hb_time credit = house->late;
    if (watched->status == HB_WATCH_LATE) {
        hb_time lost = house->lost - hb__notes_locked(beat)->lost;
        credit = lost > credit ? lost : credit;
    }
    if (credit <= watched->timeout / 8)
        return 0;
    return credit < hb__limit_of(watched) ? credit : hb__limit_of(watched);
}

/* What was granted last ends no later than a timeout after: so who has pulsed since then, and is
 * silent again, has a new silence. */
static bool is_new_silence_locked(hb_beat *beat, const hb_anchor *anchor)
{
    hb_time pulsed = hb_anchor_time(anchor, hb_load_relaxed(&beat->last));
    return hb_time_add(pulsed, hb__limit_of(&beat->watched)) > beat->watched.floor;
}

static bool doubt_locked(hb_house *house, hb_beat *beat, const hb_anchor *anchor, hb_time until)
{
    hb_watched *watched = &beat->watched;
    if (is_new_silence_locked(beat, anchor))
        watched->doubts = 0;
    if (watched->doubts == MOST_DOUBTS || until <= watched->floor)
        return false;
    watched->doubts++;
    watched->floor = until;
    house->stats.doubts++;
    if (watched->status == HB_WATCH_LATE)
        hb__notes_locked(beat)->lost = house->lost;
    return true;
}

/* ---- a look ---- */

static bool found_locked(hb_finding *finding, hb_finding_kind kind, hb_beat *beat, uint64_t pulses,
                         hb_sentence sentence)
{
    hb_monitor *monitor = beat->watched.monitor;
    if (!hb__monitor_ref_if_any(monitor))
        return false; /* about to be closed */
    beat->watched.bucket = HB_BUCKET_HELD;
    *finding = (hb_finding){ kind, hb_beat_ref(beat), monitor, sentence, pulses, beat->watched.timeout };
    return true;
}

/* Time is up: a verdict, unless it is the monitors who were late. */
static bool look_at_silent_locked(hb_house *house, hb_beat *beat, const hb_anchor *anchor, uint64_t pulses,
                                  hb_sentence sentence, hb_finding *finding)
{
    hb_time credit = credit_locked(house, beat);
    if (!credit || !doubt_locked(house, beat, anchor, hb_time_add(anchor->now, credit)))
        return found_locked(finding, HB_FOUND_SILENT, beat, pulses, sentence);
    hb__file_locked(house, beat, hb__sentence_locked(beat, anchor), anchor->now);
    return false;
}

static bool look_at_late_locked(hb_house *house, hb_beat *beat, const hb_anchor *anchor, uint64_t pulses,
                                hb_sentence sentence, hb_finding *finding)
{
    hb_time half_left = hb_time_add(anchor->now, lead_of(&beat->watched));
    if (credit_locked(house, beat) && half_left > sentence.due && doubt_locked(house, beat, anchor, half_left))
        sentence.due = half_left;
    return found_locked(finding, HB_FOUND_LATE, beat, pulses, sentence);
}

static bool is_late(const hb_beat *beat, hb_sentence sentence, hb_time now)
{
    return sentence.cause == HB_CAUSE_MISSED && now >= sentence.due - lead_of(&beat->watched);
}

/* A pulse that was under way since before the verdict may have put the flag down, and called
 * in vain. */
static bool is_alive_locked(hb_beat *beat, hb_time now)
{
    if (hb__has_recovered_locked(beat, now))
        return true;
    hb__beat_listen(beat, hb__flag_of(hb__notes_locked(beat)->cause));
    return hb__has_recovered_locked(beat, now);
}

/* Nearly every look is at a healthy beat which has pulsed since the last: a few steps then. */
static inline bool is_well_locked(hb_house *house, hb_beat *beat, const hb_anchor *anchor)
{
    const hb_watched *watched = &beat->watched;
    uint32_t special = HB_BEAT_ENDED | HB_BEAT_PAUSED | HB_BEAT_TIMED;
    if (watched->status != HB_WATCH_HEALTHY || watched->paced || watched->timed ||
        (hb_load_relaxed(&beat->flags) & special))
        return false;
    hb_time at = hb_anchor_time(anchor, hb_load_relaxed(&beat->last)) + watched->timeout / 2;
    if (watched->misses != 1 || at <= anchor->now || at + watched->timeout / 2 < watched->floor)
        return false;
    hb_wheel_file(&house->wheel, beat, at);
    return true;
}

bool hb__look_locked(hb_house *house, hb_beat *beat, const hb_anchor *anchor, hb_finding *finding)
{
    if (is_well_locked(house, beat, anchor)) {
        house->stats.looks++;
        return false;
    }
    hb_watched *watched = &beat->watched;
    uint64_t pulses = hb_load_acquire(&beat->pulses); /* before `last`: P1 */
    hb_sentence none = { 0, HB_CAUSE_NONE };
    house->stats.looks++;
    if (hb_beat_has_ended(beat))
        return found_locked(finding, HB_FOUND_ENDED, beat, pulses, none);
    if (watched->status == HB_WATCH_UNHEALTHY)
        return is_alive_locked(beat, anchor->now) &&
               found_locked(finding, HB_FOUND_ALIVE, beat, pulses, none);
    learn_pulses_locked(beat, pulses);
    hb_sentence sentence = hb__sentence_locked(beat, anchor);
    if (anchor->now >= sentence.due)
        return look_at_silent_locked(house, beat, anchor, pulses, sentence, finding);
    if (!is_late(beat, sentence, anchor->now))
        watched->status = watched->status == HB_WATCH_STARTING ? HB_WATCH_STARTING : HB_WATCH_HEALTHY;
    else if (watched->status != HB_WATCH_LATE)
        return look_at_late_locked(house, beat, anchor, pulses, sentence, finding);
    hb__file_locked(house, beat, sentence, anchor->now);
    return false;
}
