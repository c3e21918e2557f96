/* explore_sched - one thread at a time.
 *
 * The threads hand a baton round: `turn` says who has it, everybody else waits
 * on a condition of its own. Who gets it next is explore_choice's to say, so
 * the order of steps is a function of the seed.
 *
 * Locking: one mutex guards all of `run`. The holder of the baton takes it at
 * every point, so in truth nobody ever competes for it. */
#include "explore_impl.h"

#include "hb_rand.h"

#define MOST_FIBERS 32
#define MOST_STEPS 200000
#define NOBODY (-1)
#define START ((int64_t)1000000000)

typedef enum fiber_state { READY, ASLEEP, ENDED } fiber_state;

typedef struct fiber {
    int id;
    pthread_t thread;
    pthread_cond_t go;
    hb_platform_thread_fn *fn;
    void *arg;
    fiber_state state;
    bool paused; /* in a spin loop: goes on after somebody else did */
    hb_atomic_u32 *word;
    int64_t deadline;
    hb_status woken;
    uint64_t priority;
    const char *function; /* where it is */
    int line;
} fiber;

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t over;
    fiber fibers[MOST_FIBERS];
    int n;
    int turn;
    bool stuck, trace;
    int64_t clock;
    uint64_t clock_priority;
    uint32_t steps;
    uint64_t digest; /* of who did what, in order */
} run = { .mutex = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER };

static _Thread_local fiber *self;

void explore_reset(uint64_t seed, bool trace)
{
    run.n = 0;
    run.turn = NOBODY;
    run.stuck = false;
    run.trace = trace;
    run.clock = START;
    run.steps = 0;
    run.digest = 0;
    explore_choice_reset(seed);
    run.clock_priority = explore_some_priority();
}

/* ---- who can go on ---- */

static bool can_go(const fiber *f)
{
    return f->state == READY && !f->paused;
}

static int64_t earliest_deadline(void)
{
    int64_t earliest = INT64_MAX;
    for (int i = 0; i < run.n; i++)
        if (run.fibers[i].state == ASLEEP && run.fibers[i].deadline < earliest)
            earliest = run.fibers[i].deadline;
    return earliest;
}

static void rouse(fiber *f, hb_status woken)
{
    f->state = READY;
    f->woken = woken;
}

static void unpause_all(const fiber *but)
{
    for (int i = 0; i < run.n; i++)
        if (&run.fibers[i] != but)
            run.fibers[i].paused = false;
}

static void move_clock(void)
{
    run.clock = earliest_deadline();
    for (int i = 0; i < run.n; i++)
        if (run.fibers[i].state == ASLEEP && run.fibers[i].deadline <= run.clock)
            rouse(&run.fibers[i], HB_TIMEOUT);
    unpause_all(NULL);
    if (run.trace)
        printf("      the clock moves to %lld\n", (long long)(run.clock - START));
}

static int list_ready(explore_candidate *list)
{
    int n = 0;
    for (int i = 0; i < run.n; i++)
        if (can_go(&run.fibers[i]))
            list[n++] = (explore_candidate){ i, &run.fibers[i].priority };
    return n;
}

/* NOBODY when there is none and never will be. If all who are ready pause, they
 * may wait for the clock alone. */
static int pick(void)
{
    explore_candidate list[MOST_FIBERS + 1];
    bool clock_can = earliest_deadline() != INT64_MAX;
    int n = list_ready(list);
    if (n == 0 && clock_can && explore_below(2))
        return EXPLORE_CLOCK;
    if (n == 0) {
        unpause_all(NULL);
        n = list_ready(list);
    }
    if (clock_can)
        list[n++] = (explore_candidate){ EXPLORE_CLOCK, &run.clock_priority };
    return n ? explore_choose(list, n, self ? self->id : NOBODY, run.steps) : NOBODY;
}

/* ---- the baton ---- */

static void give_turn(int to)
{
    run.turn = to;
    pthread_cond_signal(to == NOBODY ? &run.over : &run.fibers[to].go);
}

static bool all_ended(void)
{
    for (int i = 0; i < run.n; i++)
        if (run.fibers[i].state != ENDED)
            return false;
    return true;
}

/* Gives the turn to whoever is picked; returns when it comes back. A fiber that
 * has ended does not wait for that, and a run that is stuck never gives it. */
static void pass_turn_locked(void)
{
    int next;
    while ((next = ++run.steps > MOST_STEPS ? NOBODY : pick()) == EXPLORE_CLOCK)
        move_clock();
    run.stuck = next == NOBODY && !all_ended();
    if (next != NOBODY)
        unpause_all(&run.fibers[next]);
    if (!self || next != self->id || next == NOBODY)
        give_turn(next);
    while (self && self->state != ENDED && run.turn != self->id)
        pthread_cond_wait(&self->go, &run.mutex);
    if (self)
        self->paused = false;
}

