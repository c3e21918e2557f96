/* hb_board: where the beats of a process live.
 *
 * One mapping, reserved whole when the first beat is opened and touched slot by slot,
 * so that its address and its slots never move: to look at a slot is always safe. It begins
 * with a header of a fixed layout, by which another process that can read this one's
 * memory finds its way even if this one hangs.
 *
 *   B1 Slot numbers run from HB_BOARD_FIRST to `used`; every slot below `used` is open
 *      (refs > 0) or in the list of the free.
 *   B2 A slot that was given back keeps its number and its place in memory.
 *   B3 refs goes from 0 only under the lock, when the slot is ready to be seen; so whoever
 *      raises it from 1 or more has an open beat.
 *
 * Locking: one lock for the header and the free list; taken before no other. Looking for
 * open slots takes none, because it may have to pass a million that are free. */
#ifndef HB_BOARD_H
#define HB_BOARD_H

#include "hb_beat.h"

#define HB_BOARD_VERSION 1u
#define HB_BOARD_FIRST 32u /* the header takes the room of the slots before */

typedef struct hb_board_header {
    char magic[8]; /* "hbboard" */
    uint32_t version, slot_size, first;
    hb_atomic_u32 used; /* one more than the highest number ever given */
    hb_atomic_u32 open;
    uint32_t stamps_count; /* stamps are counts of the processor, not nanoseconds */
} hb_board_header;

/* A slot with one reference and nothing in it but `more`, or NULL. */
hb_beat *hb__board_take(hb_more *more);
void hb__board_give(hb_beat *beat);

/* The lowest open slot above `number`, with a reference; NULL if there is none. Whoever opens
 * or closes a beat meanwhile is not held up. */
hb_beat *hb__board_after(uint32_t number);

extern hb_beat *hb__board_slots; /* constant once set, before the first number is given */

/* The slot of a number that was given. */
static inline hb_beat *hb__board_at(uint32_t number)
{
    return &hb__board_slots[number];
}

/* NULL before the first beat. */
const hb_board_header *hb_board(void);

#endif
