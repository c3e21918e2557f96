/* hb_monitor_thread: the one thread of all monitors, and how it is called. */
#include <stdlib.h>

#include "hb_monitor_impl.h"

/* How long it waits for something to watch before it ends. */
#define LINGER (2 * HB_SECOND)
/* M4: shorter delays are what any thread meets. */
#define NOTABLE (HB_SECOND / 1000)
/* The two clocks whose difference tells of a sleep are read one after the other. */
#define SLEPT (HB_SECOND / 10)

struct hb__monitors hb__monitors;

/* The thread's own. */
static struct {
    hb_time expected; /* when it should be looking, 0 if never */
    hb_time slept;    /* how long the machine had slept at the last look */
    hb_time lingers;  /* until then, while nothing is served; HB_FOREVER: something is */
    uint64_t seen;    /* of hb__monitors.employed */
} self;

/* ---- calls ---- */

void hb__call_thread(void)
{
    hb_fetch_add(&hb__monitors.called, 1);
    hb_platform_unpark(&hb__monitors.called);
}

/* Puts the beat among those that call, once, and wakes the thread if it is the first. The list is
 * linked by numbers; LAST ends it. The beat may be given back and be another's when it
 * is heard: then that is looked at in vain. */
enum { LAST = 1 };

_Static_assert(HB_BOARD_FIRST > LAST, "no beat's number ends the list");

void hb__call(hb_beat *beat)
{
    uint32_t none = 0, head = hb_load_relaxed(&hb__monitors.callers);
    if (!hb_cas(&beat->call, &none, LAST))
        return;
    do
        hb_store_relaxed(&beat->call, head ? head : LAST);
    while (!hb_cas(&hb__monitors.callers, &head, beat->number));
    if (!head)
        hb__call_thread();
}

/* First the beat leaves the list, then it is looked at: so what happens after the look calls
 * again. */
static uint32_t hear_locked(uint32_t number)
{
    hb_beat *beat = hb__board_at(number);
    uint32_t next = hb_exchange(&beat->call, 0);
    if (hb__is_watched_locked(beat) && beat->watched.status != HB_WATCH_IDLE)
        hb_wheel_call(&hb__monitors.wheel, beat);
    return next == LAST ? 0 : next;
}

static void hear_callers(void)
{
    uint32_t number = hb_exchange(&hb__monitors.callers, 0);
    while (number) {
        hb__monitors_lock();
        for (uint32_t i = 0; number && i < HB_BATCH; i++)
            number = hear_locked(number);
        hb__monitors_unlock();
    }
}

/* ---- what it is late by, and what it slept through ---- */

static void note_lateness_locked(hb_time now)
{
    hb_monitor_stats *stats = &hb__monitors.stats;
    hb_time late = self.expected && now > self.expected ? now - self.expected : 0;
    hb__monitors.late = late;
    hb__monitors.lost += late > NOTABLE ? late : 0;
    stats->late = late;
    stats->latest = late > stats->latest ? late : stats->latest;
}

/* After a rebase all beats are as if they had pulsed now. */
static void note_sleep(void)
{
    hb_time slept = hb_platform_suspended();
    if (slept > self.slept + SLEPT) {
        hb_stamp_rebase();
        hb__monitors_lock();
        hb__monitors.stats.suspends++;
        hb__monitors_unlock();
    }
    self.slept = slept > self.slept ? slept : self.slept;
}

/* ---- a round ---- */

static size_t look_at_batch_locked(const hb_anchor *anchor, hb_finding *findings, bool *more)
{
    hb_beat *batch[HB_BATCH];
    size_t found = 0;
    *more = hb_wheel_open(&hb__monitors.wheel, anchor->now);
    size_t n = *more ? hb_wheel_read(&hb__monitors.wheel, batch, HB_BATCH) : 0;
    for (size_t i = 0; i < n; i++)
        found += hb__look_locked(batch[i], anchor, &findings[found]);
    return found;
}

