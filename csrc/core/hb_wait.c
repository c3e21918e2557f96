#include "hb_wait.h"

#include "hb_spin.h"

static _Thread_local hb_party *this_party;

/* ---- winning and waking ---- */

void hb__wait_finish(hb_waiter *waiter)
{
    if (waiter->here) {
        waiter->here->finish(waiter->here, waiter);
        return;
    }
    uint32_t before = hb_exchange(&waiter->state, HB_WAITER_CLAIMED | HB_WAITER_DONE);
    if (before & HB_WAITER_PARKED)
        hb_platform_unpark(&waiter->state);
    else
        hb__spin_met();
}

void hb_waiter_init(hb_waiter *waiter)
{
    hb_store_relaxed(&waiter->state, 0);
    waiter->since = 0;
    waiter->wake = hb__wait_finish;
    waiter->here = hb__here;
    waiter->outside = false;
    waiter->outside_due = HB_FOREVER;
    waiter->cases = NULL;
    waiter->n_cases = 0;
    waiter->link = NULL;
}

bool hb__wait_win(hb_waiter *waiter)
{
    uint32_t seen = hb_load_relaxed(&waiter->state);
    while (!(seen & HB_WAITER_CLAIMED))
        if (hb_cas(&waiter->state, &seen, seen | HB_WAITER_CLAIMED))
            return true;
    return false;
}

bool hb__wait_serve(hb_link *link, hb_status status, hb_word word)
{
    hb_waiter *waiter = link->waiter;
    if (!hb__wait_win(waiter))
        return false;
    waiter->next = NULL;
    waiter->link = link;
    waiter->status = status;
    waiter->word = word;
    return true;
}

void hb__wait_wake_chain(hb_waiter *chain)
{
    while (chain) {
        hb_waiter *next = chain->next; /* before the wake: then it may be gone */
        chain->wake(chain);
        chain = next;
    }
}

/* Who won it wakes it; who nudged it before has woken it, or it was awake and has yet to look. */
void hb__wait_nudge_locked(hb_waiter *waiter)
{
    if (waiter->here) {
        waiter->here->nudge_locked(waiter->here, waiter);
        return;
    }
    uint32_t before = hb_fetch_or(&waiter->state, HB_WAITER_NUDGED);
    if ((before & (HB_WAITER_CLAIMED | HB_WAITER_NUDGED | HB_WAITER_PARKED)) == HB_WAITER_PARKED)
        hb_platform_unpark(&waiter->state);
}

bool hb_wait_cancel(hb_waiter *waiter)
{
    if (hb__wait_win(waiter))
        return true;
    while (hb_wait_park(waiter, HB_FOREVER) != HB_OK)
        ; /* the winner is between winning and waking: that is never long */
    return false;
}

/* ---- parking ---- */

hb_status hb__wait_park_really(hb_waiter *waiter, hb_time until)
{
    uint32_t seen = hb_fetch_or(&waiter->state, HB_WAITER_PARKED) | HB_WAITER_PARKED;
    while (!(seen & HB_WAITER_DONE)) {
        if (seen & HB_WAITER_NUDGED) {
            hb_fetch_and(&waiter->state, ~(uint32_t)HB_WAITER_NUDGED);
            return HB_RETRY;
        }
        hb_status woken = hb_platform_park(&waiter->state, seen, until);
        seen = hb_load_acquire(&waiter->state);
        if (woken != HB_OK && !(seen & HB_WAITER_DONE))
            return woken;
    }
    return HB_OK;
}

static hb_status sleep_until_done(hb_waiter *waiter, hb_time deadline)
{
    return waiter->here ? waiter->here->park(waiter->here, waiter, deadline)
                        : hb__wait_park_really(waiter, deadline);
}

/* False if the party was told to stop: then it does not begin to wait. */
static bool party_waits(hb_party *party, hb_waiter *waiter, hb_time deadline)
{
    hb_lock_acquire(&party->lock);
    bool stopping = waiter && hb_load_relaxed(&party->stopping);
    party->waiting = waiter;
    party->until = deadline;
    party->waits += waiter != NULL;
    hb_lock_release(&party->lock);
    return !stopping;
}

/* The wait of a thread that can be told to stop. It publishes its waiter for
 * as long as it waits, so that hb_party_stop finds it. */
static hb_status sleep_as_party(hb_party *party, hb_waiter *waiter, hb_time deadline)
{
    if (!party_waits(party, waiter, deadline) && hb__wait_win(waiter)) {
        waiter->status = HB_STOPPED;
        hb_fetch_or(&waiter->state, HB_WAITER_DONE);
    }
    hb_status ended = sleep_until_done(waiter, deadline);
    party_waits(party, NULL, HB_FOREVER);
    return ended;
}

static hb_status sleep_now(hb_waiter *waiter, hb_time deadline)
{
    return this_party ? sleep_as_party(this_party, waiter, deadline)
                      : sleep_until_done(waiter, deadline);
}

/* In a bubble nobody watches: all is said by who sleeps. */
hb_status hb_wait_park(hb_waiter *waiter, hb_time deadline)
{
    if (waiter->here)
        return sleep_now(waiter, deadline);
    if (hb__spin(waiter))
        return HB_OK;
    hb_time began = hb_platform_now();
    hb_status ended = sleep_now(waiter, deadline);
    if (ended == HB_OK)
        hb__spin_slept(hb_platform_now() - began);
    return ended;
}

hb_status hb_wait_sleep(hb_time deadline)
{
    return hb__wait_sleep_since(deadline, hb_now());
}

hb_status hb__wait_sleep_since(hb_time deadline, hb_time since)
{
    hb_waiter waiter;
    hb_waiter_init(&waiter);
    waiter.since = since;
    hb_status ended = sleep_now(&waiter, deadline); /* nobody to watch for: no spin */
    if (ended != HB_OK && hb_wait_cancel(&waiter))
        return ended;
    return waiter.status;
}

/* ---- parties ---- */

void hb_party_init(hb_party *party)
{
    hb_lock_init(&party->lock);
    party->waiting = NULL;
    party->waits = 0;
    hb_store_relaxed(&party->stopping, 0);
}

void hb_party_enter(hb_party *party)
{
    this_party = party;
}

hb_party *hb_party_here(void)
{
    return this_party;
}

hb_waiter *hb__party_stop(hb_party *party)
{
    hb_lock_acquire(&party->lock);
    hb_store_relaxed(&party->stopping, 1);
    hb_waiter *waiter = party->waiting;
    bool won = waiter && hb__wait_win(waiter);
    hb_lock_release(&party->lock);
    if (!won)
        return NULL;
    waiter->status = HB_STOPPED; /* W3: it cannot leave before it is woken */
    waiter->next = NULL;
    return waiter;
}
