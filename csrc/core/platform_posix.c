/* platform_posix: parking on any POSIX system, by mutexes and conditions.
 *
 * A sleeper is filed under the hash of its word's address. The word is looked
 * at while the bucket's mutex is held and a waker takes that mutex, so a wake
 * that follows a change of the word is never missed. Words that share a bucket
 * wake each other for nothing, which hb_platform_park allows.
 *
 * Locking: one mutex a bucket, a leaf; nothing else is taken under it. */
#define _GNU_SOURCE
#include "hb_platform.h"

#if !defined(__linux__) || defined(HB_PLATFORM_POSIX)

#include <errno.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#define BUCKETS 64

typedef struct bucket {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
} bucket;

static bucket buckets[BUCKETS];
static pthread_once_t buckets_once = PTHREAD_ONCE_INIT;

static void init_buckets(void)
{
    for (int i = 0; i < BUCKETS; i++) {
        pthread_mutex_init(&buckets[i].mutex, NULL);
        pthread_cond_init(&buckets[i].changed, NULL);
    }
}

/* In the child of a fork nobody sleeps, and no mutex is held; but what the parent's sleepers left in
 * a condition would be waited for. */
static void make_buckets(void)
{
    init_buckets();
    pthread_atfork(NULL, NULL, init_buckets);
}

static bucket *bucket_of(hb_atomic_u32 *word)
{
    pthread_once(&buckets_once, make_buckets);
    return &buckets[((uintptr_t)word >> 4) % BUCKETS];
}

/* Conditions sleep on the wall clock here: macOS has no other. A wall clock
 * that jumps ends a sleep early or late by at most one signal slice. */
static struct timespec wall_after(int64_t nanoseconds)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    int64_t sum = until.tv_nsec + nanoseconds;
    until.tv_sec += (time_t)(sum / 1000000000);
    until.tv_nsec = (long)(sum % 1000000000);
    return until;
}

static int sleep_locked(bucket *b, int64_t deadline)
{
    int64_t now = hb_platform_now();
    int64_t slice = hb_platform_signal_slice();
    if (deadline <= now)
        return ETIMEDOUT;
    int64_t left = deadline - now;
    struct timespec until = wall_after(left < slice ? left : slice);
    int woken = pthread_cond_timedwait(&b->changed, &b->mutex, &until);
    return woken == ETIMEDOUT && left > slice ? EINTR : woken;
}

hb_status hb_platform_park(hb_atomic_u32 *word, uint32_t expected, int64_t deadline)
{
    bucket *b = bucket_of(word);
    pthread_mutex_lock(&b->mutex);
    int ended = hb_load_acquire(word) == expected ? sleep_locked(b, deadline) : 0;
    pthread_mutex_unlock(&b->mutex);
    if (ended == EINTR)
        return HB_INTERRUPTED;
    return ended == ETIMEDOUT && hb_platform_now() >= deadline ? HB_TIMEOUT : HB_OK;
}

void hb_platform_unpark(hb_atomic_u32 *word)
{
    bucket *b = bucket_of(word);
    pthread_mutex_lock(&b->mutex);
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->mutex);
}

int64_t hb_platform_signal_slice(void)
{
    return 40 * 1000000;
}

bool hb_platform_signals_wake(void)
{
    return false;
}

unsigned hb_platform_cpus(void)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (unsigned)online : 1;
}

void hb_platform_exact_timers(void)
{
}

/* What the standard does not offer is answered with "not known". */

bool hb_platform_count_is_fit(void)
{
    return false;
}

int64_t hb_platform_suspended(void)
{
    return 0;
}

bool hb_platform_barrier_prepare(void)
{
    return false;
}

void hb_platform_barrier(void)
{
}

bool hb_platform_peek(void *to, const void *from, size_t bytes)
{
    (void)to;
    (void)from;
    (void)bytes;
    return false;
}

bool hb_platform_variable(const char *name, uintptr_t *begin, uintptr_t *end)
{
    (void)name;
    (void)begin;
    (void)end;
    return false;
}

void hb_platform_settle(void *memory, size_t bytes)
{
    (void)memory;
    (void)bytes;
}

int32_t hb_platform_thread_number(void)
{
    static hb_atomic_u32 numbers;
    static _Thread_local uint32_t number;
    if (!number)
        number = hb_fetch_add(&numbers, 1) + 1;
    return (int32_t)number;
}

void hb_platform_thread_name(char *name, size_t size)
{
    pthread_getname_np(pthread_self(), name, size);
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

bool hb_platform_takes_signal(int32_t thread_number, int signal)
{
    (void)thread_number;
    (void)signal;
    return false;
}

bool hb_platform_signal_thread(int32_t thread_number, int signal)
{
    (void)thread_number;
    (void)signal;
    return false;
}

#endif
