/* hb_evidence: why a beat is silent.
 *
 * The thread that pulsed last is looked at twice: when half of the timeout has passed
 * in silence, and when all of it has. What both looks agree upon is the cause:
 *
 *   blocked   it waits in the engine, and has since the first look
 *   starved   it waits for the interpreter lock at both
 *   busy      its processor clock advanced by half of the time between them, or more
 *   missed    none of these, or they contradict each other, or cannot be had
 *
 * In a bubble no time passes while a thread computes: there its processor clock says nothing.
 *
 * The cause is never guessed. `where` says in words what is known at the second look.
 *
 * Locking: none is held. Taking evidence takes the locks of hb_thread_look, and may read
 * a file of the system's. */
#ifndef HB_EVIDENCE_H
#define HB_EVIDENCE_H

#include "hb_health.h"

typedef struct hb_evidence {
    hb_time at;            /* when it was taken; 0: never */
    uint32_t thread;       /* hb_thread id */
    int32_t system_id;     /* the system's number */
    hb_thread_state state; /* HB_THREAD_ATTACHES: however that was found out */
    hb_time since;         /* of a wait or an attachment; 0 if not known */
    hb_time cpu;           /* processor time of the thread; -1 if not known */
    char name[HB_NAME_SIZE];
} hb_evidence;

/* Threads that sleep on a word in this range wait for the interpreter lock. */
void hb_evidence_set_interpreter(uintptr_t begin, uintptr_t end);

/* Looks at a thread. `words`, if not NULL, gets what is known in words. */
void hb_evidence_take(hb_evidence *evidence, uint32_t thread, char *words, size_t size);

/* What the second look proves together with the first, which may never have been taken. */
hb_cause hb_evidence_cause(const hb_evidence *first, const hb_evidence *second);

/* Adds to the words what only two looks can tell: the processor time used, the name of a
 * thread that has ended since. */
void hb_evidence_compare(const hb_evidence *first, const hb_evidence *second, char *words, size_t size);

#endif
