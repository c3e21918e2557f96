/* explore_run - feeds seeds to scenarios, and tells about the ones that fail.
 *
 * Runs happen in child processes, so that one which fails in any way, by a
 * check, a sanitizer or a deadlock, leaves the explorer well. The seed a child
 * is at lies in memory it shares with its parent. Even seeds play a system of
 * one processor, odd ones one of two; since the core remembers such things, a
 * process keeps to one kind. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "explore_impl.h"
#include "hb_rand.h"
#include "hb_spin.h"

#define SEEDS 1000
#define TWICE 10 /* so many of the runs are run again, to see that they repeat */
#define SHOWN_LINES 40

static uint64_t *seed_now;
static atomic_int *scenario_failures;
static uint32_t seeds = SEEDS;

/* ---- one run ---- */

static void begin_thread(void *thread)
{
    (*(void (**)(void))thread)();
}

static bool run_once(const explore_scenario *s, uint64_t seed, bool trace)
{
    void (*threads[EXPLORE_MOST_THREADS])(void);
    *seed_now = seed;
    hb_rand_seed(seed);
    explore_reset(seed, trace);
    s->begin();
    for (int i = 0; i < EXPLORE_MOST_THREADS && s->threads[i]; i++) {
        threads[i] = s->threads[i];
        explore_spawn(begin_thread, &threads[i]);
    }
    if (!explore_run())
        return false;
    s->end();
    return atomic_load(scenario_failures) == 0;
}

/* E1 is what every report rests on, so it is tested itself. */
static bool run_twice(const explore_scenario *s, uint64_t seed)
{
    if (!run_once(s, seed, false))
        return false;
    uint64_t digest = explore_digest();
    if (!run_once(s, seed, false))
        return false;
    if (digest == explore_digest())
        return true;
    printf("one seed gave two schedules\n");
    return false;
}

/* ---- in a child ---- */

/* What the core finds out once in a process, it shall know before the first run. */
static void warm_up(void)
{
    hb_word word;
    hb_chan *chan = hb_chan_new(0, NULL);
    hb_chan_recv(chan, &word, 0);
    hb_chan_unref(chan);
    hb_spin_for(0);
}

static void run_seeds(const explore_scenario *s, uint64_t first, uint32_t n, bool trace)
{
    bool good = true;
    explore_processors = 1 + first % 2;
    warm_up();
    for (uint32_t i = 0; good && i < n; i++) {
        uint64_t seed = first + 2 * i;
        good = i < TWICE && !s->final && !trace ? run_twice(s, seed) : run_once(s, seed, trace);
    }
    fflush(stdout);
    if (!good || s->final)
        _exit(!good);
    exit(0); /* lets a leak checker look */
}

static bool seeds_are_good(const explore_scenario *s, uint64_t first, uint32_t n, bool trace, FILE *to)
{
    int ended = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(CHECK_TIME_LIMIT);
        dup2(fileno(to), STDOUT_FILENO);
        dup2(fileno(to), STDERR_FILENO);
        run_seeds(s, first, n, trace);
    }
    waitpid(child, &ended, 0);
    return child > 0 && ended == 0;
}

/* Half the seeds of one kind. */
static bool half_is_good(const explore_scenario *s, uint64_t kind, FILE *to)
{
    if (!s->final)
        return seeds_are_good(s, kind, seeds / 2, false, to);
    for (uint64_t seed = kind; seed < seeds; seed += 2)
        if (!seeds_are_good(s, seed, 1, false, to))
            return false;
    return true;
}

/* ---- reports ---- */

static void show_tail(FILE *file)
{
    char line[512];
    int lines = 0;
    for (rewind(file); fgets(line, sizeof line, file);)
        lines++;
    for (rewind(file); fgets(line, sizeof line, file);)
        if (--lines < SHOWN_LINES)
            fputs(line, stdout);
}

static void report(const explore_scenario *s, uint64_t seed, FILE *first_time)
{
    FILE *again = tmpfile();
    printf("%s fails with seed %llu:\n", s->name, (unsigned long long)seed);
    show_tail(first_time);
    bool repeats = !seeds_are_good(s, seed, 1, true, again);
    printf("run again, %s; the last steps were:\n", repeats ? "it fails again" : "it does not fail");
    show_tail(again);
    fclose(again);
}

static const explore_scenario *current;

/* A broken one is good if it fails, and fails again with the same seed. */
static void explore_current(void)
{
    FILE *output = tmpfile();
    bool good = half_is_good(current, 0, output) && half_is_good(current, 1, output);
    uint64_t seed = *seed_now;
    if (current->broken) {
        CHECK(!good);
        CHECK(!seeds_are_good(current, seed, 1, false, output));
    } else if (!good) {
        report(current, seed, output);
        CHECK(good);
    }
    fclose(output);
}

/* ---- the program ---- */

/* Only one thread runs at a time: on one processor they change places faster. */
static void stay_on_one_processor(void)
{
#ifdef __linux__
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)sched_getcpu(), &set);
    sched_setaffinity(0, sizeof set, &set);
#endif
}

static int replay(const explore_scenario *scenarios, size_t n, const char *name, const char *seed)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(scenarios[i].name, name) == 0)
            return !seeds_are_good(&scenarios[i], strtoull(seed, NULL, 10), 1, true, stdout);
    printf("there is no scenario %s\n", name);
    return 2;
}

int explore_program(int argc, char **argv, const explore_scenario *scenarios, size_t n,
                    atomic_int *failures)
{
    scenario_failures = failures;
    seed_now = mmap(NULL, sizeof *seed_now, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (seed_now == MAP_FAILED)
        return 2;
    stay_on_one_processor();
    if (getenv("EXPLORE_SEEDS"))
        seeds = (uint32_t)atoi(getenv("EXPLORE_SEEDS"));
    if (argc == 3)
        return replay(scenarios, n, argv[1], argv[2]);
    for (size_t i = 0; i < n; i++) {
        current = &scenarios[i];
        check_run(current->name, explore_current);
    }
    return check_exit_code();
}

static int by_address(const void *a, const void *b)
{
    uintptr_t left = (uintptr_t) * (hb_chan *const *)a, right = (uintptr_t) * (hb_chan *const *)b;
    return (left > right) - (left < right);
}

void explore_channels(hb_chan **chans, size_t n, uint64_t capacity)
{
    for (size_t i = 0; i < n; i++)
        chans[i] = hb_chan_new(capacity, NULL);
    qsort(chans, n, sizeof *chans, by_address);
}
