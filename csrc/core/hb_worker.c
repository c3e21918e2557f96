#include "hb_worker.h"

#include <stdlib.h>

#include "hb_bubble.h"

struct hb_worker {
    hb_worker_fn *fn; /* constant */
    void *arg;        /* constant */
    hb_chan *done;    /* constant */
    hb_thread *thread; /* constant; its own until it ends */
    hb_participant *participant; /* constant; its own once it runs; NULL: started outside of bubbles */
    hb_worker_fn *lost; /* list lock; NULL: nobody wants to know */
    hb_worker *next, *prev; /* list lock */
    bool listed;            /* list lock */
    hb_atomic_u32 refs;     /* the thread has one */
};

static struct {
    hb_lock lock;
    hb_worker *first;  /* lock */
    bool stopped;      /* lock */
    hb_atomic_u32 live; /* how many are in the list; hb_workers_stop parks on it */
} workers;

/* ---- the list ---- */

static bool enlist(hb_worker *worker)
{
    hb_lock_acquire(&workers.lock);
    bool admitted = !workers.stopped;
    if (admitted) {
        worker->listed = true;
        worker->next = workers.first;
        worker->prev = NULL;
        if (workers.first)
            workers.first->prev = worker;
        workers.first = worker;
        hb_fetch_add(&workers.live, 1);
    }
    hb_lock_release(&workers.lock);
    return admitted;
}

static void delist_locked(hb_worker *worker)
{
    if (!worker->listed) /* it went on alone in the child of a fork */
        return;
    *(worker->prev ? &worker->prev->next : &workers.first) = worker->next;
    if (worker->next)
        worker->next->prev = worker->prev;
    worker->listed = false;
    hb_fetch_sub(&workers.live, 1);
}

static void delist(hb_worker *worker)
{
    hb_lock_acquire(&workers.lock);
    delist_locked(worker);
    bool awaited = workers.stopped;
    hb_lock_release(&workers.lock);
    if (awaited)
        hb_platform_unpark(&workers.live);
}

/* ---- life ---- */

static hb_worker *new_worker(hb_worker_fn *fn, void *arg, const char *name)
{
    hb_worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        return NULL;
    worker->done = hb_chan_new(0, NULL);
    worker->thread = worker->done ? hb_thread_new(name) : NULL;
    if (!worker->thread) {
        hb_chan_unref(worker->done);
        free(worker);
        return NULL;
    }
    worker->fn = fn;
    worker->arg = arg;
    hb_store_relaxed(&worker->refs, 2);
    return worker;
}

void hb_worker_unref(hb_worker *worker)
{
    if (!worker || hb_fetch_sub(&worker->refs, 1) != 1)
        return;
    hb_chan_unref(worker->done);
    free(worker);
}

hb_chan *hb_worker_done(hb_worker *worker)
{
    return worker->done;
}

static void run(void *arg)
{
    hb_worker *worker = arg;
    hb_thread_enter(worker->thread);
    hb_participant_enter(worker->participant);
    worker->fn(worker->arg);
    hb_thread_serve(); /* who learns of the end finds no thread left behind */
    hb_chan_shut(worker->done, (hb_word){ NULL });
    delist(worker);
    hb_thread_leave(worker->thread); /* first: who sees that its bubble is quiet sees it no more */
    hb_bubble_leave();
    hb_worker_unref(worker);
}

static hb_status launch(hb_worker *worker, const char *name)
{
    if (!enlist(worker))
        return HB_STOPPED;
    hb_status started = hb_platform_thread(run, worker, name, HB_SIGNALS_INHERITED);
    if (started != HB_OK)
        delist(worker);
    return started;
}

hb_status hb_worker_start(hb_worker **worker, hb_worker_fn *fn, void *arg, const char *name)
{
    return hb_worker_start_from(worker, fn, arg, name, NULL);
}

hb_status hb_worker_start_from(hb_worker **worker, hb_worker_fn *fn, void *arg, const char *name,
                               const char *origin)
{
    *worker = new_worker(fn, arg, name);
    if (!*worker)
        return HB_NO_MEMORY;
    if (origin)
        hb_thread_set_origin((*worker)->thread, origin);
    hb_status status = hb_participant_new(&(*worker)->participant, (*worker)->thread->id);
    if (status == HB_OK)
        status = launch(*worker, name);
    if (status == HB_OK)
        return HB_OK;
    hb_participant_drop((*worker)->participant);
    hb_thread_leave((*worker)->thread);
    hb_worker_unref(*worker); /* the thread's */
    hb_worker_unref(*worker);
    *worker = NULL;
    return status;
}

/* ---- stop ---- */

static void stop_all(void)
{
    hb_waiter *chain = NULL;
    hb_lock_acquire(&workers.lock);
    workers.stopped = true;
    for (hb_worker *worker = workers.first; worker; worker = worker->next) {
        hb_waiter *stopped = hb__party_stop(&worker->thread->party);
        if (stopped) {
            stopped->next = chain;
            chain = stopped;
        }
    }
    hb_lock_release(&workers.lock);
    hb__wait_wake(chain);
}

/* Each end of a worker wakes one of those who wait here, and not the same one
 * every time; so whoever learns that all have ended wakes the next. */
hb_status hb_workers_stop(hb_time deadline)
{
    uint32_t live;
    stop_all();
    while ((live = hb_load_acquire(&workers.live)))
        if (hb_platform_park(&workers.live, live, deadline) == HB_TIMEOUT)
            return HB_TIMEOUT;
    hb_platform_unpark(&workers.live);
    return HB_OK;
}

/* ---- fork ---- */

void hb_worker_on_loss(hb_worker *worker, hb_worker_fn *lost)
{
    hb_lock_acquire(&workers.lock);
    worker->lost = lost;
    hb_lock_release(&workers.lock);
}

static hb_worker *take_list(void)
{
    hb_lock_acquire(&workers.lock);
    hb_worker *first = workers.first;
    for (hb_worker *worker = first; worker; worker = worker->next)
        worker->listed = false;
    workers.first = NULL;
    hb_store_relaxed(&workers.live, 0);
    hb_lock_release(&workers.lock);
    return first;
}

/* The child has none of the parent's workers: their ends have come. Nobody else runs, and the
 * references of the lost threads keep the workers. */
static void forget_workers(void)
{
    for (hb_worker *worker = take_list(); worker; worker = worker->next) {
        if (worker->lost)
            worker->lost(worker->arg);
        hb_chan_shut(worker->done, (hb_word){ NULL });
    }
}

__attribute__((constructor)) static void watch_forks(void)
{
    hb__at_fork_child(forget_workers);
}
