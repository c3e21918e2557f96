/* hb_time: instants and durations, and the clock in force.
 *
 * An instant is an int64 of nanoseconds on a monotonic clock; so is a duration.
 * HB_FOREVER is later than every instant. What users meet as time is read through hb_now():
 * in a thread of a bubble, the bubble's clock. Locks, spins and threads of the engine that serve
 * all clocks use the real one, hb_platform_now(). */
#ifndef HB_TIME_H
#define HB_TIME_H

#include <stdint.h>

typedef int64_t hb_time;

#define HB_FOREVER INT64_MAX
#define HB_SECOND ((hb_time)1000000000)

/* The present instant on the clock in force for this thread. */
hb_time hb_now(void);

/* instant + duration (not negative), HB_FOREVER where the sum has no place. */
hb_time hb_time_add(hb_time instant, hb_time duration);

#endif
