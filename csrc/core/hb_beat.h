/* hb_beat: a heartbeat, a slot of memory that a pulse writes and a monitor reads.
 *
 * A pulse stores when it was, counts itself, and leaves a mark. It takes no lock, allocates
 * nothing and makes no system call, unless somebody asked to be told: then a flag
 * is up, and the pulse sees to it. Pulses coalesce: who listens finds one mark, however
 * many there were. Threads that pulse one beat at the same time may miscount their pulses, or
 * leave the time of the older one: of a pulse only the mark is sure to be seen.
 *
 *   P1 `last`, `pulses` and `fresh` are written by pulsing threads, in that order; a
 *      receiver takes `fresh` down before it reads the others.
 *   P2 A listener puts HB_BEAT_LISTENED up, makes that visible to all threads
 *      (hb_platform_barrier), and only then believes that no pulse has come. So either
 *      it sees the pulse, or the pulse sees the flag.
 *   P3 A slot is not given back while somebody holds a reference: the one who opened
 *      it, its pulses, the monitor that watches it.
 *   P4 HB_BEAT_ENDED never goes down again; `end` and `ended` are written before it goes up. It
 *      goes up as in P2: a pulse either is seen by the end, or sees it and does not count.
 *
 *   P5 A beat lives on the clock of the thread that opened it: the bubble's, which is kept in `more`,
 *      if HB_BEAT_VIRTUAL is up, else the real one. Other threads' pulses on the beat of a bubble are
 *      HB_FOREIGN, and pulses of a bubble's threads on a beat of real time happen in real time.
 *
 * Slots live in the board (hb_board.h), 128 bytes each. What few beats need (a name,
 * listeners, units, a bubble) is in `more`, made when first wanted.
 *
 * Locking: P the pulsing threads, through relaxed atomics; B the board's lock;
 * M the lock of the monitors; U the lock in `more`, a leaf. */
#ifndef HB_BEAT_H
#define HB_BEAT_H

#include "hb_bubble.h"
#include "hb_stamp.h"
#include "hb_thread.h"

typedef struct hb_beat hb_beat;
typedef struct hb_more hb_more;
typedef struct hb_monitor hb_monitor;

enum {
    HB_BEAT_LISTENED = 1, /* somebody waits for a pulse, or did lately: hb_pulses.h */
    HB_BEAT_AWAITED = 2,  /* the monitor wants to hear of the next pulse: a recovery */
    HB_BEAT_PAUSED = 4,   /* the next pulse ends the pause */
    HB_BEAT_ENDED = 8,
    HB_BEAT_TIMED = 16,   /* an open unit has a timeout of its own; no pulse cares */
    HB_BEAT_WATCHED = 32, /* some monitor watches it; no pulse cares */
    HB_BEAT_EXPECTED = 64, /* the monitor wants to hear of progress and of finished units; likewise */
    HB_BEAT_VIRTUAL = 128, /* constant while open: P5 */
};
#define HB_BEAT_SLOW (HB_BEAT_LISTENED | HB_BEAT_AWAITED | HB_BEAT_PAUSED | HB_BEAT_ENDED)

typedef enum hb_end { HB_END_NONE, HB_END_CLOSED, HB_END_EXITED, HB_END_RAISED, HB_END_REVOKED } hb_end;

/* What a monitor keeps of a beat; all of it M. Links are slot numbers, 0: none. */
typedef struct hb_watched {
    hb_monitor *monitor; /* NULL: nobody watches it */
    hb_time due;         /* when it is to be looked at */
    hb_time timeout;
    hb_time floor;       /* no verdict on a silence before; until the start: the grace */
    uint32_t next, prev; /* neighbours in its bucket of the wheel */
    uint32_t after, before; /* neighbours among the beats of its monitor */
    uint16_t bucket;     /* 0: in none */
    uint16_t misses;     /* how many timeouts make a silence */
    uint8_t status;      /* hb_health.h */
    uint8_t doubts;      /* how often its deadline was moved in this silence */
    bool paced;          /* there is a limit to pulses without progress */
    bool timed;          /* it has had units with a time of their own */
} hb_watched;

struct hb_beat {
    hb_atomic_u64 last;    /* P: a stamp; at first when it was opened */
    hb_atomic_u64 pulses;  /* P */
    hb_atomic_u64 longest; /* P: counts between two pulses, at most */
    hb_atomic_u32 flags;   /* HB_BEAT_ */
    hb_atomic_u32 thread;  /* P: hb_thread id of the last to pulse, 0 if unknown */
    hb_stamp opened;       /* constant while open */
    hb_atomic_ptr more;    /* hb_more; set once */
    hb_atomic_u32 refs;    /* 0: not open */
    hb_atomic_u8 end;      /* hb_end; set once */
    hb_atomic_u8 fresh;    /* P: 1 until the pulse has been received */
    uint32_t number;       /* constant: the slot's; never 0 */
    hb_atomic_u32 call;    /* the slot's: 0, or it is among those that call the monitors */
    _Alignas(64) hb_watched watched;
    hb_atomic_u64 ended;   /* a stamp; set once */
};

_Static_assert(sizeof(hb_beat) == 128, "a slot of the board");

