/* hb_wheel: which beat is to be looked at next.
 *
 * A queue of beats by due time whose present never goes back. A due time is read as a
 * number of eleven digits of 6 bits, to the nanosecond; there is no granularity.
 *
 *   Q1 present <= due of every entry (what is overdue is filed as if due at the present).
 *   Q2 An entry's level is that of the highest digit in which its due time differs from
 *      the present, 0 if in none, and its bucket is that digit. So all of one level
 *      are due before all of the next, and within a level lower digits come first.
 *   Q3 When the present moves to an instant in the range of the earliest bucket,
 *      the entries of that bucket alone are misplaced. So the bucket is opened: it is
 *      out of the order, and whoever opened it reads its entries, looks at each, and
 *      files it again if need be, mostly far away. So a beat that pulses costs one filing
 *      a look, and one that does not goes down level by level to its very instant.
 *      No other bucket is opened before all have been read.
 *   Q4 least[bucket] <= due of every entry in it; exact unless some were taken out.
 *
 * An entry is a slot of the board, linked by number, so a link is 4 bytes and the links are in the
 * slot. A bucket's entries are in several lists, the lanes, by number: whoever follows one
 * list must wait for memory at every step, but can follow several at the same time.
 * `prev` of the first of a list means nothing, so that reading a list from its front touches
 * no entry but the one that is read.
 *
 * Locking: all of it, and the `due`, `next`, `prev`, `bucket` of every entry, is M's. */
#ifndef HB_WHEEL_H
#define HB_WHEEL_H

#include <stddef.h>

#include "hb_beat.h"

#define HB_WHEEL_LEVELS 11u
#define HB_WHEEL_BUCKETS (HB_WHEEL_LEVELS * 64u)
#define HB_WHEEL_LANES 16u

enum {
    HB_BUCKET_NONE = 0, /* 1 .. HB_WHEEL_BUCKETS: in the wheel */
    HB_BUCKET_CALLED = HB_WHEEL_BUCKETS + 1, /* to be read before all others */
    HB_BUCKET_HELD, /* in nobody's list: the monitors' thread has it in hand */
};

typedef struct hb_wheel {
    hb_time present;
    uint32_t opened;                     /* a bucket, or 0 */
    uint32_t levels;                     /* a bit a level: it has entries that are not opened */
    uint64_t occupied[HB_WHEEL_LEVELS];  /* a bit a bucket */
    hb_time least[HB_WHEEL_BUCKETS + 2]; /* by bucket number */
    uint32_t first[HB_WHEEL_BUCKETS + 2][HB_WHEEL_LANES]; /* slot numbers, 0: none */
} hb_wheel;

/* Empty, and its present at the beginning of time. */
void hb_wheel_init(hb_wheel *wheel);

/* Files a beat that is in no bucket. */
void hb_wheel_file(hb_wheel *wheel, hb_beat *beat, hb_time due);

/* Takes it out of its bucket, wherever that is; nothing if it is in none. */
void hb_wheel_take(hb_wheel *wheel, hb_beat *beat);

/* Moves it to those that can be read at once. */
void hb_wheel_call(hb_wheel *wheel, hb_beat *beat);

/* When there will be something to read: never later than the earliest due time. HB_FOREVER:
 * the wheel is empty. */
hb_time hb_wheel_next(const hb_wheel *wheel);

/* Opens the earliest bucket if it may hold something due by `now`, unless there is still something
 * to read. True if there is something to read. */
bool hb_wheel_open(hb_wheel *wheel, hb_time now);

/* Takes out up to n of what can be read. They are in no bucket then, and on their way into
 * the cache. */
size_t hb_wheel_read(hb_wheel *wheel, hb_beat **beats, size_t n);

#endif
