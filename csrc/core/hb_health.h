/* hb_health: what became of a beat, and the source from which one learns it.
 *
 *   E1 Of each beat the newest event that nobody has received is kept, and it comes behind
 *      the events of others that were published before it.
 *   E2 Publishing never waits and needs no memory beyond the event itself.
 *   E3 After the close what is kept can still be received, then HB_CLOSED. In the child
 *      of a fork the parent's events are closed and empty.
 *
 * Locking: the source's lock guards the queue and the links of its events. An event is
 * constant but for them. */
#ifndef HB_HEALTH_H
#define HB_HEALTH_H

#include "hb_beat.h"
#include "hb_chan.h"

typedef enum hb_watch_status {
    HB_WATCH_STARTING, /* no pulse yet, and grace not over */
    HB_WATCH_HEALTHY,
    HB_WATCH_LATE,     /* evidence has been taken */
    HB_WATCH_UNHEALTHY,
    HB_WATCH_PAUSED,
    HB_WATCH_ENDED,
    HB_WATCH_IDLE,     /* the monitor has not been started, or does not watch it */
} hb_watch_status;

/* One table for the codes and their names. */
#define HB_CAUSE_MAP(X)                                                                \
    X(NONE, "")           /* a recovery */                                             \
    X(BLOCKED, "blocked") /* its thread waits in the engine */                         \
    X(STARVED, "starved") /* its thread waits for the interpreter lock */              \
    X(BUSY, "busy")       /* its thread has been computing since the evidence */       \
    X(MISSED, "missed")   /* none of these, or not known */                            \
    X(STUCK, "stuck")     /* it pulses, but makes no progress, or demand is not met */ \
    X(OVERRAN, "overran") /* a unit took longer than its own time */                   \
    X(EXITED, "exited")                                                                \
    X(RAISED, "raised")                                                                \
    X(CLOSED, "closed")                                                                \
    X(REVOKED, "revoked")

typedef enum hb_cause {
#define HB_CAUSE_CODE(name, text) HB_CAUSE_##name,
    HB_CAUSE_MAP(HB_CAUSE_CODE)
#undef HB_CAUSE_CODE
} hb_cause;

const char *hb_cause_text(hb_cause cause);
const char *hb_watch_status_text(hb_watch_status status);
hb_cause hb_cause_of_end(hb_end end);

typedef struct hb_health hb_health;

/* Enough for what is known of a thread, in words. */
#define HB_WHERE_SIZE 512

struct hb_health {
    hb_atomic_u32 refs;
    hb_beat *beat;      /* a reference; NULL: it is about `chan` */
    hb_chan *chan;      /* a reference, or NULL */
    bool healthy;
    hb_cause cause;
    hb_time at;         /* when the verdict was spoken */
    hb_time since;      /* the last sign of life before the silence */
    hb_time silent_for; /* of a recovery: how long the silence was */
    uint32_t misses;    /* whole timeouts in silent_for */
    char unit[HB_LABEL_SIZE]; /* the innermost open; empty: none */
    const char *where;  /* what is known of its thread, in words; "" if nothing */
    const char *stack;  /* of the interpreter, or NULL */
    hb_health *prior;   /* a reference, or NULL: the verdict that a recovery did not take the place of */
    hb_health *next, *prev; /* source's lock */
    bool queued;        /* source's lock */
    char text[];        /* what `where` and `stack` point to */
};

/* A copy of what is given, with one reference, owning new references to beat and chan and
 * copies of the texts. NULL: no memory. */
hb_health *hb_health_new(const hb_health *given);
hb_health *hb_health_ref(hb_health *health);
void hb_health_unref(hb_health *health);

/* ---- events ---- */

typedef struct hb_events {
    hb_source source; /* receives hb_health pointers: word.ptr, a reference */
    hb_health *first, *last;
    bool closed;
    uint32_t epoch;   /* constant */
} hb_events;

void hb_events_init(hb_events *events);
void hb_events_fini(hb_events *events);

/* Hands a reference to the longest-waiting receiver (*woken: to be woken once no lock is held)
 * or to the queue, where it takes the place of `replaces` (or NULL). True if an unread
 * `replaces` was thrown out: its reference is the caller's now. */
bool hb_events_publish(hb_events *events, hb_health *health, hb_health *replaces, hb_waiter **woken);

/* True if it was unread: its reference is the caller's now. */
bool hb_events_withdraw(hb_events *events, hb_health *health);

void hb_events_close(hb_events *events);

#endif
