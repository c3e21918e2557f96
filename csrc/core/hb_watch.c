#include "hb_watch.h"

#include <stdlib.h>

#include "hb_rand.h"

void hb_hints_init(hb_hints *hints)
{
    *hints = (hb_hints){ .hinted = NULL };
    hb_lock_init(&hints->lock);
}

void hb_hints_fini(hb_hints *hints)
{
    free(hints->hinted);
}

/* ---- the list ---- */

static void add_locked(hb_hints *hints, hb_watch *watch)
{
    if (hb_load_relaxed(&watch->place))
        return;
    hints->hinted[hints->n++] = watch;
    hb_store_relaxed(&watch->place, hints->n);
}

static void remove_locked(hb_hints *hints, hb_watch *watch)
{
    uint64_t place = hb_load_relaxed(&watch->place);
    if (place == 0)
        return;
    hb_watch *last = hints->hinted[--hints->n];
    hints->hinted[place - 1] = last;
    hb_store_relaxed(&last->place, place);
    hb_store_relaxed(&watch->place, 0);
}

void hb_hint(hb_watch *watch)
{
    hb_lock_acquire(&watch->hints->lock);
    add_locked(watch->hints, watch);
    hb_lock_release(&watch->hints->lock);
}

void hb_unhint(hb_watch *watch)
{
    hb_lock_acquire(&watch->hints->lock);
    remove_locked(watch->hints, watch);
    hb_lock_release(&watch->hints->lock);
}

void hb__watch_notify_locked(hb_watch *first, int direction)
{
    for (hb_watch *watch = first; watch; watch = watch->next)
        if (watch->direction == direction && !hb_load_relaxed(&watch->place))
            hb_hint(watch);
}

static hb_watch *least_locked(hb_hints *hints)
{
    hb_watch *least = hints->hinted[0];
    for (size_t i = 1; i < hints->n; i++)
        if (hints->hinted[i]->key < least->key)
            least = hints->hinted[i];
    return least;
}

hb_watch *hb_hints_look(hb_hints *hints, bool least)
{
    hb_watch *found = NULL;
    hb_lock_acquire(&hints->lock);
    if (hints->n == 1)
        found = hints->hinted[0];
    else if (hints->n)
        found = least ? least_locked(hints) : hints->hinted[hb_rand_below((uint32_t)hints->n)];
    hb_lock_release(&hints->lock);
    return found;
}

/* ---- watches ---- */

static bool reserve_locked(hb_hints *hints)
{
    if (hints->watches < hints->size)
        return true;
    size_t size = hints->size ? hints->size * 2 : 8;
    hb_watch **hinted = realloc(hints->hinted, size * sizeof *hinted);
    if (!hinted)
        return false;
    hints->hinted = hinted;
    hints->size = size;
    return true;
}

hb_status hb_watch_init(hb_watch *watch, hb_hints *hints, int direction, uint64_t key)
{
    *watch = (hb_watch){ .direction = direction, .key = key, .hints = hints };
    hb_lock_acquire(&hints->lock);
    bool reserved = reserve_locked(hints);
    hints->watches += reserved;
    hb_lock_release(&hints->lock);
    return reserved ? HB_OK : HB_NO_MEMORY;
}

void hb_watch_fini(hb_watch *watch)
{
    hb_hints *hints = watch->hints;
    hb_lock_acquire(&hints->lock);
    remove_locked(hints, watch);
    hints->watches--;
    hb_lock_release(&hints->lock);
}
