/* hb_ring: memory for the words a channel holds.
 *
 * Each word has a position, one more than that of the word before it, and lies at its position
 * modulo the size. Which positions are in use is the channel's to know: from how many words it has
 * given out up to how many it has accepted, never more than there is room for.
 *
 * Grows as it fills, so that a large capacity costs nothing until it is used,
 * and gives its memory back when it drains. Guarded by the channel's lock. */
#ifndef HB_RING_H
#define HB_RING_H

#include <string.h>

#include "hb_wait.h"

typedef struct hb_ring {
    uint64_t size; /* of words: 0 or a power of two */
    hb_word words[];
} hb_ring;

/* What a channel has that holds nothing; it is never written to. */
extern hb_ring hb__ring_none;

/* A full ring, whose oldest word has the position `first`, gets twice the room. False when there is no
 * memory; then nothing has changed. */
bool hb__ring_grow(hb_ring **ring, uint64_t first);

void hb__ring_free(hb_ring **ring);

/* Above this size an empty ring goes back to the system. */
#define HB_RING_KEPT 4096

/* Gives back what a burst left behind. Call it when the ring is empty. */
static inline void hb__ring_relax(hb_ring **ring)
{
    if ((*ring)->size > HB_RING_KEPT)
        hb__ring_free(ring);
}

static inline void hb__ring_put(hb_ring *ring, uint64_t position, hb_word word)
{
    ring->words[position & (ring->size - 1)] = word;
}

static inline hb_word hb__ring_get(const hb_ring *ring, uint64_t position)
{
    return ring->words[position & (ring->size - 1)];
}

/* The n words from that position on, which are there. */
static inline void hb__ring_get_many(const hb_ring *ring, uint64_t position, hb_word *words, size_t n)
{
    size_t start = (size_t)(position & (ring->size - 1)), to_end = (size_t)ring->size - start;
    size_t first = n < to_end ? n : to_end;
    memcpy(words, ring->words + start, first * sizeof *words);
    memcpy(words + first, ring->words, (n - first) * sizeof *words);
}

#endif
