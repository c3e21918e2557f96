#include "hb_ring.h"

#include <stdlib.h>

#define FIRST_SIZE 8
#define MOST ((SIZE_MAX - sizeof(hb_ring)) / sizeof(hb_word))

hb_ring hb__ring_none = { .size = 0 };

/* The words lie from `start` to the old end, and then from 0 on. Modulo twice the size, the old end
 * and 0 are the two places where one of the parts has to go: the other stays, and in a large ring its
 * pages move along without being copied. */
static void spread(hb_ring *ring, uint64_t old, uint64_t first)
{
    uint64_t start = first & (old - 1);
    if (first & old)
        memcpy(ring->words + old + start, ring->words + start, (old - start) * sizeof *ring->words);
    else
        memcpy(ring->words + old, ring->words, start * sizeof *ring->words);
}

bool hb__ring_grow(hb_ring **ring, uint64_t first)
{
    uint64_t old = (*ring)->size, size = old ? old * 2 : FIRST_SIZE;
    hb_ring *grown = NULL;
    if (size <= MOST)
        grown = realloc(old ? *ring : NULL, sizeof *grown + size * sizeof *grown->words);
    if (!grown)
        return false;
    grown->size = size;
    if (old)
        spread(grown, old, first);
    *ring = grown;
    return true;
}

void hb__ring_free(hb_ring **ring)
{
    if ((*ring)->size)
        free(*ring);
    *ring = &hb__ring_none;
}
