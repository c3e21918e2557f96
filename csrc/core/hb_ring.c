#include "hb_ring.h"

#include <stdlib.h>

#define FIRST_SIZE 8

/* It is full: from head to the end, then from the start to head. The second part moves behind the
 * first; the first stays, and in a large ring its pages move along without being copied. */
bool hb__ring_grow(hb_ring *ring)
{
    uint64_t size = ring->size ? ring->size * 2 : FIRST_SIZE;
    hb_word *words = size <= SIZE_MAX / sizeof *words ? realloc(ring->words, size * sizeof *words) : NULL;
    if (!words)
        return false;
    if (ring->head)
        memcpy(words + ring->size, words, ring->head * sizeof *words);
    ring->words = words;
    ring->size = size;
    return true;
}

void hb__ring_fini(hb_ring *ring)
{
    free(ring->words);
    *ring = (hb_ring){ NULL, 0, 0, 0 };
}
