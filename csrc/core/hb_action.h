/* hb_action: what is done at once when a beat turns unhealthy, without the interpreter.
 *
 * Actions are added one by one and never taken out before their owner ends; so whoever
 * carries them out needs no lock. Writing never waits: what a descriptor does not
 * take at once is dropped and counted.
 *
 * Locking: adding is its owner's to order (M for a monitor's); links are atomics. */
#ifndef HB_ACTION_H
#define HB_ACTION_H

#include <stddef.h>

#include "hb_health.h"

typedef enum hb_action_kind { HB_ACT_DUMP, HB_ACT_SIGNAL, HB_ACT_EXIT, HB_ACT_ABORT, HB_ACT_NOTIFY } hb_action_kind;

typedef struct hb_action hb_action;

typedef struct hb_actions {
    hb_atomic_ptr first; /* hb_action */
    hb_action *last;     /* owner */
} hb_actions;

/* Copies the bytes. NULL: no memory. */
hb_action *hb_action_new(hb_action_kind kind, int number, const void *bytes, size_t size);
void hb_action_free(hb_action *action);
void hb_actions_add(hb_actions *actions, hb_action *action);
void hb_actions_fini(hb_actions *actions);
bool hb_actions_is_empty(hb_actions *actions);

/* In the order they were added. Returns the bytes that could not be written. */
size_t hb_actions_run(hb_actions *actions, const hb_health *health);

/* Writes what the descriptor takes without waiting; returns how many bytes it did not. */
size_t hb_write_now(int descriptor, const char *bytes, size_t size);

/* Writes the table of all threads the engine knows, and of the beats of the caller's bubble (those of
 * real time, if it is in none), to a descriptor: name,
 * state, what it waits on, since when, the unit it is in. Takes only short locks,
 * allocates nothing, never waits for the reader. Returns the bytes that could not be written. */
size_t hb_dump(int descriptor);

#endif