/* False: there was nothing to look at. */
static bool look_at_batch(void)
{
    hb_finding findings[HB_BATCH];
    bool more;
    if (hb_load_relaxed(&hb__monitors.callers))
        hear_callers();
    hb_anchor anchor = hb_anchor_take();
    hb__monitors_lock();
    note_lateness_locked(anchor.now);
    size_t found = look_at_batch_locked(&anchor, findings, &more);
    hb__monitors_unlock();
    if (found)
        hb__see_to(findings, found);
    self.expected = found ? hb_platform_now() : anchor.now;
    return more;
}

static void look_around(void)
{
    note_sleep();
    while (look_at_batch())
        ;
    hb__sample_demands(hb_platform_now());
    hb__monitors_lock();
    hb__monitors.stats.rounds++;
    hb__monitors_unlock();
}

/* ---- life ---- */

static hb_time next_look_locked(void)
{
    hb_time next = hb_wheel_next(&hb__monitors.wheel);
    return next < hb__monitors.sample_at ? next : hb__monitors.sample_at;
}

/* Until when to sleep; 0: it is time to end. */
static hb_time sleep_until_locked(void)
{
    if (hb__monitors.served)
        self.lingers = HB_FOREVER;
    else if (self.lingers == HB_FOREVER || self.seen != hb__monitors.employed)
        self.lingers = hb_time_add(hb_platform_now(), LINGER);
    else if (self.lingers <= hb_platform_now())
        return 0;
    self.seen = hb__monitors.employed;
    hb_time next = next_look_locked();
    return next < self.lingers ? next : self.lingers;
}

static bool sleep_or_end(void)
{
    uint32_t seen = hb_load_acquire(&hb__monitors.called);
    hb__monitors_lock();
    hb_time until = sleep_until_locked();
    hb__monitors.looks_at = until;
    hb__monitors.running = until != 0;
    hb__monitors_unlock();
    if (until == 0)
        return false;
    if (!hb_load_acquire(&hb__monitors.callers))
        hb_platform_park(&hb__monitors.called, seen, until);
    hb__monitors_lock();
    hb__monitors.looks_at = 0;
    hb__monitors_unlock();
    self.expected = hb_platform_now() > until ? until : 0;
    return true;
}

static void serve(void *unused)
{
    (void)unused;
    hb_platform_exact_timers();
    self.expected = 0;
    self.lingers = HB_FOREVER;
    self.slept = hb_platform_suspended();
    hb__forget_witnesses();
    do
        look_around();
    while (sleep_or_end());
}

/* It is started with M held, once in an idle while, so that nothing is served by nobody. */
static hb_status ensure_thread_locked(void)
{
    if (hb__monitors.running)
        return HB_OK;
    hb_wheel_init(&hb__monitors.wheel); /* it is empty: nothing was served */
    hb__monitors.sample_at = HB_FOREVER;
    hb_status started = hb_platform_thread(serve, NULL, "hb-monitor", HB_SIGNALS_BLOCKED);
    hb__monitors.running = started == HB_OK;
    return started;
}

hb_status hb__employ_locked(void)
{
    hb_status status = ensure_thread_locked();
    hb__monitors.served += status == HB_OK;
    hb__monitors.employed += status == HB_OK;
    return status;
}

void hb__dismiss_locked(uint64_t n)
{
    hb__monitors.served -= n;
}

bool hb__oversleeps_locked(void)
{
    hb_time next = hb__monitors.served ? next_look_locked() : hb_time_add(hb_platform_now(), LINGER);
    return next < hb__monitors.looks_at;
}

/* ---- fork ---- */

/* The child has no thread, and all that was watched is the parent's. Beats that
 * called may call again. */
static void forget_all(void)
{
    uint32_t number = hb_exchange(&hb__monitors.callers, 0);
    while (number > LAST)
        number = hb_exchange(&hb__board_at(number)->call, 0);
    hb__monitors_lock();
    hb_wheel_init(&hb__monitors.wheel);
    hb__monitors.served = 0;
    hb__monitors.running = false;
    hb__monitors.looks_at = 0;
    hb__monitors.demands = NULL;
    hb__monitors.sample_at = HB_FOREVER;
    hb__monitors_unlock();
}

__attribute__((constructor)) static void watch_forks(void)
{
    hb__at_fork_child(forget_all);
}
