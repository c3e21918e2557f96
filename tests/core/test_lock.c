/* hb_lock: one holder at a time, everybody in the end, no signal noticed. */
#include "hb_lock.h"
#include "support.h"

#define THREADS 4
#define ROUNDS 20000

typedef struct guarded {
    hb_lock lock;
    long counter; /* lock: and no atomic, so that the sanitizer sees a broken lock */
    bool linger;  /* constant: give up the processor inside */
} guarded;

static void *count_up(void *opaque)
{
    guarded *g = opaque;
    for (int i = 0; i < ROUNDS; i++) {
        hb_lock_acquire(&g->lock);
        long before = g->counter;
        if (g->linger && i % 64 == 0)
            sched_yield();
        g->counter = before + 1;
        hb_lock_release(&g->lock);
    }
    return NULL;
}

static void hammer(bool linger)
{
    guarded g = { .linger = linger };
    pthread_t threads[THREADS];
    hb_lock_init(&g.lock);
    for (int i = 0; i < THREADS; i++)
        threads[i] = check_spawn(count_up, &g);
    for (int i = 0; i < THREADS; i++)
        check_join(threads[i]);
    CHECK_EQ(g.counter, THREADS * ROUNDS);
    CHECK_EQ(hb_load_relaxed(&g.lock.held), 0);
}

static void short_sections_exclude_each_other(void)
{
    hammer(false);
}

static void long_sections_exclude_each_other(void)
{
    hammer(true);
}

static void a_lock_nobody_wants_is_free_or_held(void)
{
    hb_lock lock;
    hb_lock_init(&lock);
    CHECK_EQ(hb_load_relaxed(&lock.held), 0);
    hb_lock_acquire(&lock);
    CHECK_EQ(hb_load_relaxed(&lock.held), 1);
    hb_lock_release(&lock);
    CHECK_EQ(hb_load_relaxed(&lock.held), 0);
}

typedef struct queuer {
    guarded *g;
    atomic_bool begun, done;
} queuer;

static void *take_once(void *opaque)
{
    queuer *q = opaque;
    atomic_store(&q->begun, true);
    hb_lock_acquire(&q->g->lock);
    q->g->counter++;
    hb_lock_release(&q->g->lock);
    atomic_store(&q->done, true);
    return NULL;
}

/* Nobody is woken, so nothing shows who sleeps: 5 ms are many times longer than
 * the longest spin. */
static void await_sleeper(queuer *q)
{
    while (!atomic_load(&q->begun))
        sched_yield();
    pass_until(in_ms(5));
}

static void every_sleeper_gets_the_lock_in_the_end(void)
{
    guarded g = { .counter = 0 };
    queuer queuers[8];
    pthread_t threads[8];
    hb_lock_init(&g.lock);
    hb_lock_acquire(&g.lock);
    for (int i = 0; i < 8; i++) {
        queuers[i] = (queuer){ .g = &g };
        threads[i] = check_spawn(take_once, &queuers[i]);
        await_sleeper(&queuers[i]);
    }
    CHECK_EQ(g.counter, 0);
    hb_lock_release(&g.lock);
    for (int i = 0; i < 8; i++)
        check_join(threads[i]);
    CHECK_EQ(g.counter, 8);
}

static void a_signal_gives_nobody_the_lock(void)
{
    guarded g = { .counter = 0 };
    queuer q = { .g = &g };
    catch_sigusr1();
    hb_lock_init(&g.lock);
    hb_lock_acquire(&g.lock);
    pthread_t thread = check_spawn(take_once, &q);
    await_sleeper(&q);
    for (int i = 0; i < 20; i++) {
        pthread_kill(thread, SIGUSR1);
        pass_until(in_ms(1));
        CHECK(!atomic_load(&q.done));
    }
    hb_lock_release(&g.lock);
    check_join(thread);
    CHECK_EQ(g.counter, 1);
}

/* Each side waits for the other's turn, so the lock changes hands every time. */
typedef struct turns {
    hb_lock lock;
    long taken; /* lock */
} turns;

static void take_turns(turns *t, long parity)
{
    long taken = 0;
    while (taken < 2000) {
        hb_lock_acquire(&t->lock);
        if (t->taken % 2 == parity && t->taken < 2000)
            t->taken++;
        taken = t->taken;
        hb_lock_release(&t->lock);
        if (taken % 2 != parity)
            sched_yield();
    }
}

static void *take_odd_turns(void *opaque)
{
    take_turns(opaque, 1);
    return NULL;
}

static void two_threads_alternate(void)
{
    turns t = { .taken = 0 };
    hb_lock_init(&t.lock);
    pthread_t thread = check_spawn(take_odd_turns, &t);
    take_turns(&t, 0);
    check_join(thread);
    CHECK_EQ(t.taken, 2000);
}

int main(void)
{
    RUN(a_lock_nobody_wants_is_free_or_held);
    RUN(short_sections_exclude_each_other);
    RUN(long_sections_exclude_each_other);
    RUN(every_sleeper_gets_the_lock_in_the_end);
    RUN(a_signal_gives_nobody_the_lock);
    RUN(two_threads_alternate);
    return check_exit_code();
}
