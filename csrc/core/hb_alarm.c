#include "hb_alarm.h"

#include <stdlib.h>

/* How long the timer thread waits for more work before it ends. */
#define LINGER (2 * HB_SECOND)

static struct {
    hb_lock lock;
    hb_alarm **heap;       /* lock: a binary heap, the earliest first */
    size_t n, size;        /* lock */
    uint64_t set_so_far;   /* lock */
    bool running;          /* lock: the thread is there and will look again */
    hb_time looks_at;      /* lock: until when it sleeps, 0 if it does not */
    hb_atomic_u32 called;  /* counts calls to look at once; the thread parks on it */
} alarms;

/* ---- the heap ---- */

static bool earlier(const hb_alarm *a, const hb_alarm *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void put_locked(size_t slot, hb_alarm *alarm)
{
    alarms.heap[slot - 1] = alarm;
    alarm->slot = slot;
}

static hb_alarm *at_locked(size_t slot)
{
    return alarms.heap[slot - 1];
}

static void rise_locked(hb_alarm *alarm)
{
    size_t slot = alarm->slot;
    for (; slot > 1 && earlier(alarm, at_locked(slot / 2)); slot /= 2)
        put_locked(slot, at_locked(slot / 2));
    put_locked(slot, alarm);
}

static void sink_locked(hb_alarm *alarm)
{
    size_t slot = alarm->slot;
    for (size_t child; (child = slot * 2) <= alarms.n; slot = child) {
        if (child < alarms.n && earlier(at_locked(child + 1), at_locked(child)))
            child++;
        if (!earlier(at_locked(child), alarm))
            break;
        put_locked(slot, at_locked(child));
    }
    put_locked(slot, alarm);
}

static void remove_locked(hb_alarm *alarm)
{
    hb_alarm *last = at_locked(alarms.n--);
    size_t slot = alarm->slot;
    alarm->slot = 0;
    if (last == alarm)
        return;
    put_locked(slot, last);
    rise_locked(last);
    sink_locked(last);
}

static bool reserve_locked(void)
{
    if (alarms.n < alarms.size)
        return true;
    size_t size = alarms.size ? alarms.size * 2 : 64;
    hb_alarm **heap = realloc(alarms.heap, size * sizeof *heap);
    if (!heap)
        return false;
    alarms.heap = heap;
    alarms.size = size;
    return true;
}

/* ---- the thread ---- */

/* Fires what is due; then the instant to sleep until, HB_FOREVER if none. */
static hb_time fire_due_locked(void)
{
    while (alarms.n && alarms.heap[0]->due <= hb_now()) {
        hb_alarm *alarm = alarms.heap[0];
        remove_locked(alarm);
        hb_lock_release(&alarms.lock);
        alarm->fire(alarm);
        hb_lock_acquire(&alarms.lock);
    }
    return alarms.n ? alarms.heap[0]->due : HB_FOREVER;
}

static void sleep_locked(hb_time until)
{
    uint32_t seen = hb_load_acquire(&alarms.called);
    alarms.looks_at = until;
    hb_lock_release(&alarms.lock);
    hb_platform_park(&alarms.called, seen, until);
    hb_lock_acquire(&alarms.lock);
    alarms.looks_at = 0;
}

/* A sleep that ends early, for whatever reason, does not lengthen a linger;
 * only an alarm that was set meanwhile begins it anew. */
static void serve(void *unused)
{
    (void)unused;
    hb_platform_exact_timers();
    hb_lock_acquire(&alarms.lock);
    hb_time lingers = HB_FOREVER; /* until then, while nothing is armed */
    uint64_t seen = 0;            /* of set_so_far */
    for (;;) {
        hb_time until = fire_due_locked();
        if (until != HB_FOREVER)
            lingers = HB_FOREVER;
        else if (lingers == HB_FOREVER || seen != alarms.set_so_far)
            lingers = hb_time_add(hb_now(), LINGER);
        else if (lingers <= hb_now())
            break;
        seen = alarms.set_so_far;
        sleep_locked(until < lingers ? until : lingers);
    }
    alarms.running = false;
    hb_lock_release(&alarms.lock);
}

/* Makes sure that there is a thread. It is started under the lock, once in an
 * idle while, so that no alarm can be armed in between and never be looked at. */
static hb_status employ_locked(void)
{
    if (alarms.running)
        return HB_OK;
    hb_status started = hb_platform_thread(serve, NULL, "hb-timer", HB_SIGNALS_BLOCKED);
    alarms.running = started == HB_OK;
    return started;
}

/* Whether it sleeps too long now: for an alarm that comes before, or for one
 * that is no more, so that it should only linger. */
static bool oversleeps_locked(void)
{
    hb_time next = alarms.n ? alarms.heap[0]->due : hb_time_add(hb_now(), LINGER);
    return next < alarms.looks_at;
}

static void call(void)
{
    hb_fetch_add(&alarms.called, 1);
    hb_platform_unpark(&alarms.called);
}

/* ---- for its owner ---- */

void hb_alarm_init(hb_alarm *alarm, void (*fire)(hb_alarm *), void (*release)(hb_alarm *))
{
    alarm->fire = fire;
    alarm->free = release;
    alarm->due = HB_FOREVER;
    alarm->slot = 0;
    hb_store_relaxed(&alarm->refs, 1);
}

void hb_alarm_ref(hb_alarm *alarm)
{
    hb_fetch_add(&alarm->refs, 1);
}

void hb_alarm_unref(hb_alarm *alarm)
{
    if (hb_fetch_sub(&alarm->refs, 1) == 1)
        alarm->free(alarm);
}

static bool is_armed_locked(const hb_alarm *alarm)
{
    return alarm->slot != 0 && alarm->epoch == hb__epoch();
}

static bool disarm_locked(hb_alarm *alarm)
{
    bool was_armed = is_armed_locked(alarm);
    if (was_armed)
        remove_locked(alarm);
    return was_armed;
}

static hb_status arm_locked(hb_alarm *alarm, hb_time due)
{
    if (!reserve_locked())
        return HB_NO_MEMORY;
    alarm->due = due;
    alarm->epoch = hb__epoch();
    alarm->order = alarms.set_so_far++;
    put_locked(++alarms.n, alarm);
    rise_locked(alarm);
    hb_status employed = employ_locked();
    if (employed != HB_OK)
        remove_locked(alarm);
    return employed;
}

hb_status hb_alarm_set(hb_alarm *alarm, hb_time due, bool *was_armed)
{
    hb_alarm_ref(alarm); /* A1: for the arming to come */
    hb_lock_acquire(&alarms.lock);
    *was_armed = disarm_locked(alarm);
    hb_status status = due == HB_FOREVER ? HB_OK : arm_locked(alarm, due);
    bool armed = is_armed_locked(alarm);
    bool oversleeps = oversleeps_locked();
    hb_lock_release(&alarms.lock);
    if (oversleeps)
        call();
    if (*was_armed)
        hb_alarm_unref(alarm);
    if (!armed)
        hb_alarm_unref(alarm);
    return status;
}

bool hb_alarm_cancel(hb_alarm *alarm)
{
    hb_lock_acquire(&alarms.lock);
    bool was_armed = disarm_locked(alarm);
    bool oversleeps = oversleeps_locked();
    hb_lock_release(&alarms.lock);
    if (oversleeps)
        call();
    if (was_armed)
        hb_alarm_unref(alarm);
    return was_armed;
}

hb_time hb_alarm_due(hb_alarm *alarm)
{
    hb_lock_acquire(&alarms.lock);
    hb_time due = is_armed_locked(alarm) ? alarm->due : HB_FOREVER;
    hb_lock_release(&alarms.lock);
    return due;
}

/* ---- fork ---- */

/* The child has no timer thread. What was armed is not: it is the parent's, as
 * its epoch tells. */
static void forget_alarms(void)
{
    hb_lock_acquire(&alarms.lock);
    alarms.n = 0;
    alarms.running = false;
    alarms.looks_at = 0;
    hb_lock_release(&alarms.lock);
}

__attribute__((constructor)) static void watch_forks(void)
{
    hb__at_fork_child(forget_alarms);
}
