/* hb_platform: parking, threads and the clock, whichever file supplies them. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "hb_platform.h"
#include "support.h"

#if defined(__linux__) && !defined(HB_PLATFORM_POSIX)
#define HAVE_FUTEX 1
#include <sys/prctl.h>
#else
#define HAVE_FUTEX 0
#endif

/* ---- park and unpark ---- */

static hb_atomic_u32 word;

/* Parks until the word changes or the deadline, through all the wakings that
 * have no cause; counts them. */
static hb_status park_while(uint32_t expected, hb_time deadline)
{
    hb_status status = HB_OK;
    while (hb_load_acquire(&word) == expected && status != HB_TIMEOUT)
        status = hb_platform_park(&word, expected, deadline);
    return status;
}

static void parking_on_a_changed_word_returns_at_once(void)
{
    hb_store_relaxed(&word, 1);
    CHECK_EQ(hb_platform_park(&word, 0, HB_FOREVER), HB_OK);
}

static void parking_ends_at_the_deadline(void)
{
    hb_store_relaxed(&word, 0);
    for (int ms = 0; ms < 100; ms += 30) {
        hb_time deadline = in_ms(ms);
        CHECK_EQ(park_while(0, deadline), HB_TIMEOUT);
        CHECK(hb_now() >= deadline);
        CHECK(hb_now() < deadline + 20 * HB_SECOND);
    }
}

static void a_deadline_before_the_clocks_zero_has_passed(void)
{
    hb_store_relaxed(&word, 0);
    CHECK_EQ(hb_platform_park(&word, 0, 0), HB_TIMEOUT);
    CHECK_EQ(hb_platform_park(&word, 0, -1), HB_TIMEOUT);
    CHECK_EQ(hb_platform_park(&word, 0, -3 * HB_SECOND), HB_TIMEOUT);
    CHECK_EQ(hb_platform_park(&word, 0, INT64_MIN), HB_TIMEOUT);
}

static void the_last_instant_before_forever_is_far(void)
{
    hb_store_relaxed(&word, 1);
    CHECK_EQ(hb_platform_park(&word, 0, HB_FOREVER - 1), HB_OK);
}

static void unparking_nobody_does_nothing(void)
{
    hb_atomic_u32 *volatile gone = malloc(sizeof *gone); /* volatile: the compiler must not know */
    hb_store_relaxed(gone, 0);
    hb_platform_unpark(gone);
    free(gone);
    hb_platform_unpark(gone);
    CHECK_EQ(park_while(hb_load_relaxed(&word), in_ms(1)), HB_TIMEOUT);
}

static void *sleep_on_the_word(void *awake)
{
    while (hb_load_acquire(&word) == 0)
        hb_platform_park(&word, 0, HB_FOREVER);
    atomic_fetch_add((atomic_int *)awake, 1);
    return NULL;
}

/* Each unpark wakes at least one, so as many unparks as sleepers wake all. */
static void every_sleeper_is_woken_by_its_unpark(void)
{
    pthread_t threads[4];
    atomic_int awake = 0;
    hb_store_relaxed(&word, 0);
    for (int i = 0; i < 4; i++)
        threads[i] = check_spawn(sleep_on_the_word, &awake);
    CHECK_EQ(atomic_load(&awake), 0);
    hb_store_release(&word, 1);
    for (int i = 0; i < 4; i++)
        hb_platform_unpark(&word);
    for (int i = 0; i < 4; i++)
        check_join(threads[i]);
    CHECK_EQ(atomic_load(&awake), 4);
}

static void *pass_back(void *unused)
{
    (void)unused;
    for (uint32_t n = 0; n < 4000; n += 2) {
        park_while(n, HB_FOREVER);
        hb_fetch_add(&word, 1);
        hb_platform_unpark(&word);
    }
    return NULL;
}

/* A wake that was lost would let both sleep for ever. */
static void no_wake_is_lost_between_two_threads(void)
{
    hb_store_relaxed(&word, 0);
    pthread_t thread = check_spawn(pass_back, NULL);
    for (uint32_t n = 1; n < 4001; n += 2) {
        hb_fetch_add(&word, 1);
        hb_platform_unpark(&word);
        park_while(n, HB_FOREVER);
    }
    check_join(thread);
    CHECK_EQ(hb_load_relaxed(&word), 4000);
}

