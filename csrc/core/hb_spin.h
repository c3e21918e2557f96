/* hb_spin: how long to watch a waiter before going to sleep.
 *
 * A sleep and a wake through the kernel cost tens of microseconds, a value that
 * is handed over while the other side watches costs a tenth of one. So a thread
 * about to park first watches, for as long as watching has paid off before:
 *
 *   S1 never longer than a sleep and a wake cost;
 *   S2 not at all where the process has one processor, or where as many threads
 *      already watch as there are processors;
 *   S3 less after each failure, more after each success, each thread by its
 *      own history. Even the least is long enough for a partner that runs to answer;
 *   S4 after a watch in vain, it offers its processor to others once: with more
 *      threads than processors that is often where the partner waits. Where it
 *      came back late or for nothing, it offers the less often;
 *   S5 two that answer one another, and both sleep at every step, find out. Their sleeps are
 *      short; after many of those in a row one watches once until the other must have
 *      woken, which is longer than S1, and the rarer the more often it was for nothing. Who
 *      slept shortly and then finds another watching, watches in full as well. So a thread
 *      that sleeps long never does more than the least.
 *
 * No locks. The number of watching threads is one shared atomic. */
#ifndef HB_SPIN_H
#define HB_SPIN_H

#include "hb_wait.h"

/* True once the waiter is done, false when it is time to sleep. */
bool hb__spin(hb_waiter *waiter);

/* What the caller did instead: it slept until it was woken. */
void hb__spin_slept(int64_t nanoseconds);

/* The caller has served a waiter that did not sleep. */
void hb__spin_met(void);

/* Passes the time, at most some microseconds, without leaving the processor. */
void hb_spin_for(uint32_t nanoseconds);

#endif
