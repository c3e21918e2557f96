#include "hb_wheel.h"

#include <string.h>

#include "hb_board.h"

#define DIGIT 6u
#define DIGIT_MASK 63u

void hb_wheel_init(hb_wheel *wheel)
{
    memset(wheel, 0, sizeof *wheel);
}

/* ---- lists ---- */

static uint32_t *list_of(hb_wheel *wheel, const hb_beat *beat, uint32_t bucket)
{
    return &wheel->first[bucket][beat->number % HB_WHEEL_LANES];
}

static void add(hb_wheel *wheel, hb_beat *beat, uint32_t bucket)
{
    uint32_t *first = list_of(wheel, beat, bucket);
    beat->watched.next = *first;
    beat->watched.bucket = (uint16_t)bucket;
    if (*first)
        hb__board_at(*first)->watched.prev = beat->number;
    *first = beat->number;
}

static void cut_out(hb_wheel *wheel, hb_beat *beat)
{
    hb_watched *watched = &beat->watched;
    uint32_t *first = list_of(wheel, beat, watched->bucket);
    if (*first == beat->number) {
        *first = watched->next;
        return;
    }
    hb__board_at(watched->prev)->watched.next = watched->next;
    if (watched->next)
        hb__board_at(watched->next)->watched.prev = watched->prev;
}

static bool is_empty(const hb_wheel *wheel, uint32_t bucket)
{
    uint32_t any = 0;
    for (uint32_t lane = 0; lane < HB_WHEEL_LANES; lane++)
        any |= wheel->first[bucket][lane];
    return any == 0;
}

/* ---- buckets ---- */

static uint32_t bucket_at(uint32_t level, uint32_t digit)
{
    return 1 + level * 64 + digit;
}

/* Q2. */
static uint32_t level_of(const hb_wheel *wheel, hb_time due)
{
    uint64_t differs = (uint64_t)(due ^ wheel->present);
    return differs ? (63u - (uint32_t)__builtin_clzll(differs)) / DIGIT : 0;
}

static void mark(hb_wheel *wheel, uint32_t level, uint32_t digit, hb_time due)
{
    uint32_t bucket = bucket_at(level, digit);
    uint64_t bit = (uint64_t)1 << digit;
    if (!(wheel->occupied[level] & bit) || due < wheel->least[bucket])
        wheel->least[bucket] = due;
    wheel->occupied[level] |= bit;
    wheel->levels |= 1u << level;
}

static void unmark(hb_wheel *wheel, uint32_t bucket)
{
    uint32_t level = (bucket - 1) / 64, digit = (bucket - 1) % 64;
    wheel->occupied[level] &= ~((uint64_t)1 << digit);
    if (!wheel->occupied[level])
        wheel->levels &= ~(1u << level);
}

static bool is_in_order(const hb_wheel *wheel, uint32_t bucket)
{
    return bucket >= 1 && bucket <= HB_WHEEL_BUCKETS && bucket != wheel->opened;
}

/* 0: none is in order. */
static uint32_t earliest(const hb_wheel *wheel)
{
    if (!wheel->levels)
        return 0;
    uint32_t level = (uint32_t)__builtin_ctz(wheel->levels);
    return bucket_at(level, (uint32_t)__builtin_ctzll(wheel->occupied[level]));
}

/* ---- entries ---- */

void hb_wheel_file(hb_wheel *wheel, hb_beat *beat, hb_time due)
{
    hb_time place = due < wheel->present ? wheel->present : due;
    uint32_t level = level_of(wheel, place);
    uint32_t digit = (uint32_t)(place >> (level * DIGIT)) & DIGIT_MASK;
    uint32_t bucket = bucket_at(level, digit);
    if (bucket != wheel->opened) /* only what is due now can get there */
        mark(wheel, level, digit, due);
    beat->watched.due = due;
    add(wheel, beat, bucket);
}

void hb_wheel_take(hb_wheel *wheel, hb_beat *beat)
{
    uint32_t bucket = beat->watched.bucket;
    if (bucket != HB_BUCKET_NONE && bucket != HB_BUCKET_HELD)
        cut_out(wheel, beat);
    if (is_in_order(wheel, bucket) && is_empty(wheel, bucket))
        unmark(wheel, bucket);
    beat->watched.bucket = HB_BUCKET_NONE;
}

void hb_wheel_call(hb_wheel *wheel, hb_beat *beat)
{
    hb_wheel_take(wheel, beat);
    add(wheel, beat, HB_BUCKET_CALLED);
}

/* ---- the earliest ---- */

static bool can_read(const hb_wheel *wheel)
{
    return !is_empty(wheel, HB_BUCKET_CALLED) || (wheel->opened && !is_empty(wheel, wheel->opened));
}

hb_time hb_wheel_next(const hb_wheel *wheel)
{
    if (can_read(wheel))
        return wheel->present;
    uint32_t bucket = earliest(wheel);
    return bucket ? wheel->least[bucket] : HB_FOREVER;
}

/* Q3: as near to now as the bucket's range allows, so that what is filed again goes down
 * the furthest. */
static void move_present(hb_wheel *wheel, uint32_t bucket, hb_time now)
{
    uint32_t shift = (bucket - 1) / 64 * DIGIT;
    uint64_t digit = (bucket - 1) % 64, present = (uint64_t)wheel->present;
    uint64_t above = shift + DIGIT < 64 ? present >> (shift + DIGIT) << (shift + DIGIT) : 0;
    hb_time begin = (hb_time)(above | digit << shift);
    hb_time end = begin + (hb_time)(((uint64_t)1 << shift) - 1);
    hb_time to = now < begin ? begin : now > end ? end : now;
    if (to > wheel->present)
        wheel->present = to;
}

bool hb_wheel_open(hb_wheel *wheel, hb_time now)
{
    if (can_read(wheel))
        return true;
    wheel->opened = 0;
    uint32_t bucket = earliest(wheel);
    if (!bucket || wheel->least[bucket] > now)
        return false;
    move_present(wheel, bucket, now);
    unmark(wheel, bucket);
    wheel->opened = bucket;
    return true;
}

/* ---- reading ---- */

/* The first of a lane; what is wanted of it next, and the one behind it, are on their way then. */
static hb_beat *read_lane(uint32_t *first)
{
    hb_beat *beat = hb__board_at(*first);
    __builtin_prefetch(&beat->last);
    *first = beat->watched.next;
    if (*first)
        __builtin_prefetch(&hb__board_at(*first)->watched, 1);
    beat->watched.bucket = HB_BUCKET_NONE;
    return beat;
}

size_t hb_wheel_read(hb_wheel *wheel, hb_beat **beats, size_t n)
{
    bool called = !is_empty(wheel, HB_BUCKET_CALLED);
    uint32_t bucket = called ? HB_BUCKET_CALLED : wheel->opened;
    size_t read = 0, before;
    if (!bucket)
        return 0;
    do {
        before = read;
        for (uint32_t lane = 0; lane < HB_WHEEL_LANES && read < n; lane++)
            if (wheel->first[bucket][lane])
                beats[read++] = read_lane(&wheel->first[bucket][lane]);
    } while (read < n && read > before);
    return read;
}
