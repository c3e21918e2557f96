/* hb_monitor_demand: items that wait on a channel and that nobody takes.
 *
 * A channel tells nobody how it fares; so while there is a demand on it, it is sampled
 * eight times a timeout. Its silence counts from the first sample that finds something
 * waiting and nothing received since the sample before, or something just received; it began
 * at most an eighth of the timeout earlier. So the verdict comes between one timeout and five
 * quarters of it.
 *
 * In a bubble nothing changes while all participants sleep. So there it is sampled whenever they
 * do, the verdict comes at the very end of the timeout, and a demand that has nothing to wait
 * for does not keep time going. */
#include <stdio.h>
#include <stdlib.h>

#include "hb_monitor_impl.h"

#define SAMPLES 8

struct hb_demand {
    hb_monitor *monitor;   /* constant; not a reference: it forgets its demands before it goes */
    hb_chan *chan;         /* constant; a reference */
    hb_time timeout;       /* constant */
    hb_time since;         /* M: from when its silence counts */
    hb_time unmet_since;   /* M: of the verdict */
    bool waits;            /* M: something waited at the last sample */
    uint64_t receives;     /* M: at the last sample */
    bool unmet;            /* M: the verdict */
    hb_health *latest;     /* M: a reference to the last event, or NULL */
    hb_demand *next;       /* M: of all monitors that have been started */
    hb_demand *next_of_monitor; /* M */
};

/* ---- the lists ---- */

static bool has_demand(const hb_demand *demand, const hb_chan *chan)
{
    for (; demand; demand = demand->next_of_monitor)
        if (demand->chan == chan)
            return true;
    return false;
}

static hb_status serve_locked(hb_demand *demand, hb_time now)
{
    hb_house *house = demand->monitor->house;
    hb_status status = hb__employ_locked(house);
    if (status != HB_OK)
        return status;
    demand->since = now;
    demand->next = house->demands;
    house->demands = demand;
    if (now < house->sample_at)
        house->sample_at = now;
    return HB_OK;
}

hb_status hb__serve_demands_locked(hb_monitor *monitor, hb_time now)
{
    hb_status status = HB_OK;
    for (hb_demand *demand = monitor->demands; demand && status == HB_OK; demand = demand->next_of_monitor)
        status = serve_locked(demand, now);
    return status;
}

static hb_status add_locked(hb_monitor *monitor, hb_demand *demand)
{
    if (!hb__monitor_is_live_locked(monitor))
        return HB_CLOSED;
    if (has_demand(monitor->demands, demand->chan))
        return HB_BUSY;
    hb_status status = monitor->started ? serve_locked(demand, hb__house_now(monitor->house)) : HB_OK;
    if (status != HB_OK)
        return status;
    demand->next_of_monitor = monitor->demands;
    monitor->demands = demand;
    monitor->had_one = true;
    return HB_OK;
}

/* A channel of another bubble does not change with this clock. */
static bool is_foreign(hb_monitor *monitor, hb_chan *chan)
{
    uint32_t bubble = hb_chan_source(chan)->bubble;
    return bubble && bubble != hb_monitor_source(monitor)->bubble;
}

hb_status hb_monitor_demand(hb_monitor *monitor, hb_chan *chan, hb_time timeout)
{
    if (is_foreign(monitor, chan))
        return HB_FOREIGN;
    hb_demand *demand = calloc(1, sizeof *demand);
    if (!demand)
        return HB_NO_MEMORY;
    *demand = (hb_demand){ .monitor = monitor, .chan = hb_chan_ref(chan), .timeout = timeout };
    hb__house_lock(monitor->house);
    hb_status status = add_locked(monitor, demand);
    bool oversleeps = hb__oversleeps_locked(monitor->house);
    hb__house_unlock(monitor->house);
    if (oversleeps)
        hb__call_thread(monitor->house);
    if (status != HB_OK)
        hb__free_demands(demand);
    return status;
}

static void take_out_locked(hb_demand *demand)
{
    hb_house *house = demand->monitor->house;
    hb_demand **place = &house->demands;
    while (*place && *place != demand)
        place = &(*place)->next;
    if (!*place)
        return;
    *place = demand->next;
    hb__dismiss_locked(house, 1);
}

hb_demand *hb__forget_demands_locked(hb_monitor *monitor)
{
    hb_demand *demands = monitor->demands;
    for (hb_demand *demand = demands; demand; demand = demand->next_of_monitor)
        take_out_locked(demand);
    monitor->demands = NULL;
    return demands;
}