static void *park_until_interrupted(void *ended)
{
    hb_status status = HB_OK;
    while (status == HB_OK)
        status = hb_platform_park(&word, 0, HB_FOREVER);
    atomic_store((atomic_bool *)ended, true);
    return (void *)(intptr_t)status;
}

static void a_signal_ends_a_park(void)
{
    atomic_bool ended = false;
    catch_sigusr1();
    hb_store_relaxed(&word, 0);
    pthread_t thread = check_spawn(park_until_interrupted, &ended);
    signal_until(thread, &ended);
    CHECK_EQ((intptr_t)check_join(thread), HB_INTERRUPTED);
}

static void a_signal_slice_is_short_enough_for_a_person(void)
{
    CHECK(hb_platform_signal_slice() > 0);
    CHECK(hb_platform_signal_slice() <= HB_SECOND);
}

/* ---- threads ---- */

typedef struct seen {
    hb_chan *told;
    sigset_t blocked;
    char name[32];
    pthread_t self;
} seen;

static void look_around(void *opaque)
{
    seen *s = opaque;
    pthread_sigmask(SIG_BLOCK, NULL, &s->blocked);
    pthread_getname_np(pthread_self(), s->name, sizeof s->name);
    s->self = pthread_self();
    hb_chan_try_send(s->told, num(1));
}

static seen run_a_thread(const char *name, hb_signals signals)
{
    seen s = { .told = hb_chan_new(1, NULL) };
    hb_word got;
    CHECK_EQ(hb_platform_thread(look_around, &s, name, signals), HB_OK);
    CHECK_EQ(hb_chan_recv(s.told, &got, HB_FOREVER), HB_OK);
    hb_chan_unref(s.told);
    return s;
}

static void a_thread_runs_apart_with_its_name(void)
{
    char name[] = "hb-test";
    seen s = run_a_thread(name, HB_SIGNALS_BLOCKED);
    CHECK(!pthread_equal(s.self, pthread_self()));
    CHECK(strcmp(s.name, "hb-test") == 0);
    s = run_a_thread("a-name-longer-than-systems-show", HB_SIGNALS_BLOCKED);
    CHECK(strcmp(s.name, "a-name-longer-t") == 0);
}

static void a_thread_leaves_signals_to_the_application(void)
{
    const int asynchronous[] = { SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGCHLD, SIGUSR1, SIGUSR2 };
    const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };
    seen s = run_a_thread("hb-signals", HB_SIGNALS_BLOCKED);
    for (size_t i = 0; i < sizeof asynchronous / sizeof *asynchronous; i++)
        CHECK_EQ(sigismember(&s.blocked, asynchronous[i]), 1);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        CHECK_EQ(sigismember(&s.blocked, faults[i]), 0);
}

static void check_same_signals(const sigset_t *a, const sigset_t *b)
{
    for (int signum = 1; signum < 32; signum++)
        CHECK_EQ(sigismember(a, signum), sigismember(b, signum));
}

static void starting_a_thread_leaves_the_callers_signals(void)
{
    sigset_t before, after;
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    run_a_thread("hb-mask", HB_SIGNALS_BLOCKED);
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    check_same_signals(&after, &before);
}

static void start_another(void *opaque)
{
    CHECK_EQ(hb_platform_thread(look_around, opaque, "hb-child", HB_SIGNALS_INHERITED), HB_OK);
}

/* Some signals blocked and some not, so that taking them over shows. */
static sigset_t block_a_few(sigset_t *before)
{
    sigset_t few;
    sigemptyset(&few);
    sigaddset(&few, SIGUSR2);
    sigaddset(&few, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &few, before);
    pthread_sigmask(SIG_BLOCK, NULL, &few);
    return few;
}

