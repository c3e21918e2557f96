/* hb_bubble_sleep: how participants sleep and wake, and how time goes on meanwhile. */
#include "hb_bubble_impl.h"

static hb_time now_of(hb_bubble *bubble)
{
    return (hb_time)hb_load_relaxed(&bubble->now);
}

/* ---- waking ---- */

/* V1: from here on it counts as running. */
static void rouse_locked(hb_participant *participant, hb_status outcome)
{
    participant->sleeps = false;
    participant->outcome = outcome;
    participant->bubble->running++;
    participant->bubble->steps += outcome != HB_INTERRUPTED; /* else it only looks up */
    if (hb__bubble_takes_turns_locked(participant->bubble) && !participant->strays)
        participant->ready = true;
    else
        hb__bubble_call_locked(participant);
}

/* False: somebody else has won it, and is about to wake it. */
static bool settle_waiter_locked(hb_waiter *waiter, hb_status status)
{
    if (!hb__wait_win(waiter))
        return false;
    waiter->status = status;
    if (hb_fetch_or(&waiter->state, HB_WAITER_DONE) & HB_WAITER_PARKED)
        hb_platform_unpark(&waiter->state);
    return true;
}

bool hb__bubble_break_locked(hb_participant *participant, hb_status status)
{
    hb_waiter *waiter = participant->waiter;
    if (participant->outside)
        return settle_waiter_locked(participant->outside, status);
    if (!participant->sleeps || (waiter && !settle_waiter_locked(waiter, status)))
        return false;
    rouse_locked(participant, waiter ? HB_OK : status);
    return true;
}

/* ---- time goes on ---- */

static bool waits_for_time(const hb_participant *participant)
{
    return participant->sleeps && participant->waiter && participant->deadline != HB_FOREVER;
}

/* V3. */
static bool wake_next_due_locked(hb_bubble *bubble)
{
    hb_participant *due = NULL;
    for (hb_participant *each = bubble->first; each; each = each->next)
        if (waits_for_time(each) && each->deadline <= now_of(bubble) && (!due || each->deadline < due->deadline))
            due = each;
    if (due)
        rouse_locked(due, HB_TIMEOUT);
    return due != NULL;
}

/* Where they take turns, all: who goes first is for those to say. */
static bool wake_due_locked(hb_bubble *bubble)
{
    bool woken = wake_next_due_locked(bubble);
    while (woken && bubble->turns && wake_next_due_locked(bubble))
        ;
    return woken;
}

static bool wake_idler_locked(hb_bubble *bubble)
{
    if (bubble->idler)
        rouse_locked(bubble->idler, HB_OK);
    return bubble->idler != NULL;
}

static hb_time due_of(hb_service *service)
{
    return service ? (hb_time)hb_load_acquire(&service->due) : HB_FOREVER;
}

static bool has_to_run_locked(hb_bubble *bubble, hb_service *service)
{
    if (due_of(service) <= now_of(bubble))
        return true;
    return service && hb_load_acquire(&service->attends) && service->seen != bubble->steps;
}

/* The service counts as one that runs. */
static bool serve_locked(hb_bubble *bubble)
{
    for (int i = 0; i < HB_SERVICES; i++) {
        hb_service *service = bubble->services[i];
        if (!has_to_run_locked(bubble, service))
            continue;
        service->seen = bubble->steps;
        bubble->running++;
        bubble->serving = true;
        hb__bubble_unlock(bubble);
        service->run(service);
        hb__bubble_lock(bubble);
        bubble->serving = false;
        bubble->running--;
        return true;
    }
    return false;
}

static bool advance_locked(hb_bubble *bubble)
{
    hb_time next = HB_FOREVER;
    for (hb_participant *each = bubble->first; each; each = each->next)
        if (waits_for_time(each) && each->deadline < next)
            next = each->deadline;
    for (int i = 0; i < HB_SERVICES; i++)
        if (due_of(bubble->services[i]) < next)
            next = due_of(bubble->services[i]);
    if (next == HB_FOREVER)
        return false;
    hb_store_release(&bubble->now, (uint64_t)next);
    bubble->steps++;
    return true;
}

/* Nobody runs. What is to happen now goes first, one thing after the other; then whoever waits for
 * quiet; then time jumps. */
static void settle_locked(hb_bubble *bubble)
{
    while (bubble->running == 0 && bubble->first && !bubble->over) {
        if (serve_locked(bubble) || wake_due_locked(bubble) || wake_idler_locked(bubble) ||
            advance_locked(bubble))
            continue;
        if (bubble->host)
            hb__bubble_break_locked(bubble->host, HB_DEADLOCK);
        return;
    }
}

void hb__bubble_rest_locked(hb_participant *participant)
{
    hb_bubble *bubble = participant->bubble;
    bubble->running--;
    hb__bubble_leave_turn_locked(participant);
    settle_locked(bubble);
    hb__bubble_pass_turn_locked(bubble);
}

/* ---- sleeping ---- */

hb_status hb__bubble_sleep_locked(hb_participant *participant, hb_waiter *waiter, hb_time deadline)
{
    participant->waiter = waiter;
    participant->deadline = deadline;
    participant->sleeps = true;
    participant->strays = false;
    hb_store_relaxed(&participant->woken, 0);
    hb__bubble_rest_locked(participant);
    while (participant->sleeps) {
        hb_status woken = hb__bubble_listen_locked(participant);
        if (participant->sleeps && hb__bubble_is_interrupted(participant, woken)) {
            participant->strays = true;
            rouse_locked(participant, HB_INTERRUPTED);
        }
    }
    if (!participant->strays)
        hb__bubble_await_turn_locked(participant);
    participant->waiter = NULL;
    participant->interrupted = participant->outcome == HB_INTERRUPTED;
    return participant->outcome;
}