void hb__free_demands(hb_demand *demands)
{
    while (demands) {
        hb_demand *next = demands->next_of_monitor;
        hb_health_unref(demands->latest);
        hb_chan_unref(demands->chan);
        free(demands);
        demands = next;
    }
}

bool hb__demand_is_unmet_locked(hb_monitor *monitor)
{
    const hb_demand *demand = monitor->demands;
    while (demand && !demand->unmet)
        demand = demand->next_of_monitor;
    return demand != NULL;
}

/* ---- sampling ---- */

/* When it is to be sampled next, if nothing is heard of it before. */
static hb_time next_sample_locked(const hb_demand *demand, hb_time now)
{
    if (!demand->monitor->house->bubble)
        return hb_time_add(now, demand->timeout / SAMPLES + 1);
    return demand->waits && !demand->unmet ? hb_time_add(demand->since, demand->timeout) : HB_FOREVER;
}

/* True if the verdict changes. */
static bool sample_locked(hb_demand *demand, hb_time now)
{
    hb_chan_stats stats;
    hb_chan_stats_get(demand->chan, &stats);
    bool waits = stats.len || stats.waiting_senders;
    if (!waits || !demand->waits || stats.receives != demand->receives)
        demand->since = now;
    demand->waits = waits;
    demand->receives = stats.receives;
    return demand->unmet ? demand->since == now : waits && now - demand->since >= demand->timeout;
}

/* Samples all, and returns one whose verdict changes, or NULL. */
static hb_demand *sample_all_locked(hb_house *house, hb_time now)
{
    hb_demand *changed = NULL;
    house->sample_at = HB_FOREVER;
    for (hb_demand *demand = house->demands; demand; demand = demand->next) {
        if (sample_locked(demand, now))
            changed = demand;
        hb_time next = next_sample_locked(demand, now);
        house->sample_at = next < house->sample_at ? next : house->sample_at;
    }
    return changed;
}

static void describe(hb_chan *chan, char *words, size_t size)
{
    hb_source *source = hb_chan_source(chan);
    unsigned long long waiting = hb_chan_len(chan);
    hb_lock_acquire(&source->lock);
    snprintf(words, size, "%llu items wait on %s '%s', and nobody takes them", waiting, source->ops->kind,
             source->name ? source->name : "");
    hb_lock_release(&source->lock);
}

static hb_health *new_event(const hb_demand *demand, hb_time now)
{
    char words[2 * HB_NAME_SIZE + 64] = "";
    bool unmet = !demand->unmet;
    hb_time since = unmet ? demand->since : demand->unmet_since;
    hb_health health = { .chan = demand->chan, .healthy = !unmet, .at = now, .since = since,
                         .cause = unmet ? HB_CAUSE_STUCK : HB_CAUSE_NONE };
    if (unmet)
        describe(demand->chan, words, sizeof words);
    health.where = words;
    hb__measure(&health, now - since, demand->timeout);
    return hb_health_new(&health);
}

/* Without memory the verdict changes at a later sample. */
static hb_health *speak_locked(hb_demand *demand, hb_time now, hb_told *told)
{
    hb_health *health = new_event(demand, now);
    if (health) {
        demand->unmet = !demand->unmet;
        demand->unmet_since = health->since;
        hb__publish_locked(demand->monitor, health, &demand->latest, told);
    }
    return health;
}

/* True if one verdict has changed: there may be others. */
static bool judge_one(hb_house *house, hb_time now)
{
    hb_told told = { .woken = NULL };
    hb_health *health = NULL;
    hb__house_lock(house);
    hb_demand *demand = sample_all_locked(house, now);
    hb_monitor *monitor = demand && hb__monitor_ref_if_any(demand->monitor) ? demand->monitor : NULL;
    if (monitor)
        health = speak_locked(demand, now, &told);
    hb__house_unlock(house);
    bool changed = health != NULL;
    if (changed && !health->healthy)
        hb__act(monitor, health);
    if (changed)
        hb__announce(health, &told);
    hb_monitor_unref(monitor);
    return changed;
}

void hb__sample_demands(hb_house *house, hb_time now)
{
    hb__house_lock(house);
    bool due = house->bubble ? house->demands != NULL : house->sample_at <= now;
    hb__house_unlock(house);
    while (due && judge_one(house, now))
        ;
}
