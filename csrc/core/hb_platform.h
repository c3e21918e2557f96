/* hb_platform: all that an operating system must supply.
 *
 * platform_linux.c answers with futexes; platform_posix.c with mutexes and
 * condition variables, for every other system. A port is one more file. */
#ifndef HB_PLATFORM_H
#define HB_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

#include "hb_atomic.h"
#include "hb_status.h"

/* Nanoseconds on a clock that never goes back; its zero means nothing. */
int64_t hb_platform_now(void);

/* How many processors this process may run on, at least 1. */
unsigned hb_platform_cpus(void);

/* Sleeps while *word == expected, until hb_platform_unpark(word), the deadline
 * (INT64_MAX: none) or a signal. HB_OK also stands for waking without cause:
 * the caller looks at the word again. */
hb_status hb_platform_park(hb_atomic_u32 *word, uint32_t expected, int64_t deadline);

/* Wakes one thread that sleeps on the word. The word may be gone already: only
 * its address is used. */
void hb_platform_unpark(hb_atomic_u32 *word);

/* How long a thread that must notice signals may sleep at a time. Where a
 * signal ends the sleep of the thread that takes it this can be long; it only
 * serves signals that were taken by another thread. */
int64_t hb_platform_signal_slice(void);

typedef void hb_platform_thread_fn(void *arg);

/* A thread that runs the application's code takes the signals its creator takes,
 * and so do the programs it starts. One that does not leaves them to others. A
 * thread started by one of those takes what the creator's creator did. */
typedef enum hb_signals { HB_SIGNALS_BLOCKED, HB_SIGNALS_INHERITED } hb_signals;

/* Runs fn(arg) on a new detached thread. The name is copied; systems show its
 * first 15 bytes. HB_NO_THREAD on refusal. */
hb_status hb_platform_thread(hb_platform_thread_fn *fn, void *arg, const char *name,
                             hb_signals signals);

/* Offers the processor to another thread that could run. */
void hb_platform_yield(void);

/* Asks that this thread's timed sleeps end as exactly as the system can. */
void hb_platform_exact_timers(void);

/* Registers what must run in the child of a fork. */
void hb_platform_at_fork_child(void (*child)(void));

#endif
