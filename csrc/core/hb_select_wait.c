#include "hb_select_impl.h"

#include "hb_rand.h"

/* ---- linking ---- */

/* Of several cases of one source, the first in its queue is served. To give all
 * the same chance they are linked in random order. */
static void shuffle_turns(hb_select *select)
{
    for (uint32_t i = 0; i < select->n; i++) {
        uint32_t j = hb_rand_below(i + 1);
        select->turns[i] = i;
        select->turns[i] = select->turns[j];
        select->turns[j] = i;
    }
}

static void link_cases_locked(hb_select *select)
{
    hb_waiter_init(&select->waiter);
    select->waiter.cases = select->cases;
    select->waiter.n_cases = select->n;
    if (!select->placed)
        select->since = hb_now();
    select->placed = true;
    select->waiter.since = select->since;
    bool shuffled = select->repeats && !select->biased;
    if (shuffled)
        shuffle_turns(select);
    for (uint32_t k = 0; k < select->n; k++) {
        uint32_t i = shuffled ? select->turns[k] : k;
        const hb_case *c = &select->cases[i];
        hb_link *link = &select->links[i];
        *link = (hb_link){ .waiter = &select->waiter, .word = c->word };
        if (c->source)
            hb__source_enqueue_locked(c->source, c->direction, link);
    }
}

/* When to wake next is learnt anew, source by source. */
static void forget_due(hb_select *select)
{
    select->due = HB_FOREVER;
    select->waiter.outside_due = HB_FOREVER;
}

static void note_due(hb_select *select, const hb_source *source, hb_time due)
{
    hb_time *earliest = is_outside(source) ? &select->waiter.outside_due : &select->due;
    *earliest = due < *earliest ? due : *earliest;
}

static void note_due_locked(hb_select *select)
{
    forget_due(select);
    for (uint32_t i = 0; select->timed && i < select->sources; i++) {
        hb_source *source = select->order[i];
        if (source->ops->due_locked)
            note_due(select, source, source->ops->due_locked(source));
    }
}

void hb__select_link_locked(hb_select *select)
{
    link_cases_locked(select);
    note_due_locked(select);
}

/* ---- waiting ---- */

/* Source by source, so that losing holds up nobody. */
static void unlink_all(hb_select *select)
{
    for (uint32_t i = 0; i < select->n; i++) {
        hb_source *source = select->cases[i].source;
        if (!source || &select->links[i] == select->waiter.link)
            continue;
        hb_lock_acquire(&source->lock);
        hb__queue_remove_locked(&source->waiting, select->cases[i].direction, &select->links[i]);
        hb_lock_release(&source->lock);
    }
}

/* The index of a case whose due time has passed, chosen as choose_locked does, or
 * n; and the earliest due time of the others. */
static uint32_t choose_due(hb_select *select, moment now)
{
    uint32_t chosen = select->n, due_now = 0;
    forget_due(select);
    for (uint32_t i = 0; i < select->n; i++) {
        hb_source *source = select->cases[i].source;
        if (!source)
            continue;
        hb_time due = hb_source_due(source);
        if (due > at(now, source))
            note_due(select, source, due);
        else if (++due_now == 1 || (!select->biased && hb_rand_below(due_now) == 0))
            chosen = i;
    }
    return chosen;
}

/* Whoever wakes first at a due time serves the one who waits longest, itself or
 * not. False if nothing is due any more; then select->due is when to wake next. */
static bool serve_due(hb_select *select)
{
    moment now = moment_of(true);
    uint32_t chosen = choose_due(select, now);
    if (chosen == select->n)
        return false;
    hb_source *source = select->cases[chosen].source;
    hb_lock_acquire(&source->lock);
    hb_waiter *chain = source->ops->expire_locked(source, at(now, source));
    hb_lock_release(&source->lock);
    hb__wait_wake(chain);
    select->due = now.here; /* if it was not us who was served, look again at once */
    return true;
}

/* HB_TIMEOUT also if somebody has won the select and is about to wake it. Then
 * nobody may be left to be served with what is due, and it stays due.
 *
 * After a nudge the due times are read again, and after what was due outside was taken by
 * another; those who nudge without end do not hold up the deadline. */
static hb_status park_until(hb_select *select, hb_time deadline)
{
    for (;;) {
        hb_time until = select->due < deadline ? select->due : deadline;
        hb_status status = hb_wait_park(&select->waiter, until);
        bool nudged = status == HB_RETRY;
        if (!nudged && (status != HB_TIMEOUT || hb__wait_is_won(&select->waiter)))
            return status;
        bool served = select->timed && serve_due(select);
        if (!served && until == deadline && hb_now() >= deadline)
            return HB_TIMEOUT;
    }
}

static hb_status outcome(hb_select *select)
{
    if (select->waiter.link) {
        select->index = (uint32_t)(select->waiter.link - select->links);
        select->word = select->waiter.word;
    }
    return select->waiter.status;
}

hb_status hb_select_park(hb_select *select, hb_time deadline)
{
    return select->sources == 0 ? hb__wait_sleep_since(deadline, select->since) : park_until(select, deadline);
}

hb_status hb_select_end(hb_select *select, hb_status parked)
{
    hb_status status = parked;
    if (select->sources == 0)
        return parked;
    if (parked == HB_OK || !hb_wait_cancel(&select->waiter))
        status = outcome(select);
    unlink_all(select);
    return status;
}

hb_status hb_select_wait(hb_select *select, hb_time deadline)
{
    return hb_select_end(select, hb_select_park(select, deadline));
}

hb_status hb_select_run(hb_select *select, hb_time deadline)
{
    hb_status status = HB_WOULD_BLOCK;
    if (!select->biased)
        status = hb_cases_try_any(select->cases, select->n, &select->index, &select->word);
    while (status == HB_WOULD_BLOCK || status == HB_INTERRUPTED) {
        status = hb_select_begin(select);
        if (status == HB_WOULD_BLOCK)
            status = hb_select_wait(select, deadline);
    }
    return status;
}
