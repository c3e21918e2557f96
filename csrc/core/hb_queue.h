/* hb_queue: the calls that wait for a source, in a queue for each direction.
 *
 * Its links make a circle, from the one that waits longest, which the source knows, to the newest,
 * which is before it. They are ordered by `since`, the instant the call began to wait; a call that
 * must let go of its place to handle a signal gets the same place again.
 *
 *   Q1 A link is in one queue at most (`queued`).
 *   Q2 Queues of another epoch hold links of threads that were not forked along, in memory that may
 *      have been given to others: both are forgotten unread.
 *
 * Locking: the source's lock guards everything here. Without it can be told only whether there
 * are links. */
#ifndef HB_QUEUE_H
#define HB_QUEUE_H

#include "hb_wait.h"

typedef enum hb_direction { HB_RECV, HB_SEND } hb_direction;

typedef struct hb_queues {
    hb_atomic_ptr first[2]; /* by direction: the hb_link that waits longest, or NULL */
    uint32_t epoch;         /* of what is linked */
} hb_queues;

static inline void hb__queues_init(hb_queues *queues)
{
    hb_store_relaxed(&queues->first[HB_RECV], NULL);
    hb_store_relaxed(&queues->first[HB_SEND], NULL);
    queues->epoch = 0; /* of nobody: the first link renews it */
}

/* Without the lock. Some of the links may be dead, their calls served by another source. */
static inline bool hb__queue_has_links(hb_queues *queues, hb_direction direction)
{
    return hb_load_acquire(&queues->first[direction]) != NULL;
}

void hb__queue_add_locked(hb_queues *queues, hb_direction direction, hb_link *link);
/* Nothing happens if it has left already. */
void hb__queue_remove_locked(hb_queues *queues, hb_direction direction, hb_link *link);
hb_link *hb__queue_find_locked(hb_queues *queues, hb_direction direction);
void hb__queue_nudge_all_locked(hb_queues *queues, hb_direction direction);
hb_link *hb__queue_win_locked(hb_queues *queues, hb_direction direction, hb_status status, hb_word word);

/* The longest-waiting link that can still be won, or NULL. Drops dead ones. */
static inline hb_link *hb__queue_first_locked(hb_queues *queues, hb_direction direction)
{
    return hb_load_guarded(&queues->first[direction]) ? hb__queue_find_locked(queues, direction) : NULL;
}

/* Serves and removes the longest-waiting link; NULL if nobody waits. */
static inline hb_link *hb__queue_serve_locked(hb_queues *queues, hb_direction direction,
                                              hb_status status, hb_word word)
{
    return hb_load_guarded(&queues->first[direction])
               ? hb__queue_win_locked(queues, direction, status, word)
               : NULL;
}

/* Ends the parks of all who wait, once each, with HB_RETRY. They wait on in their
 * places. Who is served at the same time is served. */
static inline void hb__queue_nudge_locked(hb_queues *queues, hb_direction direction)
{
    if (hb_load_guarded(&queues->first[direction]))
        hb__queue_nudge_all_locked(queues, direction);
}

/* How many calls wait, however many links each has. */
size_t hb__queue_count_locked(hb_queues *queues, hb_direction direction);

#endif
