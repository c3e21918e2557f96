#include "hb_queue.h"

static hb_link *first_of(hb_queues *queues, hb_direction direction)
{
    return hb_load_guarded(&queues->first[direction]);
}

/* Released: who looks without the lock then sees what was written before. */
static void set_first(hb_queues *queues, hb_direction direction, hb_link *link)
{
    hb_store_release(&queues->first[direction], (void *)link);
}

/* Q2. */
static void renew_locked(hb_queues *queues)
{
    if (queues->epoch == hb__epoch())
        return;
    set_first(queues, HB_RECV, NULL);
    set_first(queues, HB_SEND, NULL);
    queues->epoch = hb__epoch();
}

/* Into the circle. */
static void insert_before(hb_link *next, hb_link *link)
{
    link->next = next;
    link->prev = next->prev;
    next->prev->next = link;
    next->prev = link;
}

/* Nearly always the newcomer goes last, which in a circle is before the first; one that had to let
 * go of its place for a signal walks forward to it again. */
static void add_among(hb_queues *queues, hb_direction direction, hb_link *first, hb_link *link)
{
    hb_link *next = first;
    while (next->prev->waiter->since > link->waiter->since) {
        next = next->prev;
        if (next == first) {
            set_first(queues, direction, link);
            break;
        }
    }
    insert_before(next, link);
}

void hb__queue_add_locked(hb_queues *queues, hb_direction direction, hb_link *link)
{
    renew_locked(queues);
    hb_link *first = first_of(queues, direction);
    link->queued = true;
    if (first) {
        add_among(queues, direction, first, link);
        return;
    }
    link->next = link->prev = link;
    set_first(queues, direction, link);
}

void hb__queue_remove_locked(hb_queues *queues, hb_direction direction, hb_link *link)
{
    if (!link->queued)
        return;
    link->queued = false;
    if (first_of(queues, direction) == link)
        set_first(queues, direction, link->next == link ? NULL : link->next);
    link->prev->next = link->next;
    link->next->prev = link->prev;
}

hb_link *hb__queue_find_locked(hb_queues *queues, hb_direction direction)
{
    hb_link *first;
    renew_locked(queues);
    while ((first = first_of(queues, direction)) && hb__wait_is_won(first->waiter))
        hb__queue_remove_locked(queues, direction, first);
    return first;
}

hb_link *hb__queue_win_locked(hb_queues *queues, hb_direction direction, hb_status status, hb_word word)
{
    hb_link *first;
    renew_locked(queues);
    while ((first = first_of(queues, direction))) {
        hb__queue_remove_locked(queues, direction, first);
        if (hb__wait_serve(first, status, word))
            return first;
    }
    return NULL;
}

/* The link after this one; NULL after the last. */
static hb_link *next_of(hb_queues *queues, hb_direction direction, const hb_link *link)
{
    return link->next == first_of(queues, direction) ? NULL : link->next;
}

void hb__queue_nudge_all_locked(hb_queues *queues, hb_direction direction)
{
    hb_link *link = hb__queue_first_locked(queues, direction);
    for (; link; link = next_of(queues, direction, link))
        hb__wait_nudge_locked(link->waiter);
}

size_t hb__queue_count_locked(hb_queues *queues, hb_direction direction)
{
    size_t calls = 0;
    hb_waiter *last = NULL;
    hb_link *link = hb__queue_first_locked(queues, direction);
    for (; link; link = next_of(queues, direction, link)) {
        calls += link->waiter != last && !hb__wait_is_won(link->waiter);
        last = link->waiter; /* the links of one call are neighbours */
    }
    return calls;
}
