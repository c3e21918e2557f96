/* platform_linux: futexes, absolute monotonic deadlines, processor affinity, barriers.
 *
 * The thread and clock parts that every POSIX system shares are in
 * platform_threads.c. Nothing here holds a lock. */
#define _GNU_SOURCE
#include "hb_platform.h"

#if defined(__linux__) && !defined(HB_PLATFORM_POSIX)

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
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

bool hb_platform_signals_wake(void)
{
    return true;
}

unsigned hb_platform_cpus(void)
{
    cpu_set_t set;
    /* The main thread's: what holds for a single pinned thread says nothing of the others. */
    if (sched_getaffinity(getpid(), sizeof set, &set) != 0)
        return (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    return (unsigned)CPU_COUNT(&set);
}

/* As the kernel lays it out; the C library has no name for it. */
typedef struct scheduling {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t slice, deadline, period;
} scheduling;

/* Who only wants the processor for a moment gets it before others have used up theirs, from
 * Linux 6.12 on. The least slice there is: 100 microseconds. */
static void ask_for_short_slices(void)
{
    scheduling wanted = { .size = sizeof wanted, .policy = SCHED_OTHER, .slice = 100000 };
    wanted.nice = getpriority(PRIO_PROCESS, 0);
    syscall(SYS_sched_setattr, 0, &wanted, 0);
}

void hb_platform_exact_timers(void)
{
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    ask_for_short_slices();
}

/* ---- time and memory ---- */

/* The kernel has tested it, and gave it up if it was uneven. */
bool hb_platform_count_is_fit(void)
{
#if defined(__aarch64__)
    return true; /* the architecture promises it */
#else
    char source[16] = "";
    FILE *file = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "re");
    if (!file)
        return false;
    bool read = fgets(source, sizeof source, file) != NULL;
    fclose(file);
    return read && strcmp(source, "tsc\n") == 0;
#endif
}

static int64_t clock_now(clockid_t clock)
{
    struct timespec now;
    if (clock_gettime(clock, &now) != 0)
        return -1;
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t hb_platform_suspended(void)
{
    return clock_now(CLOCK_BOOTTIME) - clock_now(CLOCK_MONOTONIC);
}

bool hb_platform_barrier_prepare(void)
{
    return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

void hb_platform_barrier(void)
{
    syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

/* The kernel reads it for us, and refuses what is not mapped. */
bool hb_platform_peek(void *to, const void *from, size_t bytes)
{
    struct iovec local = { to, bytes };
    struct iovec remote = { (void *)(uintptr_t)from, bytes };
    return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)bytes;
}

bool hb_platform_variable(const char *name, uintptr_t *begin, uintptr_t *end)
{
    Dl_info info;
    const ElfW(Sym) *entry = NULL;
    void *variable = dlsym(RTLD_DEFAULT, name);
    if (!variable || !dladdr1(variable, &info, (void **)&entry, RTLD_DL_SYMENT) || !entry ||
        info.dli_saddr != variable)
        return false;
    *begin = (uintptr_t)variable;
    *end = *begin + entry->st_size;
    return entry->st_size > 0;
}

/* The order to do so at once came with Linux 6.1; an older kernel refuses it. */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

void hb_platform_settle(void *memory, size_t bytes)
{
    madvise(memory, bytes, MADV_COLLAPSE);
}

/* ---- looking at threads ---- */

int32_t hb_platform_thread_number(void)
{
    return (int32_t)syscall(SYS_gettid);
}

void hb_platform_thread_name(char *name, size_t size)
{
    char comm[16] = "";
    prctl(PR_GET_NAME, comm, 0UL, 0UL, 0UL);
    snprintf(name, size, "%s", comm);
}

/* What pthread_getcpuclockid answers, which the kernel reads safely when the thread has ended. */
int64_t hb_platform_cpu_clock(void)
{
    clockid_t clock;
    return pthread_getcpuclockid(pthread_self(), &clock) == 0 ? clock : -1;
}

int64_t hb_platform_cpu_time(int64_t clock)
{
    return clock == -1 ? -1 : clock_now((clockid_t)clock);
}

/* The kernel tells the system call a thread sleeps in, and its arguments. */
uintptr_t hb_platform_sleeps_on(int32_t thread_number)
{
    char path[48];
    long number;
    unsigned long word;
    snprintf(path, sizeof path, "/proc/self/task/%d/syscall", (int)thread_number);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    bool sleeps = fscanf(file, "%ld %lx", &number, &word) == 2 && number == SYS_futex;
    fclose(file);
    return sleeps ? (uintptr_t)word : 0;
}

/* The line that tells which signals a thread blocks: a mask in hexadecimal. */
bool hb_platform_takes_signal(int32_t thread_number, int signal)
{
    char path[48], line[128];
    unsigned long long blocked = ~0ULL;
    snprintf(path, sizeof path, "/proc/self/task/%d/status", (int)thread_number);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "SigBlk: %llx", &blocked) == 1)
            break;
    fclose(file);
    return !(blocked >> (signal - 1) & 1);
}

bool hb_platform_signal_thread(int32_t thread_number, int signal)
{
    return syscall(SYS_tgkill, (long)getpid(), (long)thread_number, (long)signal) == 0;
}

#endif
