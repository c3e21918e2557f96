#include "hb_alarm_impl.h"

#include <stdlib.h>

/* ---- the heap ---- */

static bool earlier(const hb_alarm *a, const hb_alarm *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void put_locked(hb_alarms *alarms, size_t slot, hb_alarm *alarm)
{
    alarms->heap[slot - 1] = alarm;
    alarm->slot = slot;
}

static hb_alarm *at_locked(const hb_alarms *alarms, size_t slot)
{
    return alarms->heap[slot - 1];
}

static void rise_locked(hb_alarms *alarms, hb_alarm *alarm)
{
    size_t slot = alarm->slot;
    for (; slot > 1 && earlier(alarm, at_locked(alarms, slot / 2)); slot /= 2)
        put_locked(alarms, slot, at_locked(alarms, slot / 2));
    put_locked(alarms, slot, alarm);
}

static void sink_locked(hb_alarms *alarms, hb_alarm *alarm)
{
    size_t slot = alarm->slot;
    for (size_t child; (child = slot * 2) <= alarms->n; slot = child) {
        if (child < alarms->n && earlier(at_locked(alarms, child + 1), at_locked(alarms, child)))
            child++;
        if (!earlier(at_locked(alarms, child), alarm))
            break;
        put_locked(alarms, slot, at_locked(alarms, child));
    }
    put_locked(alarms, slot, alarm);
}

void hb__alarm_take_out_locked(hb_alarm *alarm)
{
    hb_alarms *alarms = alarm->home;
    hb_alarm *last = at_locked(alarms, alarms->n--);
    size_t slot = alarm->slot;
    alarm->slot = 0;
    if (last == alarm)
        return;
    put_locked(alarms, slot, last);
    rise_locked(alarms, last);
    sink_locked(alarms, last);
}

static bool reserve_locked(hb_alarms *alarms)
{
    if (alarms->n < alarms->size)
        return true;
    size_t size = alarms->size ? alarms->size * 2 : 64;
    hb_alarm **heap = realloc(alarms->heap, size * sizeof *heap);
    if (!heap)
        return false;
    alarms->heap = heap;
    alarms->size = size;
    return true;
}

hb_time hb__alarms_fire_locked(hb_alarms *alarms)
{
    while (alarms->n && alarms->heap[0]->due <= hb__alarms_now(alarms)) {
        hb_alarm *alarm = alarms->heap[0];
        hb__alarm_take_out_locked(alarm);
        hb_lock_release(&alarms->lock);
        alarm->fire(alarm);
        hb_lock_acquire(&alarms->lock);
    }
    return hb__alarms_next_locked(alarms);
}

/* ---- life ---- */

hb_status hb_alarm_init(hb_alarm *alarm, void (*fire)(hb_alarm *), void (*release)(hb_alarm *))
{
    alarm->home = hb__alarms_here();
    if (!alarm->home)
        return HB_NO_MEMORY;
    if (alarm->home->bubble)
        hb_bubble_ref(alarm->home->bubble);
    alarm->fire = fire;
    alarm->free = release;
    alarm->due = HB_FOREVER;
    alarm->slot = 0;
    hb_store_relaxed(&alarm->refs, 1);
    return HB_OK;
}

void hb_alarm_ref(hb_alarm *alarm)
{
    hb_fetch_add(&alarm->refs, 1);
}

void hb_alarm_unref(hb_alarm *alarm)
{
    if (hb_fetch_sub(&alarm->refs, 1) != 1)
        return;
    hb_bubble *bubble = alarm->home->bubble;
    alarm->free(alarm);
    hb_bubble_unref(bubble);
}

bool hb_alarm_is_virtual(const hb_alarm *alarm)
{
    return alarm->home->bubble != NULL;
}

bool hb_alarm_is_foreign(const hb_alarm *alarm)
{
    hb_bubble *bubble = alarm->home->bubble;
    return bubble && bubble != hb_bubble_here();
}

hb_time hb_alarm_now(const hb_alarm *alarm)
{
    return hb__alarms_now(alarm->home);
}

/* ---- for its owner ---- */

static bool is_armed_locked(const hb_alarm *alarm)
{
    return alarm->slot != 0 && alarm->epoch == hb__epoch();
}

static bool disarm_locked(hb_alarm *alarm)
{
    bool was_armed = is_armed_locked(alarm);
    if (was_armed)
        hb__alarm_take_out_locked(alarm);
    return was_armed;
}

static hb_status arm_locked(hb_alarm *alarm, hb_time due)
{
    hb_alarms *alarms = alarm->home;
    if (!reserve_locked(alarms))
        return HB_NO_MEMORY;
    alarm->due = due;
    alarm->epoch = hb__epoch();
    alarm->order = alarms->set_so_far++;
    put_locked(alarms, ++alarms->n, alarm);
    rise_locked(alarms, alarm);
    hb_status employed = hb__alarms_employ_locked(alarms);
    if (employed != HB_OK)
        hb__alarm_take_out_locked(alarm);
    return employed;
}

hb_status hb_alarm_set(hb_alarm *alarm, hb_time due, bool *was_armed)
{
    hb_alarms *alarms = alarm->home;
    hb_alarm_ref(alarm); /* A1: for the arming to come */
    hb_lock_acquire(&alarms->lock);
    *was_armed = disarm_locked(alarm);
    hb_status status = due == HB_FOREVER ? HB_OK : arm_locked(alarm, due);
    bool armed = is_armed_locked(alarm);
    bool oversleeps = hb__alarms_oversleep_locked(alarms);
    hb_lock_release(&alarms->lock);
    if (oversleeps)
        hb__alarms_call(alarms);
    if (*was_armed)
        hb_alarm_unref(alarm);
    if (!armed)
        hb_alarm_unref(alarm);
    return status;
}

bool hb_alarm_cancel(hb_alarm *alarm)
{
    hb_alarms *alarms = alarm->home;
    hb_lock_acquire(&alarms->lock);
    bool was_armed = disarm_locked(alarm);
    bool oversleeps = hb__alarms_oversleep_locked(alarms);
    hb_lock_release(&alarms->lock);
    if (oversleeps)
        hb__alarms_call(alarms);
    if (was_armed)
        hb_alarm_unref(alarm);
    return was_armed;
}

hb_time hb_alarm_due(hb_alarm *alarm)
{
    hb_lock_acquire(&alarm->home->lock);
    hb_time due = is_armed_locked(alarm) ? alarm->due : HB_FOREVER;
    hb_lock_release(&alarm->home->lock);
    return due;
}
