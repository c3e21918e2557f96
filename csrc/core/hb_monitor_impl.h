/* hb_monitor_impl: what the files of the monitors share, and nobody else sees. */
#ifndef HB_MONITOR_IMPL_H
#define HB_MONITOR_IMPL_H

#include "hb_board.h"
#include "hb_evidence.h"
#include "hb_monitor.h"
#include "hb_wheel.h"

/* So many looks, and no more, are made while M is held. */
#define HB_BATCH 64u

typedef struct hb_demand hb_demand;
typedef struct hb_house hb_house;

struct hb_monitor {
    hb_house *house;        /* constant; a bubble's is kept by a reference to the bubble */
    hb_events events;       /* its own lock */
    hb_atomic_u32 refs;
    hb_atomic_u32 want_stack;
    uint32_t epoch;         /* constant: another process's monitor is closed, and never freed */
    bool started, closed;   /* M */
    bool had_one;           /* M: it has watched something */
    uint32_t first;         /* M: of its beats, through watched.after */
    uint64_t watched;       /* M */
    hb_demand *demands;     /* M: through next_of_monitor */
    hb_actions actions;     /* M to add */
    hb_culprit_fn *culprit; /* constant once started; or NULL */
    bool pairs;             /* constant once started */
    uint32_t spared;        /* constant once started: number of a beat, 0: none */
    hb_chan *forward;       /* constant once started; a reference, or NULL */
    char name[HB_NAME_SIZE]; /* constant */
};

/* What is kept of a beat that has been late, or that is paced; made with no lock held, in
 * `more`. */
typedef struct hb_notes {
    hb_evidence first;  /* M: taken when it turned late */
    uint64_t pulses;    /* M: how many there were when it turned late, or was judged */
    hb_time lost;       /* M: hb_house.lost at the evidence */
    hb_time since;      /* M: the last sign of life before the verdict */
    hb_cause cause;     /* M: of the verdict */
    hb_time progress_at; /* M: at the verdict */
    hb_health *latest;  /* M: a reference to the last event published, or NULL */
    hb_time progress;   /* M: the rule's, if paced */
    hb_time paced_from; /* M: when its progress began to count */
} hb_notes;

/* When silence becomes a verdict, and which one; HB_CAUSE_MISSED: evidence will tell. */
typedef struct hb_sentence {
    hb_time due;
    hb_cause cause;
} hb_sentence;

/* Something a look has found that must be seen to with no lock held. The beat is
 * HB_BUCKET_HELD meanwhile; if it is not any more, somebody else has decided about it. */
typedef enum hb_finding_kind { HB_FOUND_LATE, HB_FOUND_SILENT, HB_FOUND_ALIVE, HB_FOUND_ENDED } hb_finding_kind;

typedef struct hb_finding {
    hb_finding_kind kind;
    hb_beat *beat;       /* a reference */
    hb_monitor *monitor; /* a reference */
    hb_sentence sentence;
    uint64_t pulses;     /* before the look */
    hb_time timeout;     /* the rule's */
} hb_finding;

/* What is known of a thread (hb_monitor_witness.c). */
typedef struct hb_testimony {
    hb_evidence evidence;
    uint64_t round; /* in which it was taken */
    char words[HB_WHERE_SIZE];
} hb_testimony;

#define HB_TESTIMONIES 16u
#define HB_MOST_STACK ((size_t)16384)

/* The looker's own: of the monitors' thread, or of whoever runs the service. */
typedef struct hb_witnesses {
    hb_testimony kept[HB_TESTIMONIES];
    int32_t stack_of;     /* the system's number of a thread */
    uint64_t stack_round; /* in which its stack was taken: later it may be another */
    size_t stack_size;    /* 0: there was none */
    char stack[HB_MOST_STACK];
    char where[HB_WHERE_SIZE]; /* of the finding that is seen to */
} hb_witnesses;

/* Where a batch of looks takes place. */
typedef struct hb_room {
    size_t size;
    hb_beat **beats;
    hb_finding *findings;
} hb_room;

/* All that monitors share which live on one clock. There is one house for real time, with a
 * thread, and one for each bubble in which there are monitors, as a service of the bubble. */
