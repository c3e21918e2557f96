#include "hb_rand.h"

#include <stdbool.h>

#include "hb_platform.h"

typedef struct generator {
    uint64_t state;
    bool seeded;
} generator;

static _Thread_local generator mine HB_STATIC_TLS;

void hb_rand_seed(uint64_t seed)
{
    mine = (generator){ seed, true };
}

void hb_rand_unseed(void)
{
    hb_rand_seed((uint64_t)hb_platform_now() ^ (uint64_t)(uintptr_t)&mine << 20);
}

/* SplitMix64 (Steele, Lea, Flood 2014): one addition and a mix, any seed. */
static uint64_t next(void)
{
    if (!mine.seeded)
        hb_rand_unseed();
    uint64_t z = mine.state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Scaling 32 random bits by the bound leaves `bound - 1` results at most one
 * in 2^32 likelier than the rest: too little for any test to see. */
uint32_t hb_rand_below(uint32_t bound)
{
    return (uint32_t)((next() >> 32) * bound >> 32);
}

double hb_rand_unit(void)
{
    return (double)(next() >> 11) * 0x1p-53;
}
