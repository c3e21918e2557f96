/* hb_watch: hints that a source may have become ready.
 *
 * Somebody who asks the same sources over and over need not ask the idle ones:
 * he puts a watch on each, and the source hints whenever a send, a receive, a
 * waiter or a close may have made it ready. Hints gather in the asker's
 * hb_hints. They are an economy and never a proof: what is hinted is polled, and
 * where no hint helps, everything is.
 *
 *   H1 A watch is in its hints at most once (`place`).
 *   H2 Whoever takes a hint takes it off before polling the source; so what
 *      becomes ready after the poll is hinted again.
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
    size_t place;          /* hints' lock: index + 1 in hints, 0 if not there */
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

/* Takes one hint off, any with the same chance, or the one with the least key;
 * *key is its watch's. False if there is none. */
bool hb_hints_take(hb_hints *hints, bool least, uint64_t *key);

/* Hints every watch of that direction in a source's list. The source's lock is held. */
void hb__watch_notify_locked(hb_watch *first, int direction);

#endif