/* V4. Who takes turns gives its own away meanwhile. */
static hb_status wait_outside_locked(hb_participant *participant, hb_waiter *waiter)
{
    hb_bubble *bubble = participant->bubble;
    hb_time look = hb__bubble_listens_until(participant);
    bool looks = look < waiter->outside_due;
    participant->outside = waiter;
    participant->strays = false;
    hb__bubble_leave_turn_locked(participant);
    hb__bubble_pass_turn_locked(bubble);
    hb__bubble_unlock(bubble);
    hb_status woken = hb__wait_park_really(waiter, looks ? look : waiter->outside_due);
    hb__bubble_lock(bubble);
    participant->outside = NULL;
    participant->strays |= woken == HB_INTERRUPTED;
    if (!participant->strays)
        hb__bubble_queue_for_turn_locked(participant);
    participant->interrupted = woken == HB_INTERRUPTED || (woken == HB_TIMEOUT && looks);
    return participant->interrupted ? HB_INTERRUPTED : woken;
}

/* HB_WOULD_BLOCK: nothing. */
static hb_status what_is_there_locked(hb_bubble *bubble, hb_waiter *waiter, hb_time deadline)
{
    uint32_t seen = hb_load_acquire(&waiter->state);
    if (seen & HB_WAITER_DONE)
        return HB_OK;
    if (bubble->over && settle_waiter_locked(waiter, HB_STOPPED)) /* V5 */
        return HB_OK;
    if (seen & HB_WAITER_NUDGED) {
        hb_fetch_and(&waiter->state, ~(uint32_t)HB_WAITER_NUDGED);
        return HB_RETRY;
    }
    return deadline <= now_of(bubble) ? HB_TIMEOUT : HB_WOULD_BLOCK;
}

/* The wait is over, and its sources still are there. */
static void keep_failure(hb_participant *participant, hb_status status, const hb_waiter *waiter)
{
    participant->failed = status == HB_OK && (waiter->status == HB_DEADLOCK || waiter->status == HB_STALLED);
    if (!participant->failed)
        return;
    participant->last_wait = (hb_thread_view){ .until = participant->deadline };
    hb_thread_view_wait(&participant->last_wait, waiter);
}

hb_status hb__bubble_park(hb_here *here, hb_waiter *waiter, int64_t deadline)
{
    hb_participant *participant = (hb_participant *)here;
    hb_bubble *bubble = participant->bubble;
    hb__bubble_lock(bubble);
    bubble->steps += !participant->interrupted; /* else it only sleeps on */
    participant->interrupted = false;
    hb_status status = what_is_there_locked(bubble, waiter, deadline);
    if (status == HB_WOULD_BLOCK)
        status = waiter->outside ? wait_outside_locked(participant, waiter)
                                 : hb__bubble_sleep_locked(participant, waiter, deadline);
    else if (participant->strays) /* V6: it was served while it looked after a signal */
        hb__bubble_queue_for_turn_locked(participant);
    hb__bubble_unlock(bubble);
    keep_failure(participant, status, waiter);
    return status;
}

/* ---- what others do to a sleeper ---- */

static bool sleeps_with_locked(const hb_participant *participant, const hb_waiter *waiter)
{
    return participant->sleeps && participant->waiter == waiter;
}

/* Under the lock, for once the waiter is done its owner may leave. PARKED: it waits outside. */
void hb__bubble_finish(hb_here *here, hb_waiter *waiter)
{
    hb_participant *participant = (hb_participant *)here;
    hb_bubble *bubble = participant->bubble;
    hb__bubble_lock(bubble);
    uint32_t before = hb_exchange(&waiter->state, HB_WAITER_CLAIMED | HB_WAITER_DONE);
    if (sleeps_with_locked(participant, waiter)) {
        rouse_locked(participant, HB_OK);
        hb__bubble_pass_turn_locked(bubble);
    }
    bubble->steps++;
    hb__bubble_unlock(bubble);
    if (before & HB_WAITER_PARKED)
        hb_platform_unpark(&waiter->state);
}

/* The source's lock is held, which keeps the waiter alive. */
void hb__bubble_nudge_locked(hb_here *here, hb_waiter *waiter)
{
    hb_participant *participant = (hb_participant *)here;
    hb_bubble *bubble = participant->bubble;
    hb__bubble_lock(bubble);
    uint32_t before = hb_fetch_or(&waiter->state, HB_WAITER_NUDGED);
    bool sleeps = sleeps_with_locked(participant, waiter) && !(before & HB_WAITER_CLAIMED);
    if (sleeps) {
        hb_fetch_and(&waiter->state, ~(uint32_t)HB_WAITER_NUDGED);
        rouse_locked(participant, HB_RETRY);
        hb__bubble_pass_turn_locked(bubble);
    }
    hb__bubble_unlock(bubble);
    if ((before & (HB_WAITER_CLAIMED | HB_WAITER_NUDGED | HB_WAITER_PARKED)) == HB_WAITER_PARKED)
        hb_platform_unpark(&waiter->state);
}
