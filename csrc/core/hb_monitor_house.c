/* hb_monitor_house: the houses of bubbles, and which house is whose. */
#include "hb_monitor_impl.h"

#include <stdlib.h>

/* ---- as a service ---- */

static hb_house *house_of(hb_service *service)
{
    return (hb_house *)service;
}

/* While there is a demand it samples whenever all sleep; what calls is heard at once. */
void hb__house_tell_due_locked(hb_house *house)
{
    bool called = hb_load_acquire(&house->callers);
    hb_time due = called ? 0 : hb__next_look_locked(house);
    hb_store_release(&house->service.attends, house->demands != NULL);
    hb_store_release(&house->service.due, (uint64_t)(house->ended ? HB_FOREVER : due));
}

static void run_service(hb_service *service)
{
    hb_house *house = house_of(service);
    hb__look_around(house);
    hb__house_lock(house);
    hb__house_tell_due_locked(house);
    hb__house_unlock(house);
}

static void end_service(hb_service *service)
{
    hb_house *house = house_of(service);
    hb__house_lock(house);
    house->ended = true;
    hb__house_tell_due_locked(house);
    hb__house_unlock(house);
    hb__drop_callers(house);
}

static void free_service(hb_service *service)
{
    free(house_of(service)->room.beats);
    free(house_of(service)->room.findings);
    free(service);
}

static hb_service *make_service(void)
{
    hb_house *house = calloc(1, sizeof *house);
    if (!house)
        return NULL;
    hb_lock_init(&house->lock);
    hb_wheel_init(&house->wheel);
    house->bubble = hb_bubble_here();
    house->sample_at = HB_FOREVER;
    house->service = (hb_service){ .run = run_service, .end = end_service, .free = free_service };
    hb_store_relaxed(&house->service.due, (uint64_t)HB_FOREVER);
    return &house->service;
}

/* ---- one order ---- */

/* Numbers of slots depend on what was before. That one seed gives one course of things, all that is
 * due at an instant is looked at together. */
void hb__house_make_room_locked(hb_house *house, hb_room *room)
{
    hb_room *own = &house->room;
    if (own->size < house->served) {
        size_t size = house->served > 2 * own->size ? house->served : 2 * own->size;
        hb_beat **beats = realloc(own->beats, size * sizeof *beats);
        own->beats = beats ? beats : own->beats;
        hb_finding *findings = realloc(own->findings, size * sizeof *findings);
        own->findings = findings ? findings : own->findings;
        own->size = beats && findings ? size : own->size;
    }
    if (own->size > room->size)
        *room = *own;
}

static int by_place(const void *a, const void *b)
{
    uint64_t left = hb__beat_more(*(hb_beat *const *)a)->place;
    uint64_t right = hb__beat_more(*(hb_beat *const *)b)->place;
    return (left > right) - (left < right);
}

void hb__house_sort(hb_beat **beats, size_t n)
{
    qsort(beats, n, sizeof *beats, by_place);
}

/* ---- which house ---- */

hb_house *hb__house_here(void)
{
    return hb_bubble_here() ? house_of(hb_bubble_service(HB_SERVICE_MONITORS, make_service)) : &hb__real_house;
}

hb_house *hb__house_of(hb_beat *beat)
{
    hb_bubble *bubble = hb__beat_bubble(beat);
    return bubble ? house_of(hb_bubble_find_service(bubble, HB_SERVICE_MONITORS)) : &hb__real_house;
}

/* ---- its clock ---- */

hb_time hb__house_now(const hb_house *house)
{
    return house->bubble ? hb_bubble_now(house->bubble) : hb_platform_now();
}

hb_anchor hb__house_anchor(const hb_house *house)
{
    return house->bubble ? hb_anchor_virtual(hb_bubble_now(house->bubble)) : hb_anchor_real();
}
