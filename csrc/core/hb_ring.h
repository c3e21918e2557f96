/* hb_ring: the words a channel holds, oldest first.
 *
 * Grows as it fills, so that a large capacity costs nothing until it is used,
 * and gives its memory back when it drains. Guarded by the channel's lock. */
#ifndef HB_RING_H
#define HB_RING_H

#include <string.h>

#include "hb_wait.h"

typedef struct hb_ring {
    hb_word *words;
    uint64_t size; /* of words: 0 or a power of two */
    uint64_t head; /* index of the oldest */
    uint64_t count;
} hb_ring;

bool hb__ring_grow(hb_ring *ring);

/* Room for one more. False when there is no memory; then nothing has changed. */
static inline bool hb__ring_reserve(hb_ring *ring)
{
    return ring->count < ring->size || hb__ring_grow(ring);
}

void hb__ring_fini(hb_ring *ring);

/* Above this size an empty ring goes back to the system. */
#define HB_RING_KEPT 4096

/* Gives back what a burst left behind. Call it when the ring is empty. */
static inline void hb__ring_relax(hb_ring *ring)
{
    if (ring->size > HB_RING_KEPT)
        hb__ring_fini(ring);
}

static inline hb_word hb__ring_at(const hb_ring *ring, uint64_t i)
{
    return ring->words[(ring->head + i) & (ring->size - 1)];
}

/* There is room: reserved, or popped before. */
static inline void hb__ring_push(hb_ring *ring, hb_word word)
{
    ring->words[(ring->head + ring->count++) & (ring->size - 1)] = word;
}

static inline hb_word hb__ring_pop(hb_ring *ring)
{
    hb_word word = ring->words[ring->head];
    ring->head = (ring->head + 1) & (ring->size - 1);
    ring->count--;
    return word;
}

/* The oldest n, which are there. */
static inline void hb__ring_pop_many(hb_ring *ring, hb_word *words, size_t n)
{
    size_t to_end = (size_t)(ring->size - ring->head);
    size_t first = n < to_end ? n : to_end;
    memcpy(words, ring->words + ring->head, first * sizeof *words);
    memcpy(words + first, ring->words, (n - first) * sizeof *words);
    ring->head = (ring->head + n) & (ring->size - 1);
    ring->count -= n;
}

#endif
