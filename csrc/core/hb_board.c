#include "hb_board.h"

#include <string.h>

#define MOST_BYTES ((size_t)1 << 30)
#define LEAST_BYTES ((size_t)1 << 20)

static struct {
    hb_lock lock;
    hb_beat *slots;   /* lock; constant once set: slot 0 is the header's */
    uint32_t size;    /* lock; constant once set: in slots */
    uint32_t free;    /* lock: number of the first, through watched.next; 0: none */
} board;

static hb_board_header *header(void)
{
    return (hb_board_header *)board.slots;
}

/* A process may be held to less memory than it could ever need. */
static bool reserve_locked(void)
{
    for (size_t bytes = MOST_BYTES; !board.slots && bytes >= LEAST_BYTES; bytes /= 2) {
        board.slots = hb_platform_reserve(bytes);
        board.size = (uint32_t)(bytes / sizeof(hb_beat));
    }
    return board.slots != NULL;
}

static bool begin_locked(void)
{
    if (board.slots)
        return true;
    if (!reserve_locked())
        return false;
    hb_stamp_init();
    memcpy(header()->magic, "hbboard", 8);
    header()->version = HB_BOARD_VERSION;
    header()->slot_size = sizeof(hb_beat);
    header()->first = HB_BOARD_FIRST;
    header()->stamps_count = hb_load_relaxed(&hb__stamp_counts);
    hb_store_relaxed(&header()->used, HB_BOARD_FIRST);
    return true;
}

static hb_beat *fresh_locked(void)
{
    uint32_t number = hb_load_relaxed(&header()->used);
    if (number == board.size)
        return NULL;
    board.slots[number].number = number;
    hb_store_release(&header()->used, number + 1);
    return &board.slots[number];
}

static hb_beat *used_locked(void)
{
    hb_beat *beat = &board.slots[board.free];
    board.free = beat->watched.next;
    return beat;
}

/* Piece by piece: a look from outside may come at any time, and the atomics stay such. */
static void clear(hb_beat *beat, hb_more *more)
{
    hb_store_relaxed(&beat->pulses, 0);
    hb_store_relaxed(&beat->longest, 0);
    hb_store_relaxed(&beat->fresh, 0);
    hb_store_relaxed(&beat->flags, 0);
    hb_store_relaxed(&beat->thread, 0);
    hb_store_relaxed(&beat->more, more);
    hb_store_relaxed(&beat->end, HB_END_NONE);
    hb_store_relaxed(&beat->ended, 0);
    beat->watched = (hb_watched){ .monitor = NULL };
    beat->opened = hb_stamp_now();
    hb_store_relaxed(&beat->last, beat->opened);
}

hb_beat *hb__board_take(hb_more *more)
{
    hb_lock_acquire(&board.lock);
    hb_beat *beat = NULL;
    if (begin_locked())
        beat = board.free ? used_locked() : fresh_locked();
    if (beat) {
        clear(beat, more);
        hb_store_release(&beat->refs, 1);
        hb_fetch_add(&header()->open, 1);
    }
    hb_lock_release(&board.lock);
    return beat;
}

void hb__board_give(hb_beat *beat)
{
    hb_lock_acquire(&board.lock);
    beat->watched.next = board.free;
    board.free = beat->number;
    hb_fetch_sub(&header()->open, 1);
    hb_lock_release(&board.lock);
}

/* The slot may just be on its way back: then its last reference is gone already. */
static bool ref_if_open(hb_beat *beat)
{
    uint32_t refs = hb_load_relaxed(&beat->refs);
    while (refs > 0)
        if (hb_cas(&beat->refs, &refs, refs + 1))
            return true;
    return false;
}

hb_beat *hb__board_after(uint32_t number)
{
    hb_beat *found = NULL;
    hb_lock_acquire(&board.lock);
    uint32_t next = number < HB_BOARD_FIRST ? HB_BOARD_FIRST : number + 1;
    uint32_t used = board.slots ? hb_load_relaxed(&header()->used) : 0;
    for (; next < used && !found; next++)
        if (ref_if_open(&board.slots[next]))
            found = &board.slots[next];
    hb_lock_release(&board.lock);
    return found;
}

hb_beat *hb__board_at(uint32_t number)
{
    return &board.slots[number];
}

const hb_board_header *hb_board(void)
{
    return board.slots ? header() : NULL;
}
