/* hb_watch: hints that a source may have become ready.
 *
 * Somebody who asks the same sources over and over need not ask the idle ones:
 * he puts a watch on each, and the source hints whenever a send, a receive, a
 * waiter or a close may have made it ready. Hints gather in the asker's
 * hb_hints. They are an economy and never a proof: what is hinted is polled, and
 * where no hint helps, everything is.
 *
 *   H1 A watch is in its hints at most once (`place`).
 *   H2 A hint that misleads is taken off, and then the source is polled once more; so what
 *      becomes ready after that poll is hinted again.
 *
 * A hint that proved right may stay: the source is mostly ready again. Who would hint a watch that is
 * in its hints finds that by a look at `place` under the source's lock: had the hint been taken
 * off unseen, the poll of H2 would be still to come.
 *
 * Locking: `next` and `prev` belong to the source's lock; `place` and everything
 * in hb_hints to the hints' lock, which may be taken with a source's lock held. */
#ifndef HB_WATCH_H
#define HB_WATCH_H

#include <stddef.h>

#include "hb_lock.h"

typedef struct hb_hints hb_hints;
typedef struct hb_watch hb_watch;

struct hb_watch {
    hb_watch *next, *prev; /* source's lock */
    int direction;         /* constant: of the case, an hb_direction */
    uint64_t key;          /* constant: the owner's name for the case */
    hb_hints *hints;       /* constant */
    hb_atomic_u64 place;   /* hints' lock, or only to look: index + 1 in hints, 0 if not there */
};

struct hb_hints {
    hb_lock lock;
    hb_watch **hinted; /* lock: in no order */
    size_t n;          /* lock */
    size_t size;       /* lock: room for one entry a watch */
    size_t watches;    /* lock */
};

void hb_hints_init(hb_hints *hints);
void hb_hints_fini(hb_hints *hints);

/* Readies a watch and makes room for its hint. HB_NO_MEMORY: nothing has changed. */
hb_status hb_watch_init(hb_watch *watch, hb_hints *hints, int direction, uint64_t key);
/* Off the source's list already: forgets its hint and its room. */
void hb_watch_fini(hb_watch *watch);

void hb_hint(hb_watch *watch);
/* Takes its hint off, if there is one. */
void hb_unhint(hb_watch *watch);

/* One of what is hinted, any with the same chance, or the one with the least key. It stays
 * hinted. NULL: nothing is. The caller keeps the watch from ending meanwhile. */
hb_watch *hb_hints_look(hb_hints *hints, bool least);

/* Hints every watch of that direction in a source's list. The source's lock is held. */
void hb__watch_notify_locked(hb_watch *first, int direction);

#endif