/* A beat with one reference, its clock running from now. `name` may be NULL, and is
 * cut to HB_NAME_SIZE. NULL: the board is full, or no memory. */
hb_beat *hb_beat_open(const char *name);
hb_beat *hb_beat_ref(hb_beat *beat);
void hb_beat_unref(hb_beat *beat);

/* Where the binding keeps what a beat is to it; NULL for a beat that has no pulses to receive
 * (hb_pulses.h) and no name. */
void **hb_beat_owner(hb_beat *beat);

/* A beat there is, numbers in ascending order, with a reference; NULL after the last. */
hb_beat *hb_beat_after(uint32_t number);

/* "" if it has none. Lives as long as the beat. */
const char *hb_beat_name(hb_beat *beat);

/* From now on its silence is explained by the calling thread, as after a pulse of that thread. */
void hb_beat_adopt(hb_beat *beat);

/* HB_OK; HB_CLOSED and HB_REVOKED if it has ended, HB_FOREIGN: then the pulse does not count. */
hb_status hb_beat_pulse(hb_beat *beat);
/* The same for one who has just read the time of the pulse, on the beat's clock. */
hb_status hb_beat_pulse_at(hb_beat *beat, hb_stamp now);

/* Ends it: HB_OK for the call that did, HB_CLOSED for every later one. Who listens gets a
 * kept pulse and then the end; the monitor is told. */
hb_status hb_beat_end(hb_beat *beat, hb_end end);

static inline bool hb_beat_has_ended(hb_beat *beat)
{
    return hb_load_acquire(&beat->flags) & HB_BEAT_ENDED;
}

/* HB_OK, HB_CLOSED or HB_REVOKED. */
hb_status hb_beat_ending(hb_beat *beat);

/* No verdict for `most`, unless a pulse ends the pause; HB_CLOSED, HB_REVOKED, HB_FOREIGN, HB_NO_MEMORY. */
hb_status hb_beat_pause(hb_beat *beat, hb_time most);

/* ---- P5: its clock ---- */

/* The number of the bubble it was opened in; 0: in none. */
uint32_t hb_beat_bubble(hb_beat *beat);

/* It belongs to a bubble that the calling thread takes no part in. */
bool hb_beat_is_foreign(hb_beat *beat);

/* HB_OK, HB_FOREIGN, or as hb_beat_ending: whether the calling thread may do something with it. */
hb_status hb_beat_may_change(hb_beat *beat);

/* ---- for the parts built on it ---- */

/* What a monitor wants to be told, by the thread that did it, with no lock held. */
typedef struct hb_beat_hooks {
    void (*pulsed)(hb_beat *beat); /* HB_BEAT_AWAITED was up; it is down now */
    void (*ended)(hb_beat *beat);
    void (*sooner)(hb_beat *beat); /* its next deadline may have moved nearer, or
                                    * HB_BEAT_EXPECTED was up and it has come */
} hb_beat_hooks;

/* There is one listener of that kind, for good. */
void hb__beat_set_hooks(const hb_beat_hooks *hooks);
const hb_beat_hooks *hb__beat_hooks(void);

/* P5: borrowed; NULL: none. */
hb_bubble *hb__beat_bubble(hb_beat *beat);
/* The present on its clock. */
hb_time hb__beat_now(hb_beat *beat);
hb_stamp hb__beat_stamp(hb_beat *beat);
hb_anchor hb__beat_anchor(hb_beat *beat);

void hb__beat_raise_flag(hb_beat *beat, uint32_t flag);
void hb__beat_lower_flag(hb_beat *beat, uint32_t flag);

/* Puts a flag up so that every pulse from now on sees it; what came before is visible.
 * Those who put up the same flag do so one after the other. */
void hb__beat_listen(hb_beat *beat, uint32_t flag);

typedef struct hb_pulses hb_pulses;
typedef struct hb_unit hb_unit;
typedef struct hb_tally hb_tally;
typedef struct hb_work hb_work;

struct hb_more {
    hb_lock lock;          /* U */
    void *owner;           /* the binding's, which guards it */
    char name[HB_NAME_SIZE]; /* constant */
    hb_bubble *bubble;     /* constant: a reference; NULL: real time */
    hb_pulses *pulses;     /* U: set once */
    hb_unit *unit;         /* U: the innermost open */
    hb_stamp busy_since;   /* U: when it ceased to be NULL */
    hb_tally *tally;       /* U: set once; of the units that were */
    hb_work *works;        /* U: those that count units of their own */
    hb_atomic_u32 opened;  /* U: how many units are in `unit`; works look without it */
    hb_time paused_until;  /* U */
    bool progressed;       /* U: the next three have been told */
    double done, total;    /* U: total < 0 if not known */
    hb_time progress_at;   /* U: when `done` last changed */
    char phase[HB_NAME_SIZE]; /* U */
    void *notes;           /* M: the monitors'; set once, freed with this */
    uint64_t place;        /* M: of a bubble's: its place among those that came to be watched there */
    hb_atomic_u64 look_at; /* hb_time: when the monitors look at it next; 0 if not known */
};

/* NULL if there is none yet. */
hb_more *hb__beat_more(hb_beat *beat);
/* Makes it; NULL when out of memory. */
hb_more *hb__beat_need_more(hb_beat *beat);

#endif
