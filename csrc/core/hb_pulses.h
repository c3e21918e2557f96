/* hb_pulses: the source from which the pulses of a beat are received.
 *
 * It is ready while the beat bears the mark of a pulse (`fresh`), and receiving takes that
 * down: all pulses since the last are received as one. So a pulse need not touch the
 * source, unless somebody waits: then HB_BEAT_LISTENED is up in the
 * beat, and the pulse hands itself to the longest-waiting receiver.
 *
 *   L1 A poll in vain leaves HB_BEAT_LISTENED up, under the source's lock. The pulse
 *      that finds it serves who waits; the last of several in a row that find nobody puts
 *      the flag down. So who receives again and again finds it up.
 *   L2 With keep == 0 no pulse is kept: it reaches who waits at that moment, or nobody,
 *      as a send on an unbuffered channel with a default.
 *   L3 The end takes over a kept pulse: that can still be received, then HB_CLOSED, for ever.
 *
 * What is received is the pulse's instant, in the word's i64.
 *
 * Locking: the source's lock guards all fields. It lives as long as its beat. */
#ifndef HB_PULSES_H
#define HB_PULSES_H

#include "hb_beat.h"
#include "hb_source.h"

struct hb_pulses {
    hb_source source;
    hb_beat *beat;    /* constant; not a reference */
    bool keep;        /* constant */
    bool closed;
    bool left;        /* there is a pulse that the end took over */
    uint32_t unheard; /* how many pulses in a row have found the flag, and nobody */
    hb_word last;     /* what the end took over */
};

/* The beat's; made by the first call, which decides on `keep`. NULL: no memory. */
hb_pulses *hb_beat_pulses(hb_beat *beat, bool keep);

/* How many calls wait for a pulse. */
size_t hb_pulses_waiting(hb_pulses *pulses);

/* A pulse has come, and somebody may wait. `pulses` is not NULL. */
void hb__pulses_serve(hb_beat *beat);
/* The beat has ended. Nothing if nobody ever asked for its pulses. */
void hb__pulses_close(hb_beat *beat);
void hb__pulses_free(hb_pulses *pulses);

#endif
