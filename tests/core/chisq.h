/* chisq.h - whether counts look as if every result had the same chance. */
#ifndef CHISQ_H
#define CHISQ_H

#include <stdint.h>

/* The sum of squared deviations, each over the expected count. */
static inline double chi_squared(const uint32_t *counts, uint32_t n)
{
    double total = 0, sum = 0;
    for (uint32_t i = 0; i < n; i++)
        total += counts[i];
    double expected = total / n;
    for (uint32_t i = 0; i < n; i++) {
        double off = counts[i] - expected;
        sum += off * off / expected;
    }
    return sum;
}

/* What a fair generator exceeds less than once in a million tries, for n
 * results (n - 1 degrees of freedom), n from 2 to 10. */
static inline double chi_squared_limit(uint32_t n)
{
    static const double limits[] = { 0, 0, 23.93, 27.63, 30.66, 33.38, 35.89, 38.26, 40.52, 42.70, 44.81 };
    return limits[n];
}

#endif
