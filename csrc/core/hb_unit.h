/* hb_unit: units of work, and what a beat tells of its work.
 *
 * A unit begins with a pulse, whose receiver sees it, and is open until it is finished; units
 * nest. A unit may have a time of its own: then it has to be finished by then, and while it is
 * the innermost of that sort the beat's own timeout does not count, for pulses inside say
 * nothing of a unit that is known to take long.
 *
 *   U1 The open units of a beat are a list, the innermost first. Each is memory of whoever
 *      began it, who finishes it before the memory goes.
 *   U2 `busy` counts the time in which at least one unit was open.
 *   U3 HB_BEAT_TIMED is up while a unit with a time of its own is open.
 *
 * Locking: the lock of the beat's `more` guards the list and the tally. */
#ifndef HB_UNIT_H
#define HB_UNIT_H

#include "hb_beat.h"

struct hb_unit {
    hb_unit *outer;   /* U */
    hb_stamp since;   /* constant */
    hb_time due;      /* constant: HB_FOREVER, or by when it has to be finished */
    char label[HB_LABEL_SIZE]; /* constant */
};

/* Bucket i counts the units that took less than 2^i nanoseconds, and at least half of that. */
#define HB_TALLY_BUCKETS 64

struct hb_tally {
    uint64_t units;
    hb_time sum, least, most;
    hb_time busy;          /* until no unit was open any more, the last time */
    uint64_t buckets[HB_TALLY_BUCKETS];
};

static inline unsigned hb__bucket_of(hb_time took)
{
    return took <= 0 ? 0 : 64 - (unsigned)__builtin_clzll((unsigned long long)took);
}

/* Makes the tally of what units of a beat there were; NULL when out of memory. */
hb_tally *hb__beat_need_tally(hb_beat *beat);

/* Begins a unit, with a pulse if `pulse`. label may be NULL, and is cut. `timeout`: HB_FOREVER
 * for none. HB_CLOSED, HB_REVOKED, HB_FOREIGN, HB_NO_MEMORY: it has not begun. */
hb_status hb_unit_begin(hb_beat *beat, hb_unit *unit, const char *label, hb_time timeout, bool pulse);

/* Finishes it, in any order. A unit with a time of its own ends with a pulse, from which the
 * beat's timeout counts again. */
void hb_unit_finish(hb_beat *beat, hb_unit *unit);

/* How far the work is, and a pulse. total < 0: not known; phase NULL: as it was. */
hb_status hb_beat_progress(hb_beat *beat, double done, double total, const char *phase);

/* All that can be told of a beat at one moment. */
typedef struct hb_beat_view {
    uint32_t number;
    char name[HB_NAME_SIZE];
    hb_end end;
    uint32_t thread;           /* hb_thread id */
    uint64_t pulses;
    hb_time now, opened, last; /* instants; `last` is `opened` before the first pulse */
    hb_time until;             /* the end of its life, `now` while it is open */
    hb_time longest;           /* the longest time between two pulses, the present silence included */
    hb_tally tally;
    hb_time busy;              /* open units included */
    uint32_t open_units;
    char unit[HB_LABEL_SIZE];  /* the innermost open */
    hb_time unit_since;
    hb_time unit_due;          /* of the innermost that has one; HB_FOREVER: none */
    hb_time paused_until;      /* 0: it is not paused */
    bool progressed;
    double done, total;
    hb_time progress_at;
    char phase[HB_NAME_SIZE];
} hb_beat_view;

void hb_beat_look(hb_beat *beat, hb_beat_view *view);

/* Only what a verdict needs: the instant a unit's own time ends (HB_FOREVER: none), the
 * end of a pause (0: none), when progress was last made (0: never). */
typedef struct hb_deadlines {
    hb_time unit_due, paused_until, progress_at;
} hb_deadlines;

hb_deadlines hb_beat_deadlines(hb_beat *beat);

#endif
