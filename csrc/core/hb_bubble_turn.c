/* hb_bubble_turn: one participant at a time, where somebody decides who goes next. */
#include "hb_bubble_impl.h"

/* ---- calls ---- */

/* The caller itself looks before it sleeps, and needs none. */
void hb__bubble_call_locked(hb_participant *participant)
{
    hb_bubble *bubble = participant->bubble;
    if (participant == hb__participant_here())
        return;
    hb_store_release(&participant->woken, 1);
    if (bubble->call)
        hb_platform_unpark(bubble->call);
    bubble->call = &participant->woken;
}

/* Signals that other threads took are looked for now and then, where somebody sees to them. */
hb_time hb__bubble_listens_until(const hb_participant *participant)
{
    if (!participant->looks_up)
        return HB_FOREVER;
    return hb_time_add(hb_platform_now(), hb_platform_signal_slice());
}

hb_status hb__bubble_listen_locked(hb_participant *participant)
{
    hb_bubble *bubble = participant->bubble;
    hb__bubble_unlock(bubble);
    hb_status woken = hb_platform_park(&participant->woken, 0, hb__bubble_listens_until(participant));
    hb__bubble_lock(bubble);
    return woken;
}

/* Where they take turns, only a signal that came itself: to look for others' now and then would
 * change who is ready. A system where signals wake nobody knows no other way. */
bool hb__bubble_is_interrupted(const hb_participant *participant, hb_status woken)
{
    bool looks = !participant->bubble->turns || !hb_platform_signals_wake();
    return participant->looks_up && (woken == HB_INTERRUPTED || (woken == HB_TIMEOUT && looks));
}

/* ---- who goes next ---- */

#define MOST_READY 1024u

static hb_participant *choose_locked(hb_bubble *bubble)
{
    hb_participant *ready[MOST_READY];
    uint32_t numbers[MOST_READY], n = 0;
    for (hb_participant *each = bubble->first; each && n < MOST_READY; each = each->next)
        if (each->ready) {
            numbers[n] = each->number;
            ready[n++] = each;
        }
    return n == 0 ? NULL : ready[bubble->turns->choose(bubble->turns, numbers, n)];
}

void hb__bubble_pass_turn_locked(hb_bubble *bubble)
{
    if (!hb__bubble_takes_turns_locked(bubble) || bubble->turn || bubble->serving)
        return;
    bubble->turn = choose_locked(bubble);
    if (!bubble->turn)
        return;
    bubble->turn->ready = false;
    hb__bubble_call_locked(bubble->turn);
}

void hb__bubble_free_turns_locked(hb_bubble *bubble)
{
    bubble->turn = NULL;
    for (hb_participant *each = bubble->first; each; each = each->next)
        if (each->ready)
            hb__bubble_call_locked(each);
}

void hb__bubble_leave_turn_locked(hb_participant *participant)
{
    if (participant->bubble->turn == participant)
        participant->bubble->turn = NULL;
}

/* ---- waiting for it ---- */

static bool has_turn_locked(const hb_participant *participant)
{
    const hb_bubble *bubble = participant->bubble;
    return !hb__bubble_takes_turns_locked(bubble) || bubble->turn == participant;
}

/* Whoever has the turn may be busy for ever: a signal must not wait for it. */
hb_status hb__bubble_await_turn_locked(hb_participant *participant)
{
    hb_status status = HB_OK;
    while (status == HB_OK && !has_turn_locked(participant)) {
        hb_status woken = hb__bubble_listen_locked(participant);
        if (participant->strays)
            status = HB_STALLED;
        else if (hb__bubble_is_interrupted(participant, woken))
            status = HB_INTERRUPTED;
    }
    if (has_turn_locked(participant))
        status = HB_OK;
    participant->strays = status != HB_OK;
    participant->ready = false;
    return status;
}

/* Who has the turn gives it away, and may get it back at once. */
hb_status hb__bubble_queue_for_turn_locked(hb_participant *participant)
{
    hb_bubble *bubble = participant->bubble;
    if (!hb__bubble_takes_turns_locked(bubble))
        return HB_OK;
    participant->ready = true;
    participant->strays = false;
    hb_store_relaxed(&participant->woken, 0);
    hb__bubble_leave_turn_locked(participant);
    hb__bubble_pass_turn_locked(bubble);
    return hb__bubble_await_turn_locked(participant);
}

hb_status hb__bubble_yield(hb_here *here)
{
    hb_participant *participant = (hb_participant *)here;
    hb__bubble_lock(participant->bubble);
    participant->bubble->steps++;
    hb_status status = hb__bubble_queue_for_turn_locked(participant);
    hb__bubble_unlock(participant->bubble);
    return status;
}
