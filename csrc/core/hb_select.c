#include "hb_select.h"

#include <stdlib.h>

#include "hb_rand.h"

/* ---- the order of locking ---- */

static int by_address(const void *a, const void *b)
{
    uintptr_t left = (uintptr_t) * (hb_source *const *)a;
    uintptr_t right = (uintptr_t) * (hb_source *const *)b;
    return (left > right) - (left < right);
}

static bool is_sorted(hb_source **order, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++)
        if (by_address(&order[i - 1], &order[i]) > 0)
            return false;
    return true;
}

/* What was made in a row mostly lies in a row: to see that takes a fifth of the
 * time of qsort. */
static void sort_sources(hb_source **order, uint32_t n)
{
    if (n > HB_INLINE_CASES) {
        if (!is_sorted(order, n))
            qsort(order, n, sizeof *order, by_address);
        return;
    }
    for (uint32_t i = 1; i < n; i++)
        for (uint32_t j = i; j > 0 && by_address(&order[j - 1], &order[j]) > 0; j--) {
            hb_source *lower = order[j];
            order[j] = order[j - 1];
            order[j - 1] = lower;
        }
}

/* Fills `order` with each source once, and learns whether any is timed. False
 * if some source stands in several cases. */
static bool list_sources(hb_select *select)
{
    uint32_t n = 0, distinct = 0;
    for (uint32_t i = 0; i < select->n; i++)
        if (select->cases[i].source)
            select->order[n++] = select->cases[i].source;
    sort_sources(select->order, n);
    for (uint32_t i = 0; i < n; i++)
        if (distinct == 0 || select->order[distinct - 1] != select->order[i])
            select->order[distinct++] = select->order[i];
    select->sources = distinct;
    for (uint32_t i = 0; i < distinct; i++) {
        select->timed |= select->order[i]->ops->due_locked != NULL;
        select->foreign |= hb_source_is_foreign(select->order[i]);
    }
    return distinct == n;
}

static void lock_all(hb_select *select)
{
    for (uint32_t i = 0; i < select->sources; i++)
        hb_lock_acquire(&select->order[i]->lock);
}

static void unlock_all(hb_select *select)
{
    for (uint32_t i = select->sources; i > 0; i--)
        hb_lock_release(&select->order[i - 1]->lock);
}

/* ---- life ---- */

static bool allocate(hb_select *select)
{
    select->order = select->inline_order;
    select->links = select->inline_links;
    if (select->n <= HB_INLINE_CASES)
        return true;
    select->order = malloc(select->n * sizeof *select->order);
    select->links = malloc(select->n * sizeof *select->links);
    return select->order && select->links;
}

/* Of several cases of one source, the first in its queue is served. To give all
 * the same chance they are linked in random order. */
static bool allocate_turns(hb_select *select)
{
    select->turns = select->inline_turns;
    if (select->n > HB_INLINE_CASES)
        select->turns = malloc(select->n * sizeof *select->turns);
    for (uint32_t i = 0; select->turns && i < select->n; i++)
        select->turns[i] = i;
    return select->turns != NULL;
}

static void shuffle_turns(hb_select *select)
{
    for (uint32_t i = select->n; i > 1; i--) {
        uint32_t j = hb_rand_below(i);
        uint32_t turn = select->turns[i - 1];
        select->turns[i - 1] = select->turns[j];
        select->turns[j] = turn;
    }
}

hb_status hb_select_init(hb_select *select, const hb_case *cases, uint32_t n, bool biased)
{
    select->cases = cases;
    select->n = n;
    select->biased = biased;
    select->timed = false;
    select->foreign = false;
    select->placed = false;
    select->turns = NULL;
    if (allocate(select) && (list_sources(select) || biased || allocate_turns(select)))
        return HB_OK;
    hb_select_fini(select);
    return HB_NO_MEMORY;
}

void hb_select_fini(hb_select *select)
{
    if (select->order != select->inline_order)
        free(select->order);
    if (select->links != select->inline_links)
        free(select->links);
    if (select->turns != select->inline_turns)
        free(select->turns);
}

/* ---- clocks ---- */

