/* platform_threads: what all POSIX systems do alike: clock, threads, fork, memory. */
#define _GNU_SOURCE
#include "hb_platform.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

/* Python runs on these threads, and recursion there eats C stack. */
#define STACK_BYTES ((size_t)8 << 20)
#define NAME_BYTES 16

typedef struct start {
    hb_platform_thread_fn *fn;
    void *arg;
    char name[NAME_BYTES];
    hb_signals signals;
    sigset_t mask; /* of the application */
} start;

/* What a thread with blocked signals hands on to those it starts. */
static _Thread_local bool has_blocked;
static _Thread_local sigset_t application_mask;

int64_t hb_platform_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void name_this_thread(const char *name)
{
#ifdef __APPLE__
    pthread_setname_np(name);
#else
    pthread_setname_np(pthread_self(), name);
#endif
}

/* Faults stay with the thread that made them. */
static sigset_t all_but_faults(void)
{
    sigset_t blocked;
    sigfillset(&blocked);
    sigdelset(&blocked, SIGSEGV);
    sigdelset(&blocked, SIGBUS);
    sigdelset(&blocked, SIGFPE);
    sigdelset(&blocked, SIGILL);
    return blocked;
}

/* Until here the thread has all signals blocked, so none meets it half made. */
static void set_signals(const start *begun)
{
    application_mask = begun->mask;
    has_blocked = begun->signals == HB_SIGNALS_BLOCKED;
    if (!has_blocked)
        pthread_sigmask(SIG_SETMASK, &begun->mask, NULL);
}

static void *run(void *opaque)
{
    start begun = *(start *)opaque;
    free(opaque);
    name_this_thread(begun.name);
    set_signals(&begun);
    begun.fn(begun.arg);
    return NULL;
}

static int create(start *begun)
{
    pthread_t thread;
    pthread_attr_t attributes;
    sigset_t blocked = all_but_faults();
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_sigmask(SIG_SETMASK, &blocked, &begun->mask);
    sigset_t own_mask = begun->mask;
    if (has_blocked)
        begun->mask = application_mask;
    int refused = pthread_create(&thread, &attributes, run, begun);
    pthread_sigmask(SIG_SETMASK, &own_mask, NULL);
    pthread_attr_destroy(&attributes);
    return refused;
}

hb_status hb_platform_thread(hb_platform_thread_fn *fn, void *arg, const char *name,
                             hb_signals signals)
{
    start *begun = malloc(sizeof *begun);
    if (!begun)
        return HB_NO_MEMORY;
    begun->fn = fn;
    begun->arg = arg;
    begun->signals = signals;
    snprintf(begun->name, sizeof begun->name, "%s", name);
    if (create(begun) == 0)
        return HB_OK;
    free(begun);
    return HB_NO_THREAD;
}

uint64_t hb_platform_thread_ident(void)
{
    return (uint64_t)(uintptr_t)pthread_self();
}

void hb_platform_yield(void)
{
    sched_yield();
}

void hb_platform_at_fork_child(void (*child)(void))
{
    pthread_atfork(NULL, NULL, child);
}

/* ---- the end of a thread ---- */

static pthread_key_t end_key;
static pthread_once_t end_once = PTHREAD_ONCE_INIT;
static bool end_known;

/* Emptied by its end, so that what runs there may register anew. */
static _Thread_local struct {
    void (*run[HB_THREAD_ENDS])(void);
    int n;
} ends;

static void run_ends(void *unused)
{
    (void)unused;
    while (ends.n > 0)
        ends.run[--ends.n]();
}

static void make_end_key(void)
{
    end_known = pthread_key_create(&end_key, run_ends) == 0;
}

bool hb_platform_at_thread_end(void (*end)(void))
{
    pthread_once(&end_once, make_end_key);
    for (int i = 0; i < ends.n; i++)
        if (ends.run[i] == end)
            return true;
    if (!end_known || ends.n == HB_THREAD_ENDS || pthread_setspecific(end_key, &ends) != 0)
        return false;
    ends.run[ends.n++] = end;
    return true;
}

/* ---- memory ---- */

void *hb_platform_reserve(size_t bytes)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}