static void a_thread_can_take_its_creators_signals(void)
{
    sigset_t before, mine = block_a_few(&before);
    seen s = run_a_thread("hb-inherits", HB_SIGNALS_INHERITED);
    check_same_signals(&s.blocked, &mine);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* One that takes none hands on to others what its own creator takes. */
static void signals_pass_by_a_thread_that_takes_none(void)
{
    sigset_t before, mine = block_a_few(&before);
    seen s = { .told = hb_chan_new(1, NULL) };
    hb_word got;
    CHECK_EQ(hb_platform_thread(start_another, &s, "hb-parent", HB_SIGNALS_BLOCKED), HB_OK);
    CHECK_EQ(hb_chan_recv(s.told, &got, HB_FOREVER), HB_OK);
    check_same_signals(&s.blocked, &mine);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    hb_chan_unref(s.told);
}

static char ends_run[8];
static size_t n_ends;

static void note_end(char which)
{
    ends_run[n_ends++] = which;
}

static void end_a(void)
{
    note_end('a');
}

static void end_b(void)
{
    note_end('b');
    CHECK(hb_platform_at_thread_end(end_a)); /* while the ends run */
}

static void *register_ends(void *unused)
{
    (void)unused;
    CHECK(hb_platform_at_thread_end(end_a));
    CHECK(hb_platform_at_thread_end(end_b));
    CHECK(hb_platform_at_thread_end(end_a));
    return NULL;
}

static void what_runs_at_the_end_of_a_thread_runs_once_the_last_first(void)
{
    pthread_t thread;
    n_ends = 0;
    pthread_create(&thread, NULL, register_ends, NULL);
    pthread_join(thread, NULL);
    CHECK_EQ(n_ends, 2);
    CHECK_EQ(memcmp(ends_run, "ba", 2), 0);
}

static void *register_end_alone(void *unused)
{
    (void)unused;
    CHECK(hb_platform_at_thread_end(end_b));
    return NULL;
}

static void what_runs_at_the_end_may_register_more(void)
{
    pthread_t thread;
    n_ends = 0;
    pthread_create(&thread, NULL, register_end_alone, NULL);
    pthread_join(thread, NULL);
    CHECK_EQ(n_ends, 2);
    CHECK_EQ(memcmp(ends_run, "ba", 2), 0);
}

static void there_is_a_processor(void)
{
    CHECK(hb_platform_cpus() >= 1);
    CHECK(hb_platform_cpus() <= (unsigned)sysconf(_SC_NPROCESSORS_CONF));
}

static void *ask_for_exact_timers(void *unused)
{
    (void)unused;
    hb_platform_exact_timers();
#if HAVE_FUTEX
    CHECK_EQ(prctl(PR_GET_TIMERSLACK), 1);
#endif
    hb_time deadline = in_ms(5);
    CHECK_EQ(park_while(hb_load_relaxed(&word), deadline), HB_TIMEOUT);
    CHECK(hb_now() >= deadline);
    return NULL;
}

static void exact_timers_are_never_early(void)
{
    check_join(check_spawn(ask_for_exact_timers, NULL));
}

int main(void)
{
    RUN(parking_on_a_changed_word_returns_at_once);
    RUN(parking_ends_at_the_deadline);
    RUN(a_deadline_before_the_clocks_zero_has_passed);
    RUN(the_last_instant_before_forever_is_far);
    RUN(unparking_nobody_does_nothing);
    RUN(every_sleeper_is_woken_by_its_unpark);
    RUN(no_wake_is_lost_between_two_threads);
    RUN(a_signal_ends_a_park);
    RUN(a_signal_slice_is_short_enough_for_a_person);
    RUN(a_thread_runs_apart_with_its_name);
    RUN(a_thread_leaves_signals_to_the_application);
    RUN(starting_a_thread_leaves_the_callers_signals);
    RUN(a_thread_can_take_its_creators_signals);
    RUN(signals_pass_by_a_thread_that_takes_none);
    RUN(what_runs_at_the_end_of_a_thread_runs_once_the_last_first);
    RUN(what_runs_at_the_end_may_register_more);
    RUN(there_is_a_processor);
    RUN(exact_timers_are_never_early);
    return check_exit_code();
}
