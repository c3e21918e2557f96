/* hb_monitor_thread: the one thread of all monitors of real time. */
#include "hb_monitor_impl.h"

/* How long it waits for something to watch before it ends. */
#define LINGER (2 * HB_SECOND)
/* The two clocks whose difference tells of a sleep are read one after the other. */
#define SLEPT (HB_SECOND / 10)

hb_house hb__real_house;

/* The thread's own. */
static struct {
    hb_time slept;    /* how long the machine had slept at the last look */
    hb_time lingers;  /* until then, while nothing is served; HB_FOREVER: something is */
    uint64_t seen;    /* of hb_house.employed */
} self;

/* ---- what it slept through ---- */

/* After a rebase all beats are as if they had pulsed now. */
static void note_sleep(hb_house *house)
{
    hb_time slept = hb_platform_suspended();
    if (slept > self.slept + SLEPT) {
        hb_stamp_rebase();
        hb__house_lock(house);
        house->stats.suspends++;
        hb__house_unlock(house);
    }
    self.slept = slept > self.slept ? slept : self.slept;
}

/* ---- life ---- */

/* Until when to sleep; 0: it is time to end. */
static hb_time sleep_until_locked(hb_house *house)
{
    if (house->served)
        self.lingers = HB_FOREVER;
    else if (self.lingers == HB_FOREVER || self.seen != house->employed)
        self.lingers = hb_time_add(hb_platform_now(), LINGER);
    else if (self.lingers <= hb_platform_now())
        return 0;
    self.seen = house->employed;
    hb_time next = hb__next_look_locked(house);
    return next < self.lingers ? next : self.lingers;
}

static bool sleep_or_end(hb_house *house)
{
    uint32_t seen = hb_load_acquire(&house->called);
    hb__house_lock(house);
    hb_time until = sleep_until_locked(house);
    house->looks_at = until;
    house->running = until != 0 || hb_load_acquire(&house->callers);
    bool running = house->running;
    hb__house_unlock(house);
    if (!running)
        return false;
    if (!hb_load_acquire(&house->callers))
        hb_platform_park(&house->called, seen, until);
    hb__house_lock(house);
    house->looks_at = 0;
    hb__house_unlock(house);
    house->expected = hb_platform_now() > until ? until : 0;
    return true;
}

static void serve(void *arg)
{
    hb_house *house = arg;
    hb_platform_exact_timers();
    house->expected = 0;
    self.lingers = HB_FOREVER;
    self.slept = hb_platform_suspended();
    hb__forget_witnesses(house);
    do {
        note_sleep(house);
        hb__look_around(house);
    } while (sleep_or_end(house));
}

/* It is started with M held, once in an idle while, so that nothing is served by nobody. */
static hb_status ensure_thread_locked(hb_house *house)
{
    if (house->running)
        return HB_OK;
    hb_wheel_init(&house->wheel); /* it is empty: nothing was served */
    house->sample_at = HB_FOREVER;
    hb_status started = hb_platform_thread(serve, house, "hb-monitor", HB_SIGNALS_BLOCKED);
    house->running = started == HB_OK;
    return started;
}

hb_status hb__employ_locked(hb_house *house)
{
    hb_status status = house->ended ? HB_STOPPED : house->bubble ? HB_OK : ensure_thread_locked(house);
    house->served += status == HB_OK;
    house->employed += status == HB_OK;
    return status;
}

void hb__dismiss_locked(hb_house *house, uint64_t n)
{
    house->served -= n;
}

bool hb__oversleeps_locked(hb_house *house)
{
    if (house->bubble) {
        hb__house_tell_due_locked(house);
        return false;
    }
    hb_time next = house->served ? hb__next_look_locked(house) : hb_time_add(hb_platform_now(), LINGER);
    return next < house->looks_at;
}

/* ---- fork ---- */

/* The child has no thread, and all that was watched is the parent's. Beats that
 * called may call again. */
static void forget_all(void)
{
    hb_house *house = &hb__real_house;
    hb__drop_callers(house);
    hb__house_lock(house);
    hb_wheel_init(&house->wheel);
    house->served = 0;
    house->running = false;
    house->looks_at = 0;
    house->demands = NULL;
    house->sample_at = HB_FOREVER;
    hb__house_unlock(house);
}

__attribute__((constructor)) static void watch_forks(void)
{
    hb__at_fork_child(forget_all);
}
