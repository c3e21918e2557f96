/* hb_follow: closes a channel once a source is ready or closed, without a thread.
 *
 * A follow waits at the source as a receiver does, in the queue with the others;
 * but to wake it is to close the channel. So the end of one thing is the end of
 * another, within the call that ended the first.
 *
 *   F1 From start to stop the waiter is linked at the source, or was won. It is
 *      won once: a follow receives one word at most, and closes once.
 *   F2 Its wake runs on the winner's thread with no lock held. It closes the
 *      channel and then, as its last step, turns DONE on; so stop, if it lost to a
 *      winner, waits for DONE, and after stop nobody touches the follow.
 *   F3 Between winning and DONE no foreign code runs, no destructor, no Python:
 *      what was received is kept until stop, which drops it, and the reference to
 *      the channel is let go there too. So that wait is short, and stop may be
 *      called with the interpreter lock held.
 *   F4 To close a channel can be to wake further follows. A thread that is at it
 *      sets those aside and closes one after the other: chains and circles of
 *      follows of any length need no stack.
 *   F5 A follow of before a fork is over in the child: the queue it waited in is
 *      forgotten (hb_wait.h), and stop takes care not to touch it.
 *
 * Locking: none of its own. All fields are constant from start to stop but those
 * of the waiter (W1, W2) and the link (the source's lock). The owner keeps the
 * source alive until stop. */
#ifndef HB_FOLLOW_H
#define HB_FOLLOW_H

#include "hb_chan.h"

typedef struct hb_follow {
    hb_waiter waiter; /* first: a wake finds the follow by it */
    hb_link link;
    hb_source *source;
    hb_chan *chan; /* a reference */
    hb_drop_fn *drop;
    uint32_t epoch; /* F5 */
} hb_follow;

/* From now on the channel closes, if it is open, when the source, which has no due
 * time, can be received from or is closed; at once if it is so already. NULL as the
 * source: never. `drop` disposes of a word that was received; NULL if words own
 * nothing. */
void hb_follow_start(hb_follow *follow, hb_source *source, hb_chan *chan, hb_drop_fn *drop);

/* To be called once for every start. Afterwards the channel will not be closed by
 * this follow, whose memory may go. */
void hb_follow_stop(hb_follow *follow);

#endif
