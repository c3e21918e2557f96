#include "hb_select_impl.h"

#include <stdlib.h>

#include "hb_rand.h"

/* Up to so many cases are sorted by insertion, which at that number is still cheaper than qsort,
 * whatever their order. */
#define FEW_CASES 64u

/* ---- the order of locking ---- */

static bool is_after(const hb_source *left, const hb_source *right)
{
    return (uintptr_t)left > (uintptr_t)right;
}

static void sort_few(hb_source **order, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        hb_source *source = order[i];
        uint32_t place = i;
        for (; place > 0 && is_after(order[place - 1], source); place--)
            order[place] = order[place - 1];
        order[place] = source;
    }
}

static int by_address(const void *a, const void *b)
{
    const hb_source *left = *(hb_source *const *)a, *right = *(hb_source *const *)b;
    return is_after(left, right) - is_after(right, left);
}

static bool is_sorted(hb_source **order, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++)
        if (is_after(order[i - 1], order[i]))
            return false;
    return true;
}

/* What was made in a row often lies in a row: to see that takes a fifth of the time of qsort. */
static void sort_many(hb_source **order, uint32_t n)
{
    if (!is_sorted(order, n))
        qsort(order, n, sizeof *order, by_address);
}

static void list_sources(hb_select *select)
{
    hb_source **order = select->order;
    uint32_t n = 0, distinct = 0;
    for (uint32_t i = 0; i < select->n; i++)
        if (select->cases[i].source)
            order[n++] = select->cases[i].source;
    (n <= FEW_CASES ? sort_few : sort_many)(order, n);
    for (uint32_t i = 0; i < n; i++)
        if (distinct == 0 || order[distinct - 1] != order[i])
            order[distinct++] = order[i];
    select->sources = distinct;
    select->repeats = distinct < n;
    select->listed = true;
}

/* ---- life ---- */

/* One block for the three arrays. */
static bool allocate(hb_select *select)
{
    size_t links = select->n * sizeof *select->links;
    size_t order = select->n * sizeof *select->order;
    char *block = malloc(links + order + select->n * sizeof *select->turns);
    if (!block)
        return false;
    select->links = (hb_link *)(void *)block;
    select->order = (hb_source **)(void *)(block + links);
    select->turns = (uint32_t *)(void *)(block + links + order);
    return true;
}

static void note_kinds(hb_select *select)
{
    bool timed = false, foreign = false;
    for (uint32_t i = 0; i < select->n; i++) {
        const hb_source *source = select->cases[i].source;
        timed |= source && source->ops->due_locked;
        foreign |= source && hb_source_is_foreign(source);
    }
    select->timed = timed;
    select->foreign = foreign;
}

hb_status hb_select_init(hb_select *select, const hb_case *cases, uint32_t n, bool biased)
{
    select->cases = cases;
    select->n = n;
    select->biased = biased;
    select->listed = false;
    select->placed = false;
    select->order = select->inline_order;
    select->links = select->inline_links;
    select->turns = select->inline_turns;
    note_kinds(select);
    return n <= HB_INLINE_CASES || allocate(select) ? HB_OK : HB_NO_MEMORY;
}

void hb_select_fini(hb_select *select)
{
    if (select->links != select->inline_links)
        free(select->links);
}

/* ---- polling ---- */

static void lock_all(hb_select *select)
{
    if (!select->listed)
        list_sources(select);
    for (uint32_t i = 0; i < select->sources; i++)
        hb__source_lock(select->order[i]);
}

static void unlock_all(hb_select *select)
{
    for (uint32_t i = select->sources; i > 0; i--)
        hb_lock_release(&select->order[i - 1]->lock);
}

static bool is_ready_locked(const hb_case *c, hb_time now)
{
    return c->source && c->source->ops->ready_locked(c->source, c->direction, now);
}

/* What counts as now for one case; 0 where nothing asks for it. */
static hb_time now_of(const hb_select *select, moment now, const hb_case *c)
{
    return select->timed && c->source ? at(now, c->source) : 0;
}

/* The index of a ready case, each with the same chance, or the first if biased;
 * n if none is. */
static uint32_t choose_locked(hb_select *select, moment now)
{
    uint32_t chosen = select->n, ready = 0;
    for (uint32_t i = 0; i < select->n; i++) {
        if (!is_ready_locked(&select->cases[i], now_of(select, now, &select->cases[i])))
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
                                             now_of(select, now, c), peer);
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

hb_status hb_select_begin(hb_select *select)
{
    hb_waiter *peer = NULL;
    if (select->foreign)
        return HB_FOREIGN;
    lock_all(select);
    hb_status status = poll_locked(select, &peer);
    if (status == HB_WOULD_BLOCK)
        hb__select_link_locked(select);
    unlock_all(select);
    hb__wait_wake(peer);
    return status;
}