/* The point after a step is shown only if somebody came in between. */
static void trace(const char *function, int line, bool pausing)
{
    static const fiber *last;
    if (last != self || self->function != function || self->line != line || pausing)
        printf("  %d   %s:%d%s\n", self->id, function, line, pausing ? " pauses" : "");
    last = self;
}

static void point(const char *function, int line, bool pausing)
{
    if (!self)
        return;
    pthread_mutex_lock(&run.mutex);
    if (run.trace)
        trace(function, line, pausing);
    self->function = function;
    self->line = line;
    self->paused = pausing;
    if (pausing) /* below whoever it waits for: two who spin must not starve a third */
        self->priority = explore_lowest_priority();
    run.digest = (run.digest ^ (uint64_t)(self->id + 1 + line * 64)) * 0x100000001b3u;
    pass_turn_locked();
    pthread_mutex_unlock(&run.mutex);
}

void hb_explore_point(const char *function, int line)
{
    point(function, line, false);
}

void hb_explore_pause(void)
{
    point("hb_pause", 0, true);
}

/* ---- for the played system and the runner ---- */

uint64_t explore_digest(void)
{
    return run.digest;
}

int64_t explore_clock(void)
{
    return run.clock;
}

bool explore_chance(uint32_t in)
{
    return self && explore_below(in) == 0;
}

hb_status explore_sleep(hb_atomic_u32 *word, int64_t deadline)
{
    if (!self) {
        printf("begin and end of a scenario must not wait\n");
        abort();
    }
    pthread_mutex_lock(&run.mutex);
    self->state = ASLEEP;
    self->word = word;
    self->deadline = deadline;
    pass_turn_locked();
    pthread_mutex_unlock(&run.mutex);
    return self->woken;
}

void explore_wake(hb_atomic_u32 *word)
{
    int sleepers[MOST_FIBERS], n = 0;
    pthread_mutex_lock(&run.mutex);
    for (int i = 0; i < run.n; i++)
        if (run.fibers[i].state == ASLEEP && run.fibers[i].word == word)
            sleepers[n++] = i;
    if (n > 0)
        rouse(&run.fibers[sleepers[explore_below((uint32_t)n)]], HB_OK);
    pthread_mutex_unlock(&run.mutex);
}

/* ---- threads ---- */

static void *run_fiber(void *opaque)
{
    fiber *f = opaque;
    pthread_mutex_lock(&run.mutex);
    while (run.turn != f->id)
        pthread_cond_wait(&f->go, &run.mutex);
    hb_rand_seed(explore_random());
    self = f;
    pthread_mutex_unlock(&run.mutex);
    f->fn(f->arg);
    pthread_mutex_lock(&run.mutex);
    f->state = ENDED;
    pass_turn_locked();
    pthread_mutex_unlock(&run.mutex);
    return NULL;
}

void explore_spawn(hb_platform_thread_fn *fn, void *arg)
{
    if (run.n == MOST_FIBERS)
        abort();
    pthread_mutex_lock(&run.mutex);
    fiber *f = &run.fibers[run.n];
    *f = (fiber){ .id = run.n, .fn = fn, .arg = arg, .priority = explore_some_priority(),
                  .function = "not begun" };
    pthread_cond_init(&f->go, NULL);
    if (pthread_create(&f->thread, NULL, run_fiber, f) != 0)
        abort();
    run.n++;
    pthread_mutex_unlock(&run.mutex);
}

static void report_stuck(void)
{
    static const char *const states[] = { "could go on", "asleep", "ended" };
    printf(run.steps > MOST_STEPS ? "no end after %u steps:\n" : "nobody can go on after %u steps:\n",
           run.steps);
    for (int i = 0; i < run.n; i++)
        printf("  %d   %s, at %s:%d\n", i, states[run.fibers[i].state], run.fibers[i].function,
               run.fibers[i].line);
}

bool explore_run(void)
{
    pthread_mutex_lock(&run.mutex);
    pass_turn_locked();
    while (run.turn != NOBODY)
        pthread_cond_wait(&run.over, &run.mutex);
    pthread_mutex_unlock(&run.mutex);
    if (run.stuck)
        report_stuck();
    for (int i = 0; !run.stuck && i < run.n; i++) {
        pthread_join(run.fibers[i].thread, NULL);
        pthread_cond_destroy(&run.fibers[i].go);
    }
    return !run.stuck;
}
