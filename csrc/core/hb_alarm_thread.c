/* hb_alarm_thread: who fires: the timer thread in real time, and in a bubble whoever falls asleep
 * last. */
#include "hb_alarm_impl.h"

#include <stdlib.h>

/* How long the timer thread waits for more work before it ends. */
#define LINGER (2 * HB_SECOND)

static hb_alarms real;

/* ---- in real time: the thread ---- */

static void sleep_locked(hb_time until)
{
    uint32_t seen = hb_load_acquire(&real.called);
    real.looks_at = until;
    hb_lock_release(&real.lock);
    hb_platform_park(&real.called, seen, until);
    hb_lock_acquire(&real.lock);
    real.looks_at = 0;
}

/* A sleep that ends early, for whatever reason, does not lengthen a linger;
 * only an alarm that was set meanwhile begins it anew. */
static void serve(void *unused)
{
    (void)unused;
    hb_platform_exact_timers();
    hb_lock_acquire(&real.lock);
    hb_time lingers = HB_FOREVER; /* until then, while nothing is armed */
    uint64_t seen = 0;            /* of set_so_far */
    for (;;) {
        hb_time until = hb__alarms_fire_locked(&real);
        if (until != HB_FOREVER)
            lingers = HB_FOREVER;
        else if (lingers == HB_FOREVER || seen != real.set_so_far)
            lingers = hb_time_add(hb_platform_now(), LINGER);
        else if (lingers <= hb_platform_now())
            break;
        seen = real.set_so_far;
        sleep_locked(until < lingers ? until : lingers);
    }
    real.running = false;
    hb_lock_release(&real.lock);
}

void hb__alarms_call(hb_alarms *alarms)
{
    hb_fetch_add(&alarms->called, 1);
    hb_platform_unpark(&alarms->called);
}

/* ---- in a bubble: a service ---- */

static hb_alarms *alarms_of(hb_service *service)
{
    return (hb_alarms *)service;
}

static void tell_due_locked(hb_alarms *alarms)
{
    hb_store_release(&alarms->service.due, (uint64_t)hb__alarms_next_locked(alarms));
}

static void run_service(hb_service *service)
{
    hb_alarms *alarms = alarms_of(service);
    hb_lock_acquire(&alarms->lock);
    hb__alarms_fire_locked(alarms);
    tell_due_locked(alarms);
    hb_lock_release(&alarms->lock);
}

/* What is armed still never fires: its references are dropped, one at a time, for under the lock
 * nothing may be freed. */
static void end_service(hb_service *service)
{
    hb_alarms *alarms = alarms_of(service);
    hb_lock_acquire(&alarms->lock);
    alarms->ended = true;
    while (alarms->n) {
        hb_alarm *alarm = alarms->heap[0];
        hb__alarm_take_out_locked(alarm);
        hb_lock_release(&alarms->lock);
        hb_alarm_unref(alarm);
        hb_lock_acquire(&alarms->lock);
    }
    tell_due_locked(alarms);
    hb_lock_release(&alarms->lock);
}

static void free_service(hb_service *service)
{
    free(alarms_of(service)->heap);
    free(service);
}

static hb_service *make_service(void)
{
    hb_alarms *alarms = calloc(1, sizeof *alarms);
    if (!alarms)
        return NULL;
    hb_lock_init(&alarms->lock);
    alarms->bubble = hb_bubble_here();
    alarms->service = (hb_service){ .run = run_service, .end = end_service, .free = free_service };
    hb_store_relaxed(&alarms->service.due, (uint64_t)HB_FOREVER);
    return &alarms->service;
}

/* ---- both ---- */

hb_alarms *hb__alarms_here(void)
{
    return hb_bubble_here() ? alarms_of(hb_bubble_service(HB_SERVICE_ALARMS, make_service)) : &real;
}

/* The thread is started under the lock, once in an idle while, so that no alarm can be armed in
 * between and never be looked at. */
hb_status hb__alarms_employ_locked(hb_alarms *alarms)
{
    if (alarms->bubble)
        return alarms->ended ? HB_STOPPED : HB_OK;
    if (alarms->running)
        return HB_OK;
    hb_status started = hb_platform_thread(serve, NULL, "hb-timer", HB_SIGNALS_BLOCKED);
    alarms->running = started == HB_OK;
    return started;
}

/* For an alarm that comes before, or for one that is no more, so that it should only linger. */
bool hb__alarms_oversleep_locked(hb_alarms *alarms)
{
    if (alarms->bubble) {
        tell_due_locked(alarms);
        return false;
    }
    hb_time next = alarms->n ? hb__alarms_next_locked(alarms) : hb_time_add(hb_platform_now(), LINGER);
    return next < alarms->looks_at;
}

/* ---- fork ---- */

/* The child has no timer thread. What was armed is not: it is the parent's, as
 * its epoch tells. */
static void forget_alarms(void)
{
    hb_lock_acquire(&real.lock);
    real.n = 0;
    real.running = false;
    real.looks_at = 0;
    hb_lock_release(&real.lock);
}

__attribute__((constructor)) static void watch_forks(void)
{
    hb__at_fork_child(forget_alarms);
}
