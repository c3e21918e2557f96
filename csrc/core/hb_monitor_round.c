/* hb_monitor_round: how whoever looks after a house is called, and what it does then. */
#include "hb_monitor_impl.h"

/* M4: shorter delays are what any thread meets. */
#define NOTABLE (HB_SECOND / 1000)

/* ---- calls ---- */

void hb__call_thread(hb_house *house)
{
    hb_fetch_add(&house->called, 1);
    hb_platform_unpark(&house->called);
}

/* Puts the beat among those that call, once; true if it is the first. The list is linked by
 * numbers; LAST ends it. Its reference keeps the slot from being given to another. */
enum { LAST = 1 };

_Static_assert(HB_BOARD_FIRST > LAST, "no beat's number ends the list");

static bool put_among_callers(hb_house *house, hb_beat *beat)
{
    uint32_t none = 0, head = hb_load_relaxed(&house->callers);
    if (!hb_cas(&beat->call, &none, LAST))
        return false;
    hb_beat_ref(beat);
    do
        hb_store_relaxed(&beat->call, head ? head : LAST);
    while (!hb_cas(&house->callers, &head, beat->number));
    return head == 0;
}

/* M: so that a service which is about to say when it is due has heard the call, or comes first. */
static void call_service(hb_house *house, hb_beat *beat)
{
    hb__house_lock(house);
    if (!house->ended) {
        put_among_callers(house, beat);
        hb__house_tell_due_locked(house);
    }
    hb__house_unlock(house);
}

/* First the beat leaves the list, then it is looked at: so what happens after the look calls
 * again. */
static uint32_t leave_callers(hb_beat *beat)
{
    uint32_t next = hb_exchange(&beat->call, 0);
    return next == LAST ? 0 : next;
}

static bool has_thread(hb_house *house)
{
    hb__house_lock(house);
    bool running = house->running;
    hb__house_unlock(house);
    return running;
}

/* Who called a thread that had just ended, for nothing was served any more, lets go of those that
 * call. If one is served again meanwhile, its own call may have found it in the list: it calls
 * again. */
static void hear_alone(hb_house *house)
{
    uint32_t number = hb_exchange(&house->callers, 0);
    while (number) {
        hb_beat *beat = hb__board_at(number);
        number = leave_callers(beat);
        if (has_thread(house) && (hb_load_relaxed(&beat->flags) & HB_BEAT_WATCHED))
            hb__call(beat);
        hb_beat_unref(beat);
    }
}

void hb__call(hb_beat *beat)
{
    hb_house *house = hb__house_of(beat);
    if (house && house->bubble) {
        call_service(house, beat);
    } else if (house && put_among_callers(house, beat)) {
        hb__call_thread(house);
        if (!has_thread(house))
            hear_alone(house);
    }
}

static uint32_t hear_batch(hb_house *house, uint32_t number)
{
    hb_beat *heard[HB_BATCH];
    uint32_t n = 0;
    hb__house_lock(house);
    for (; number && n < HB_BATCH; n++) {
        hb_beat *beat = heard[n] = hb__board_at(number);
        number = leave_callers(beat);
        if (hb__is_watched_locked(beat) && beat->watched.status != HB_WATCH_IDLE)
            hb_wheel_call(&house->wheel, beat);
    }
    hb__house_unlock(house);
    while (n > 0)
        hb_beat_unref(heard[--n]);
    return number;
}

static void hear_callers(hb_house *house)
{
    uint32_t number = hb_exchange(&house->callers, 0);
    while (number)
        number = hear_batch(house, number);
}

void hb__drop_callers(hb_house *house)
{
    uint32_t number = hb_exchange(&house->callers, 0);
    while (number) {
        hb_beat *beat = hb__board_at(number);
        number = leave_callers(beat);
        hb_beat_unref(beat);
    }
}

/* ---- a round ---- */

/* In a bubble nobody is ever late. */
static void note_lateness_locked(hb_house *house, hb_time now)
{
    hb_monitor_stats *stats = &house->stats;
    if (house->bubble)
        return;
    hb_time late = house->expected && now > house->expected ? now - house->expected : 0;
    house->late = late;
    house->lost += late > NOTABLE ? late : 0;
    stats->late = late;
    stats->latest = late > stats->latest ? late : stats->latest;
}

static size_t look_at_batch_locked(hb_house *house, const hb_anchor *anchor, const hb_room *room, bool *more)
{
    size_t found = 0;
    *more = hb_wheel_open(&house->wheel, anchor->now);
    size_t n = *more ? hb_wheel_read(&house->wheel, room->beats, room->size) : 0;
    if (house->bubble)
        hb__house_sort(room->beats, n);
    for (size_t i = 0; i < n; i++)
        found += hb__look_locked(house, room->beats[i], anchor, &room->findings[found]);
    return found;
}

/* False: there was nothing to look at. */
static bool look_at_batch(hb_house *house)
{
    hb_beat *beats[HB_BATCH];
    hb_finding findings[HB_BATCH];
    hb_room room = { HB_BATCH, beats, findings };
    bool more;
    if (hb_load_relaxed(&house->callers))
        hear_callers(house);
    hb_anchor anchor = hb__house_anchor(house);
    hb__house_lock(house);
    note_lateness_locked(house, anchor.now);
    if (house->bubble)
        hb__house_make_room_locked(house, &room);
    size_t found = look_at_batch_locked(house, &anchor, &room, &more);
    hb__house_unlock(house);
    if (found)
        hb__see_to(room.findings, found);
    house->expected = found ? hb__house_now(house) : anchor.now;
    return more;
}

void hb__look_around(hb_house *house)
{
    while (look_at_batch(house))
        ;
    hb__sample_demands(house, hb__house_now(house));
    hb__house_lock(house);
    house->stats.rounds++;
    hb__house_unlock(house);
}

hb_time hb__next_look_locked(const hb_house *house)
{
    hb_time next = hb_wheel_next(&house->wheel);
    return next < house->sample_at ? next : house->sample_at;
}
