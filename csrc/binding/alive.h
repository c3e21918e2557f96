/* alive: what lives on when the call that began it has returned, and is no thread: calls that
 * after_func() has promised, monitors that were started.
 *
 * All of it is in one list, so that a test can tell what it leaves behind.
 *
 *   A1 One is in the list while it was begun more often than it was ended, or until it is gone.
 *      Then it gets a number, which it keeps.
 *   A2 While it is in the list, py_what and what describe() looks at are alive.
 *
 * Locking: one lock for the list and all that is marked so; describe() runs under it, and may
 * take what is a leaf. A fork leaves the list empty in the child. */
#ifndef HBPY_ALIVE_H
#define HBPY_ALIVE_H

#include "binding.h"

#define HBPY_WORDS 512

typedef struct hbpy_alive hbpy_alive;

struct hbpy_alive {
    const char *kind;     /* constant */
    PyObject *py_what;    /* constant: what it is called by, borrowed; or NULL */
    const void *key;      /* constant: where it was made is known by this */
    size_t (*describe)(hbpy_alive *alive, char *text, size_t size); /* constant: what it is about */
    uint64_t number;      /* list lock: 0 before it was begun */
    uint32_t bubble;      /* list lock: the one it was begun in first, or 0 */
    uint32_t times;       /* list lock: begun and not ended; 0: not in the list */
    uint32_t epoch;       /* list lock: of the process it was begun in */
    hbpy_alive *next, *prev; /* list lock */
};

void hbpy_alive_begin(hbpy_alive *alive);
void hbpy_alive_end(hbpy_alive *alive);
/* However often it was begun; nothing happens if it never was. */
void hbpy_alive_gone(hbpy_alive *alive);

#endif
