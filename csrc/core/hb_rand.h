/* hb_rand: the choices that are left to chance.
 *
 * Each thread has a generator of its own, seeded from the clock and its address
 * until hb_rand_seed makes its choices repeatable. No locks. */
#ifndef HB_RAND_H
#define HB_RAND_H

#include <stdint.h>

/* Seeds the calling thread's generator. */
void hb_rand_seed(uint64_t seed);
/* Seeds it afresh, so that no run repeats another. */
void hb_rand_unseed(void);


/* Uniform in 0 .. bound - 1; bound > 0. */
uint32_t hb_rand_below(uint32_t bound);

/* Uniform in 0 <= x < 1, in steps of 2^-53. */
double hb_rand_unit(void);

#endif