/* The instant a look at all cases goes by: on the clock of the calling thread, and outside. */
typedef struct moment {
    hb_time here, outside;
} moment;

static moment moment_of(bool timed)
{
    hb_time here = timed ? hb_now() : 0;
    return (moment){ here, timed && hb__here ? hb_platform_now() : here };
}

static bool is_outside(const hb_source *source)
{
    return source->bubble != hb_here_bubble();
}

static hb_time at(moment now, const hb_source *source)
{
    return is_outside(source) ? now.outside : now.here;
}

/* ---- polling ---- */

/* The index of a ready case, each with the same chance, or the first if biased;
 * n if none is. */
static uint32_t choose_locked(hb_select *select, moment now)
{
    uint32_t chosen = select->n, ready = 0;
    for (uint32_t i = 0; i < select->n; i++) {
        const hb_case *c = &select->cases[i];
        if (!c->source || !c->source->ops->ready_locked(c->source, c->direction, at(now, c->source)))
            continue;
        if (++ready == 1 || hb_rand_below(ready) == 0)
            chosen = i;
        if (select->biased)
            break;
    }
    return chosen;
}

/* A peer that looked alive may be won by another select before we win it: then
 * its link is gone and we choose again. */
static hb_status poll_locked(hb_select *select, hb_waiter **peer)
{
    moment now = moment_of(select->timed);
    hb_status status = HB_WOULD_BLOCK;
    while (status == HB_WOULD_BLOCK) {
        select->index = choose_locked(select, now);
        if (select->index == select->n)
            break;
        const hb_case *c = &select->cases[select->index];
        select->word = c->word;
        status = c->source->ops->take_locked(c->source, c->direction, &select->word,
                                             at(now, c->source), peer);
    }
    return status;
}

hb_status hb_select_try(hb_select *select)
{
    hb_waiter *peer = NULL;
    if (select->foreign)
        return HB_FOREIGN;
    lock_all(select);
    hb_status status = poll_locked(select, &peer);
    unlock_all(select);
    hb__wait_wake(peer);
    return status;
}

hb_status hb_case_try(const hb_case *c, hb_word *word)
{
    hb_waiter *peer = NULL;
    if (!c->source || hb_source_is_foreign(c->source))
        return c->source ? HB_FOREIGN : HB_WOULD_BLOCK;
    *word = c->word;
    hb_time now = c->source->ops->due_locked ? hb_source_now(c->source) : 0;
    hb_lock_acquire(&c->source->lock);
    hb_status status = c->source->ops->take_locked(c->source, c->direction, word, now, &peer);
    hb_lock_release(&c->source->lock);
    hb__wait_wake(peer);
    return status;
}

/* ---- waiting ---- */

static void link_locked(hb_select *select)
{
    hb_waiter_init(&select->waiter);
    select->waiter.cases = select->cases;
    select->waiter.n_cases = select->n;
    if (!select->placed)
        select->since = hb_now();
    select->placed = true;
    select->waiter.since = select->since;
    if (select->turns)
        shuffle_turns(select);
    for (uint32_t k = 0; k < select->n; k++) {
        uint32_t i = select->turns ? select->turns[k] : k;
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

hb_status hb_select_begin(hb_select *select)
{
    hb_waiter *peer = NULL;
    if (select->foreign)
        return HB_FOREIGN;
    lock_all(select);
    hb_status status = poll_locked(select, &peer);
    if (status == HB_WOULD_BLOCK) {
        link_locked(select);
        note_due_locked(select);
    }
    unlock_all(select);
    hb__wait_wake(peer);
    return status;
}

/* Source by source, so that losing holds up nobody. */
static void unlink_all(hb_select *select)
{
    for (uint32_t i = 0; i < select->n; i++) {
        hb_source *source = select->cases[i].source;
        if (!source || &select->links[i] == select->waiter.link)
            continue;
        hb_lock_acquire(&source->lock);
        hb__queue_remove_locked(source->ops->queue(source, select->cases[i].direction),
                                &select->links[i]);
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
    hb_status status;
    do {
        status = hb_select_begin(select);
        if (status == HB_WOULD_BLOCK)
            status = hb_select_wait(select, deadline);
    } while (status == HB_INTERRUPTED);
    return status;
}