struct hb_house {
    hb_service service;    /* of a bubble; first */
    hb_bubble *bubble;     /* constant: whose service it is; NULL: real time */
    hb_lock lock;          /* M */
    hb_wheel wheel;        /* M */
    uint64_t served;       /* M: beats and demands of started monitors */
    uint64_t employed;     /* M: how often something came to be served */
    bool running;          /* M: the thread is there and will look again */
    bool ended;            /* M: the bubble is over */
    hb_time looks_at;      /* M: until when the thread sleeps, 0 if it does not */
    hb_time lost;          /* M: all by which it looked late so far */
    hb_time late;          /* M: by which it looks late now */
    hb_demand *demands;    /* M: of started monitors, through next */
    hb_time sample_at;     /* M: when the first demand is to be sampled */
    hb_monitor_stats stats; /* M */
    hb_atomic_u32 called;  /* counts calls to look at once; the thread parks on it */
    hb_atomic_u32 callers; /* beats that call, through hb_beat.call: 0, or the last one's number;
                            * it holds a reference to each. M to add to a bubble's */
    hb_time expected;      /* the thread's: when it should be looking, 0 if never */
    hb_witnesses witnesses; /* the looker's */
    hb_room room;          /* of a bubble's, the looker's: for all at once */
    uint64_t placed;       /* of a bubble's, M: how many beats came to be watched */
};

extern hb_house hb__real_house;

static inline void hb__house_lock(hb_house *house)
{
    hb_lock_acquire(&house->lock);
}

static inline void hb__house_unlock(hb_house *house)
{
    hb_lock_release(&house->lock);
}

/* ---- hb_monitor_house.c: houses, and their clocks ---- */

/* Of the calling thread's clock. NULL: no memory. */
hb_house *hb__house_here(void);
/* Of a beat's clock. NULL: its bubble has none. */
hb_house *hb__house_of(hb_beat *beat);

hb_time hb__house_now(const hb_house *house);
hb_anchor hb__house_anchor(const hb_house *house);

/* Of a bubble: when to run next. */
void hb__house_tell_due_locked(hb_house *house);
/* Of a bubble: room for all that can be due; none if there is no memory for it. */
void hb__house_make_room_locked(hb_house *house, hb_room *room);
/* Of a bubble: what is due at one instant is looked at in the order in which it came to be watched. */
void hb__house_sort(hb_beat **beats, size_t n);

/* ---- hb_monitor_round.c: calls and rounds ---- */

void hb__call_thread(hb_house *house);
void hb__call(hb_beat *beat);
/* Lets go of all that called. */
void hb__drop_callers(hb_house *house);
/* Looks at all that is due. */
void hb__look_around(hb_house *house);
hb_time hb__next_look_locked(const hb_house *house);

/* ---- hb_monitor_judge.c: what silence means ---- */

hb_time hb__limit_of(const hb_watched *watched);
/* How long after a pulse a beat is looked at. */
hb_time hb__ahead_of(const hb_watched *watched);
hb_sentence hb__sentence_locked(hb_beat *beat, const hb_anchor *anchor);
hb_notes *hb__notes_locked(hb_beat *beat);
/* Makes them, with no lock held. False: no memory. */
bool hb__need_notes(hb_beat *beat);
/* Whether it has pulsed, or done what it is expected to, since it was judged. */
bool hb__has_recovered_locked(hb_beat *beat, hb_time now);
/* The flag that tells of a recovery from a silence of that cause. */
uint32_t hb__flag_of(hb_cause cause);
hb_watch_status hb__status_locked(hb_beat *beat, const hb_anchor *anchor);

/* One look: files it again, or notes in `finding` what has to be done; true then. */
bool hb__look_locked(hb_house *house, hb_beat *beat, const hb_anchor *anchor, hb_finding *finding);
/* Files it for when it has to be looked at next. */
void hb__file_locked(hb_house *house, hb_beat *beat, hb_sentence sentence, hb_time now);

/* ---- hb_monitor_verdict.c: evidence and verdicts ---- */

/* Sees to what was found, with no lock held, and lets go of it. */
void hb__see_to(hb_finding *findings, size_t n);

/* V1 there: nobody has taken the beat from its monitor. */
static inline bool hb__has_still_locked(const hb_finding *finding)
{
    return finding->beat->watched.bucket == HB_BUCKET_HELD;
}

/* ---- hb_monitor_witness.c: what is known of a thread ---- */

