/* platform_linux: futexes, absolute monotonic deadlines, processor affinity.
 *
 * The thread and clock parts that every POSIX system shares are in
 * platform_threads.c. Nothing here holds a lock. */
#define _GNU_SOURCE
#include "hb_platform.h"

#if defined(__linux__) && !defined(HB_PLATFORM_POSIX)

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long futex(hb_atomic_u32 *word, int op, uint32_t value, const struct timespec *until)
{
    return syscall(SYS_futex, (void *)word, op | FUTEX_PRIVATE_FLAG, value, until, NULL,
                   FUTEX_BITSET_MATCH_ANY);
}

/* The kernel refuses instants before the clock's zero. They have passed, as
 * zero has. */
static struct timespec timespec_of(int64_t deadline)
{
    int64_t instant = deadline > 0 ? deadline : 0;
    return (struct timespec){
        .tv_sec = (time_t)(instant / 1000000000),
        .tv_nsec = (long)(instant % 1000000000),
    };
}

hb_status hb_platform_park(hb_atomic_u32 *word, uint32_t expected, int64_t deadline)
{
    struct timespec until = timespec_of(deadline);
    /* FUTEX_WAIT_BITSET, because it alone takes an absolute monotonic time. */
    long done = futex(word, FUTEX_WAIT_BITSET, expected, deadline == INT64_MAX ? NULL : &until);
    if (done == 0 || errno == EAGAIN)
        return HB_OK;
    return errno == ETIMEDOUT ? HB_TIMEOUT : HB_INTERRUPTED;
}

void hb_platform_unpark(hb_atomic_u32 *word)
{
    futex(word, FUTEX_WAKE_BITSET, 1, NULL);
}

int64_t hb_platform_signal_slice(void)
{
    return 250 * 1000000;
}

unsigned hb_platform_cpus(void)
{
    cpu_set_t set;
    /* The main thread's: what holds for a single pinned thread says nothing of the others. */
    if (sched_getaffinity(getpid(), sizeof set, &set) != 0)
        return (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    return (unsigned)CPU_COUNT(&set);
}

void hb_platform_exact_timers(void)
{
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
}

#endif
