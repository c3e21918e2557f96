/* selector: what the files that make up the Selector type share.
 *
 * selector.c       the entries, the methods, the type
 * selector_poll.c  what a call does: hints first, then a full select
 *
 * Each case has a watch on its source. A call first polls what the watches have
 * hinted, which costs the same however many cases are idle; only if that finds
 * nothing does it run a full select over all cases, which is exact, and waits.
 * What was chosen stays hinted.
 *
 * Locking: `lock` guards the entries and next_due. No Python code runs under it:
 * cases are read, and dropped, on references taken under it. It is taken before
 * a source's lock. */
#ifndef HBPY_SELECTOR_H
#define HBPY_SELECTOR_H

#include "binding.h"

typedef struct entry {
    hb_watch watch;    /* its key is the case's */
    PyObject *py_case; /* owned */
    hb_source *source; /* of the case; NULL: never ready, and not watched */
} entry;

typedef struct hbpy_selector {
    PyObject_HEAD
    PyObject *weakrefs;
    hb_lock lock;
    hb_hints hints;
    entry **entries;    /* lock: in the order of their keys; each stays where it is */
    Py_ssize_t n, size; /* lock */
    uint64_t next_key;  /* lock */
    hb_time next_due;   /* lock: no timed source that is not hinted is due before */
} hbpy_selector;

static inline hbpy_selector *selector_of(void *self)
{
    return self;
}

/* How many cases there are. Takes the lock. */
Py_ssize_t hbpy_selector_count(hbpy_selector *self);

/* NULL if the key is not there. */
entry *hbpy_selector_find_locked(hbpy_selector *self, uint64_t key);

/* A Selected, None if nothing was ready and `wait` is false, or NULL with an
 * exception. */
PyObject *hbpy_selector_run(hbpy_selector *self, bool biased, bool wait, hb_time deadline);

#endif
