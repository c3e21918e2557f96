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

/* For variables of a thread that a hot path reads: found without a call where the system
 * keeps room for such variables of libraries that are loaded late. */
#if defined(__GLIBC__)
#define HB_STATIC_TLS __attribute__((tls_model("initial-exec")))
#else
#define HB_STATIC_TLS
#endif

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
/* Whether a signal ends the sleep of the thread that takes it. */
bool hb_platform_signals_wake(void);

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

/* Registers what must run when the calling thread ends, the last first; each once, however often it is
 * registered. At most HB_THREAD_ENDS of them. False: it will not run. */
#define HB_THREAD_ENDS 4
bool hb_platform_at_thread_end(void (*end)(void));

/* ---- time, cheaply ---- */

/* A count that goes up evenly, in a few nanoseconds; its unit means nothing. */
static inline uint64_t hb_platform_count(void)
{
#if defined(HB_EXPLORE)
    return (uint64_t)hb_platform_now();
#elif defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t count;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(count));
    return count;
#else
    return (uint64_t)hb_platform_now();
#endif
}

/* Whether the system itself keeps its time by that count. */
bool hb_platform_count_is_fit(void);

/* How long the machine has slept so far, which the clock does not count. */
int64_t hb_platform_suspended(void);

/* ---- memory ---- */

/* Makes hb_platform_barrier work; may take milliseconds. False: there is none. */
bool hb_platform_barrier_prepare(void);

/* Afterwards all other threads see what this one stored before, and this one sees what
 * they stored: as if each of them had run a full fence. */
void hb_platform_barrier(void);

/* Zeroed memory that takes up room only where it is touched. NULL on refusal. It is
 * never given back. */
void *hb_platform_reserve(size_t bytes);

/* Copies memory of this process that may not be there. False: it is not, or that cannot be
 * told; `to` then holds nothing of use. */
bool hb_platform_peek(void *to, const void *from, size_t bytes);

/* Where a variable of the program, or of a library it is linked with, lies. False: there is none,
 * or its size cannot be told. */
bool hb_platform_variable(const char *name, uintptr_t *begin, uintptr_t *end);

/* This part of it, whose bounds are multiples of HB_LARGE_PAGE, is in use from end to end: it
 * may be kept in larger pages, whose addresses are found sooner. */
#define HB_LARGE_PAGE ((size_t)2 << 20)
void hb_platform_settle(void *memory, size_t bytes);

/* ---- looking at threads ---- */

/* The system's number of the calling thread, and its name there. */
int32_t hb_platform_thread_number(void);
/* What the thread library knows the calling thread by; never 0. */
uint64_t hb_platform_thread_ident(void);
void hb_platform_thread_name(char *name, size_t size);

/* The clock of the time the calling thread has spent on a processor; and reading it, from any
 * thread: nanoseconds, or -1 if the thread has ended or there is no such clock. */
int64_t hb_platform_cpu_clock(void);
int64_t hb_platform_cpu_time(int64_t clock);

/* The address of the word on which a thread of this process sleeps in the kernel, 0 if it
 * does not or if that cannot be told. */
uintptr_t hb_platform_sleeps_on(int32_t thread_number);

/* Whether a thread of this process would take that signal at once: it is there and does not
 * block it. False too if that cannot be told. */
bool hb_platform_takes_signal(int32_t thread_number, int signal);

/* Sends a signal to one thread of this process. False: there is no such thread. */
bool hb_platform_signal_thread(int32_t thread_number, int signal);

/* ---- what a monitor does ---- */

/* Writes some of it, if that can be done without waiting. How many bytes went; 0: none can, or
 * it failed. */
size_t hb_platform_write_now(int descriptor, const void *bytes, size_t size);

/* Sends a signal to this process. */
void hb_platform_signal_process(int signal);

/* Ends the process at once, with nothing run or written first. */
_Noreturn void hb_platform_exit(int code);
_Noreturn void hb_platform_abort(void);

#endif
