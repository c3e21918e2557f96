#include "hb_board.h"

#include <string.h>

#define MOST_BYTES ((size_t)1 << 30)
#define LEAST_BYTES ((size_t)1 << 20)

static struct {
    hb_lock lock;
    uint32_t size;       /* lock; constant once set: in slots */
    uint32_t free;       /* lock: number of the first, through watched.next; 0: none */
    hb_atomic_u32 begun; /* the header is written; for those without the lock */
} board;

hb_beat *hb__board_slots; /* slot 0 is the header's */

static hb_board_header *header(void)
{
    return (hb_board_header *)hb__board_slots;
}

/* A process may be held to less memory than it could ever need. */
static bool reserve_locked(void)
{
    for (size_t bytes = MOST_BYTES; !hb__board_slots && bytes >= LEAST_BYTES; bytes /= 2) {
        hb__board_slots = hb_platform_reserve(bytes);
        board.size = (uint32_t)(bytes / sizeof(hb_beat));
    }
    return hb__board_slots != NULL;
}

static bool begin_locked(void)
{
    if (hb__board_slots)
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
    hb_store_release(&board.begun, 1);
    return true;
}

static hb_beat *fresh_locked(void)
{
    uint32_t number = hb_load_relaxed(&header()->used);
    if (number == board.size)
        return NULL;
    hb__board_slots[number].number = number;
    hb_store_release(&header()->used, number + 1);
    return &hb__board_slots[number];
}

/* A large page that this fresh slot is the first not to lie in, so that it is full; or NULL. */
static void *filled_by(const hb_beat *fresh)
{
    uintptr_t page = (uintptr_t)fresh & ~(uintptr_t)(HB_LARGE_PAGE - 1);
    bool crosses = (uintptr_t)fresh - page < sizeof *fresh;
    bool whole = page >= (uintptr_t)hb__board_slots + HB_LARGE_PAGE;
    return crosses && whole ? (char *)page - HB_LARGE_PAGE : NULL;
}

static hb_beat *used_locked(void)
{
    hb_beat *beat = &hb__board_slots[board.free];
    board.free = beat->watched.next;
    return beat;
}

/* Piece by piece: a look from outside may come at any time, and the atomics stay such. */
static void clear(hb_beat *beat, hb_more *more)
{
    hb_store_relaxed(&beat->pulses, 0);
    hb_store_relaxed(&beat->longest, 0);
    hb_store_relaxed(&beat->fresh, 0);
    hb_store_relaxed(&beat->flags, more && more->bubble ? HB_BEAT_VIRTUAL : 0u);
    hb_store_relaxed(&beat->thread, 0);
    hb_store_relaxed(&beat->more, more);
    hb_store_relaxed(&beat->end, HB_END_NONE);
    hb_store_relaxed(&beat->ended, 0);
    beat->watched = (hb_watched){ .monitor = NULL };
    beat->opened = hb_stamp_now();
    hb_store_relaxed(&beat->last, beat->opened);
}

static hb_beat *take_locked(void **filled)
{
    if (!begin_locked())
        return NULL;
    if (board.free)
        return used_locked();
    hb_beat *beat = fresh_locked();
    *filled = beat ? filled_by(beat) : NULL;
    return beat;
}

hb_beat *hb__board_take(hb_more *more)
{
    void *filled = NULL;
    hb_lock_acquire(&board.lock);
    hb_beat *beat = take_locked(&filled);
    if (beat) {
        clear(beat, more);
        hb_store_release(&beat->refs, 1);
        hb_fetch_add(&header()->open, 1);
    }
    hb_lock_release(&board.lock);
    if (filled)
        hb_platform_settle(filled, HB_LARGE_PAGE);
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
    const hb_board_header *begun = hb_board();
    uint32_t used = begun ? hb_load_acquire(&begun->used) : 0;
    uint32_t next = number < HB_BOARD_FIRST ? HB_BOARD_FIRST : number + 1;
    for (; next < used; next++)
        if (ref_if_open(&hb__board_slots[next]))
            return &hb__board_slots[next];
    return NULL;
}

const hb_board_header *hb_board(void)
{
    return hb_load_acquire(&board.begun) ? header() : NULL;
}
