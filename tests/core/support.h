/* support.h - what the tests of several core files share: words, instants,
 * cases, and ways to know that another thread waits without sleeping. */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <sched.h>
#include <sys/wait.h>

#include "check.h"
#include "hb_chan.h"
#include "hb_select.h"
#include "hb_timer.h"

#define MS ((hb_time)1000000)

static inline hb_word num(int64_t n)
{
    return (hb_word){ .i64 = n };
}

static inline hb_time in_ms(int64_t ms)
{
    return hb_now() + ms * MS;
}

/* Lets time pass, whatever signals come. */
static inline void pass_until(hb_time instant)
{
    while (hb_wait_sleep(instant) == HB_INTERRUPTED)
        ;
}

/* ---- cases ---- */

static inline hb_case recv_case(hb_chan *chan)
{
    return (hb_case){ chan ? hb_chan_source(chan) : NULL, HB_RECV, num(0) };
}

static inline hb_case send_case(hb_chan *chan, int64_t n)
{
    return (hb_case){ chan ? hb_chan_source(chan) : NULL, HB_SEND, num(n) };
}

static inline hb_case timer_case(hb_timer *timer)
{
    return (hb_case){ &timer->source, HB_RECV, num(0) };
}

typedef struct outcome {
    hb_status status;
    int64_t index;
    int64_t n;
} outcome;

static inline outcome outcome_of(const hb_select *select, hb_status status)
{
    bool happened = status == HB_OK || status == HB_CLOSED;
    return (outcome){ status, happened ? (int64_t)select->index : -1,
                      happened ? select->word.i64 : -1 };
}

/* One select from init to fini that waits until the deadline; index and n are
 * -1 where nothing happened. */
static inline outcome select_until(const hb_case *cases, uint32_t n, hb_time deadline)
{
    hb_select select;
    hb_status status = hb_select_init(&select, cases, n, false);
    if (status == HB_OK)
        status = hb_select_run(&select, deadline);
    outcome got = outcome_of(&select, status);
    hb_select_fini(&select);
    return got;
}

/* The same without waiting. */
static inline outcome select_now(const hb_case *cases, uint32_t n, bool biased)
{
    hb_select select;
    hb_status status = hb_select_init(&select, cases, n, biased);
    if (status == HB_OK)
        status = hb_select_try(&select);
    outcome got = outcome_of(&select, status);
    hb_select_fini(&select);
    return got;
}

/* ---- other threads ---- */

/* Returns once exactly so many wait on the channel. */
static inline void await_waiting(hb_chan *chan, uint64_t senders, uint64_t receivers)
{
    hb_chan_stats stats;
    do {
        sched_yield();
        hb_chan_stats_get(chan, &stats);
    } while (stats.waiting_senders != senders || stats.waiting_receivers != receivers);
}

static inline void check_nobody_waits(hb_chan *chan)
{
    hb_chan_stats stats;
    hb_chan_stats_get(chan, &stats);
    CHECK_EQ(stats.waiting_senders, 0);
    CHECK_EQ(stats.waiting_receivers, 0);
}

static inline uint64_t timer_waiters(hb_timer *timer)
{
    hb_lock_acquire(&timer->source.lock);
    uint64_t n = hb__queue_count_locked(&timer->source.waiting, HB_RECV);
    hb_lock_release(&timer->source.lock);
    return n;
}

static inline void await_timer_waiters(hb_timer *timer, uint64_t n)
{
    while (timer_waiters(timer) != n)
        sched_yield();
}

/* ---- signals ---- */

static inline void ignore_signal(int signum)
{
    (void)signum;
}

/* A handler that does nothing but end system calls (no SA_RESTART). */
static inline void catch_sigusr1(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = ignore_signal;
    sigaction(SIGUSR1, &action, NULL);
}

/* Signals the thread until it says that it has ended its wait: one signal may
 * come before it sleeps, and then nobody sees it. */
static inline void signal_until(pthread_t thread, atomic_bool *ended)
{
    while (!atomic_load(ended)) {
        pthread_kill(thread, SIGUSR1);
        pass_until(in_ms(1));
    }
}

/* ---- processes ---- */

/* Runs the test in a child process, for what can be done once in a process, and
 * checks that it ended well. */
static inline void check_in_child(void (*test)(void))
{
    int ended = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(CHECK_TIME_LIMIT / 2); /* so that the child names itself first */
        test();
        _exit(atomic_load(&check_failures) != 0);
    }
    CHECK(child > 0);
    CHECK_EQ(waitpid(child, &ended, 0), child);
    CHECK_EQ(ended, 0);
}

#endif