/* Evidence that may be a moment old, and what is known in words (or NULL: not wanted). */
void hb__ask_after(hb_house *house, uint32_t thread, hb_evidence *evidence, char words[HB_WHERE_SIZE]);
/* The system's number of the thread that explains the silence, 0 if there is none; who has what
 * a starved one waits for is added to the words. */
int32_t hb__find_culprit(hb_monitor *monitor, hb_cause cause, const hb_evidence *evidence,
                         char words[HB_WHERE_SIZE]);
/* A thread's stack, or NULL if it cannot be had or the monitor does not want it. Good until
 * the next call. */
const char *hb__ask_for_stack(hb_monitor *monitor, int32_t thread_number);
/* The thread begins. */
void hb__forget_witnesses(hb_house *house);

extern hb_atomic_ptr hb__stack_of; /* hb_stack_fn */

/* Carries out the monitor's actions. No lock is held. */
void hb__act(hb_monitor *monitor, const hb_health *health);

/* ---- hb_monitor_event.c: the other edges, and telling of them ---- */

hb_health hb__describe(const hb_finding *finding, hb_cause cause, const hb_beat_view *view);
/* Sets silent_for and misses. */
void hb__measure(hb_health *health, hb_time silent_for, hb_time timeout);
void hb__see_to_alive(hb_finding *finding);
void hb__see_to_ended(hb_finding *finding);

/* Publishes to a live monitor. What must wait until M is released goes to `told`. */
typedef struct hb_told {
    hb_waiter *woken, *forwarded;
    hb_health *before; /* a reference to the event before, or NULL */
} hb_told;

void hb__publish_locked(hb_monitor *monitor, hb_health *health, hb_health **latest, hb_told *told);
/* The rest of it, with no lock held. Takes the caller's reference to the event. */
void hb__announce(hb_health *health, const hb_told *told);

/* ---- hb_monitor_thread.c ---- */

/* There is something more to serve. HB_NO_THREAD, HB_NO_MEMORY, HB_STOPPED: there is not. */
hb_status hb__employ_locked(hb_house *house);
void hb__dismiss_locked(hb_house *house, uint64_t n);
/* Whether the thread sleeps too long now; then hb__call_thread, once M is released. */
bool hb__oversleeps_locked(hb_house *house);

/* ---- hb_monitor_watch.c ---- */

/* Files a beat of a started monitor for the first time. */
hb_status hb__serve_locked(hb_beat *beat, const hb_anchor *anchor);
/* Not watched any more. Its reference is the caller's, and so is *unread, if it is not NULL. */
void hb__forget_locked(hb_beat *beat, hb_health **unread);

/* Visits the beats of a monitor, M held for HB_BATCH of them at a time, until one visit returns
 * false. Some may be visited twice. */
void hb__monitor_walk(hb_monitor *monitor, bool (*visit_locked)(hb_beat *beat, void *arg), void *arg);

/* ---- hb_monitor_demand.c ---- */

/* Samples what is to be sampled, and publishes. */
void hb__sample_demands(hb_house *house, hb_time now);
hb_status hb__serve_demands_locked(hb_monitor *monitor, hb_time now);
/* The list of those it had, to be freed by hb__free_demands. */
hb_demand *hb__forget_demands_locked(hb_monitor *monitor);
void hb__free_demands(hb_demand *demands);
bool hb__demand_is_unmet_locked(hb_monitor *monitor);

/* ---- hb_monitor.c and for all ---- */

static inline bool hb__monitor_is_live_locked(const hb_monitor *monitor)
{
    return monitor && monitor->epoch == hb__epoch() && !monitor->closed;
}

/* By a monitor of this process. Without the flag the slot may be on its way to another beat,
 * and nothing else in it is to be read; with it, the monitor holds a reference. */
static inline bool hb__is_watched_locked(hb_beat *beat)
{
    return (hb_load_acquire(&beat->flags) & HB_BEAT_WATCHED) && beat->watched.monitor &&
           beat->watched.monitor->epoch == hb__epoch();
}

/* Whether a silence with that cause is a verdict of this monitor. */
static inline bool hb__speaks_of(const hb_monitor *monitor, hb_cause cause)
{
    return !monitor->culprit || cause == HB_CAUSE_STARVED;
}

/* A reference, unless the last one is gone. */
bool hb__monitor_ref_if_any(hb_monitor *monitor);

#endif
