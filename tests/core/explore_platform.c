/* explore_platform - the operating system that the explorer plays.
 *
 * It does all that hb_platform.h allows and a real system rarely does: parks
 * end without cause or by a signal, and an unpark wakes any of the sleepers. */
#include "explore_impl.h"

#include <stdio.h>
#include <stdlib.h>

#include "hb_rand.h"

unsigned explore_processors = 1;

/* One park in so many ends at once without cause, and as many by a signal. */
#define MISCHIEF 24

/* The board is content with less, and every run begins with a new one. */
#define RESERVED_MOST ((size_t)1 << 20)

int64_t hb_platform_now(void)
{
    return explore_clock();
}

unsigned hb_platform_cpus(void)
{
    return explore_processors;
}

hb_status hb_platform_park(hb_atomic_u32 *word, uint32_t expected, int64_t deadline)
{
    hb_explore_point(__func__, __LINE__);
    if (atomic_load(word) != expected) /* no point here: looking and sleeping are one step */
        return HB_OK;
    if (deadline <= explore_clock())
        return HB_TIMEOUT;
    if (explore_chance(MISCHIEF))
        return explore_chance(2) ? HB_OK : HB_INTERRUPTED;
    return explore_sleep(word, deadline);
}

void hb_platform_unpark(hb_atomic_u32 *word)
{
    hb_explore_point(__func__, __LINE__);
    explore_wake(word);
    hb_explore_point(__func__, __LINE__);
}

int64_t hb_platform_signal_slice(void)
{
    return 1000;
}

bool hb_platform_signals_wake(void)
{
    return true;
}

hb_status hb_platform_thread(hb_platform_thread_fn *fn, void *arg, const char *name,
                             hb_signals signals)
{
    (void)name;
    (void)signals;
    hb_explore_point(__func__, __LINE__);
    explore_spawn(fn, arg);
    return HB_OK;
}

void hb_platform_exact_timers(void)
{
}

/* It promises nothing: a thread that outranks the others goes right on. */
void hb_platform_yield(void)
{
    hb_explore_point(__func__, __LINE__);
}

/* The runner forks between runs, when the core is as if it had never been used. */
void hb_platform_at_fork_child(void (*child)(void))
{
    (void)child;
}

/* A thread ends with its run. */
bool hb_platform_at_thread_end(void (*end)(void))
{
    (void)end;
    return true;
}

bool hb_platform_count_is_fit(void)
{
    return false;
}

int64_t hb_platform_suspended(void)
{
    return 0;
}

/* Every step here is seen by all at once. */
bool hb_platform_barrier_prepare(void)
{
    return true;
}

void hb_platform_barrier(void)
{
    hb_explore_point(__func__, __LINE__);
}

void *hb_platform_reserve(size_t bytes)
{
    return bytes > RESERVED_MOST ? NULL : calloc(1, bytes);
}

void hb_platform_settle(void *memory, size_t bytes)
{
    (void)memory;
    (void)bytes;
}

uint64_t hb_platform_thread_ident(void)
{
    return 1;
}

int32_t hb_platform_thread_number(void)
{
    return 1;
}

void hb_platform_thread_name(char *name, size_t size)
{
    snprintf(name, size, "explored");
}

int64_t hb_platform_cpu_clock(void)
{
    return -1;
}

int64_t hb_platform_cpu_time(int64_t clock)
{
    return clock;
}

uintptr_t hb_platform_sleeps_on(int32_t thread_number)
{
    (void)thread_number;
    return 0;
}

bool hb_platform_signal_thread(int32_t thread_number, int signal)
{
    (void)thread_number;
    (void)signal;
    return false;
}

/* A monitor's actions are nothing to explore. */
size_t hb_platform_write_now(int descriptor, const void *bytes, size_t size)
{
    (void)descriptor;
    (void)bytes;
    return size;
}

void hb_platform_signal_process(int signal)
{
    (void)signal;
}

_Noreturn void hb_platform_exit(int code)
{
    _exit(code);
}

_Noreturn void hb_platform_abort(void)
{
    abort();
}
