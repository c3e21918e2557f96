#include "hb_ring.h"

#include <stdlib.h>

#define FIRST_SIZE 8

bool hb__ring_grow(hb_ring *ring)
{
    uint64_t size = ring->size ? ring->size * 2 : FIRST_SIZE;
    hb_word *words = size <= SIZE_MAX / sizeof *words ? malloc(size * sizeof *words) : NULL;
    if (!words)
        return false;
    for (uint64_t i = 0; i < ring->count; i++)
        words[i] = hb__ring_at(ring, i);
    free(ring->words);
    *ring = (hb_ring){ .words = words, .size = size, .head = 0, .count = ring->count };
    return true;
}

void hb__ring_fini(hb_ring *ring)
{
    free(ring->words);
    *ring = (hb_ring){ NULL, 0, 0, 0 };
}
