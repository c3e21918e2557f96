#include "hb_bubble_impl.h"

#include <stdlib.h>

#include "hb_rand.h"
#include "hb_thread.h"

/* ---- life ---- */

static hb_atomic_u32 bubbles; /* numbers given so far */

hb_bubble *hb_bubble_new(hb_time start, uint64_t seed, hb_turns *turns)
{
    hb_bubble *bubble = calloc(1, sizeof *bubble);
    if (!bubble)
        return NULL;
    hb_lock_init(&bubble->lock);
    bubble->number = hb_fetch_add(&bubbles, 1) + 1;
    bubble->seed = seed;
    bubble->turns = turns;
    bubble->start = start;
    hb_store_relaxed(&bubble->now, (uint64_t)start);
    hb_store_relaxed(&bubble->refs, 1);
    return bubble;
}

hb_bubble *hb_bubble_ref(hb_bubble *bubble)
{
    hb_fetch_add(&bubble->refs, 1);
    return bubble;
}

void hb_bubble_unref(hb_bubble *bubble)
{
    if (!bubble || hb_fetch_sub(&bubble->refs, 1) != 1)
        return;
    for (int i = 0; i < HB_SERVICES; i++)
        if (bubble->services[i])
            bubble->services[i]->free(bubble->services[i]);
    if (bubble->turns)
        bubble->turns->free(bubble->turns);
    free(bubble);
}

uint32_t hb_bubble_number(const hb_bubble *bubble)
{
    return bubble->number;
}

hb_time hb_bubble_now(hb_bubble *bubble)
{
    return (hb_time)hb_load_relaxed(&bubble->now);
}

hb_time hb_bubble_elapsed(hb_bubble *bubble)
{
    return hb_bubble_now(bubble) - bubble->start;
}

hb_bubble *hb_bubble_here(void)
{
    return hb__here ? hb__participant_here()->bubble : NULL;
}

hb_turns *hb_bubble_turns(const hb_bubble *bubble)
{
    return bubble->turns;
}

uint32_t hb_bubble_number_here(void)
{
    return hb__here ? hb__participant_here()->number : 0;
}

void hb_bubble_patch(hb_bubble *bubble)
{
    hb_store_relaxed(&bubble->patched, 1);
}

hb_bubble *hb_bubble_patched_here(void)
{
    hb_bubble *bubble = hb_bubble_here();
    return bubble && hb_load_relaxed(&bubble->patched) ? bubble : NULL;
}

/* ---- joining ---- */

/* Of one seed many, which have nothing in common. */
static uint64_t mix(uint64_t seed, uint64_t with)
{
    uint64_t x = seed + (with + 1) * 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static hb_participant *new_participant(hb_bubble *bubble, uint64_t seed)
{
    hb_participant *participant = calloc(1, sizeof *participant);
    if (!participant)
        return NULL;
    participant->here = (hb_here){
        .bubble = bubble->number, .now = &bubble->now, .park = hb__bubble_park, .finish = hb__bubble_finish,
        .nudge_locked = hb__bubble_nudge_locked, .yield = bubble->turns ? hb__bubble_yield : NULL,
    };
    participant->bubble = hb_bubble_ref(bubble);
    participant->seed = seed;
    return participant;
}

static void append_locked(hb_participant *participant)
{
    hb_bubble *bubble = participant->bubble;
    participant->number = bubble->joined++;
    participant->prev = bubble->last;
    *(bubble->last ? &bubble->last->next : &bubble->first) = participant;
    bubble->last = participant;
    bubble->running++;
    participant->ready = hb__bubble_takes_turns_locked(bubble);
    hb_fetch_add(&bubble->present, 1);
}

static void take_out_locked(hb_participant *participant)
{
    hb_bubble *bubble = participant->bubble;
    *(participant->prev ? &participant->prev->next : &bubble->first) = participant->next;
    *(participant->next ? &participant->next->prev : &bubble->last) = participant->prev;
    if (bubble->host == participant)
        bubble->host = NULL;
    hb__bubble_rest_locked(participant);
    hb_fetch_sub(&bubble->present, 1);
}

static void free_participant(hb_participant *participant)
{
    hb_bubble *bubble = participant->bubble;
    free(participant);
    hb_bubble_unref(bubble);
}

/* Its choices are its own, whatever others do meanwhile: of the same program, the same. */
hb_status hb_participant_new(hb_participant **place, uint32_t thread)
{
    hb_participant *parent = hb__participant_here();
    *place = parent ? new_participant(parent->bubble, mix(parent->seed, ++parent->children)) : NULL;
    if (!*place)
        return parent ? HB_NO_MEMORY : HB_OK;
    (*place)->thread = thread;
    hb__bubble_lock(parent->bubble);
    append_locked(*place);
    hb__bubble_unlock(parent->bubble);
    return HB_OK;
}

void hb_participant_enter(hb_participant *participant)
{
    if (!participant)
        return;
    hb__here = &participant->here;
    hb_rand_seed(participant->seed);
    uint32_t thread = hb_thread_id();
    hb__bubble_lock(participant->bubble);
    participant->thread = thread;
    hb__bubble_pass_turn_locked(participant->bubble);
    hb__bubble_await_turn_locked(participant);
    hb__bubble_unlock(participant->bubble);
}

static void remove_participant(hb_participant *participant)
{
    hb_bubble *bubble = participant->bubble;
    hb__bubble_lock(bubble);
    participant->ready = false;
    take_out_locked(participant);
    bool awaited = bubble->over;
    hb__bubble_unlock(bubble);
    if (awaited)
        hb_platform_unpark(&bubble->present);
}

void hb_participant_drop(hb_participant *participant)
{
    if (!participant)
        return;
    remove_participant(participant);
    free_participant(participant);
}

/* The host before all others. */
static bool append_if_open(hb_participant *participant, bool as_host)
{
    hb_bubble *bubble = participant->bubble;
    hb__bubble_lock(bubble);
    bool open = !bubble->over && (as_host || bubble->joined > 0);
    if (open) {
        append_locked(participant);
        bubble->host = participant->number == 0 ? participant : bubble->host;
    }
    hb__bubble_unlock(bubble);
    return open;
}

static hb_status join(hb_bubble *bubble, bool looks_up, bool as_host)
{
    if (hb__here)
        return HB_MISUSED;
    hb_participant *participant = new_participant(bubble, 0);
    if (!participant)
        return HB_NO_MEMORY;
    participant->looks_up = looks_up;
    if (!append_if_open(participant, as_host)) {
        free_participant(participant);
        return HB_MISUSED;
    }
    participant->seed = mix(bubble->seed, participant->number);
    hb_participant_enter(participant);
    return HB_OK;
}

hb_status hb_bubble_join(hb_bubble *bubble, bool looks_up)
{
    return join(bubble, looks_up, true);
}

/* The record first: what is registered last runs first, and leaving may want the record. */
hb_status hb_bubble_adopt(hb_bubble *bubble, bool looks_up)
{
    hb_thread_id();
    if (!hb_platform_at_thread_end(hb_bubble_leave))
        return HB_NO_MEMORY;
    return join(bubble, looks_up, false);
}

void hb_bubble_leave(void)
{
    hb_participant *participant = hb__participant_here();
    if (!participant)
        return;
    remove_participant(participant);
    hb__here = NULL;
    hb_rand_unseed();
    free_participant(participant);
}

/* ---- for the host and the like ---- */

hb_status hb_bubble_wait(void)
{
    hb_participant *participant = hb__participant_here();
    if (!participant)
        return HB_MISUSED;
    hb_bubble *bubble = participant->bubble;
    hb__bubble_lock(bubble);
    hb_status status = bubble->over ? HB_STOPPED : bubble->idler ? HB_MISUSED : HB_OK;
    if (status == HB_OK) {
        bubble->idler = participant;
        status = hb__bubble_sleep_locked(participant, NULL, HB_FOREVER);
        bubble->idler = NULL;
    }
    hb__bubble_unlock(bubble);
    participant->failed = status == HB_STALLED;
    if (participant->failed)
        participant->last_wait = (hb_thread_view){ .state = HB_THREAD_WAITS, .until = HB_FOREVER };
    return status;
}

static void end_locked(hb_bubble *bubble)
{
    bubble->over = true;
    hb__bubble_free_turns_locked(bubble);
    for (hb_participant *each = bubble->first; each; each = each->next)
        hb__bubble_break_locked(each, HB_STOPPED);
}

/* Each leaver wakes one of those who wait here: there is one. */
hb_status hb_bubble_end(hb_bubble *bubble, hb_time deadline)
{
    uint32_t present;
    hb__bubble_lock(bubble);
    end_locked(bubble);
    hb__bubble_unlock(bubble);
    uint32_t own = hb_bubble_here() == bubble;
    while ((present = hb_load_acquire(&bubble->present)) > own)
        if (hb_platform_park(&bubble->present, present, deadline) == HB_TIMEOUT)
            return HB_TIMEOUT;
    return HB_OK;
}

hb_bubble_pulse hb_bubble_look(hb_bubble *bubble)
{
    hb__bubble_lock(bubble);
    uint32_t present = hb_load_relaxed(&bubble->present);
    hb_bubble_pulse pulse = { .steps = bubble->steps, .running = bubble->running,
                              .sleeping = present - bubble->running, .over = bubble->over };
    hb__bubble_unlock(bubble);
    return pulse;
}

/* Whoever has the turn would keep it: the host goes on without. */
static bool stall_locked(hb_participant *host)
{
    bool awaits_turn = host->ready;
    host->strays = awaits_turn || host->sleeps || host->outside;
    if (awaits_turn)
        hb__bubble_call_locked(host);
    bool told = awaits_turn || hb__bubble_break_locked(host, HB_STALLED);
    host->strays &= told;
    return told;
}

bool hb_bubble_stall(hb_bubble *bubble)
{
    hb__bubble_lock(bubble);
    bool told = bubble->host && stall_locked(bubble->host);
    hb__bubble_unlock(bubble);
    return told;
}

size_t hb_bubble_participants(hb_bubble *bubble, hb_participant_view *views, size_t n)
{
    size_t i = 0;
    hb__bubble_lock(bubble);
    for (hb_participant *each = bubble->first; each; each = each->next, i++)
        if (i < n)
            views[i] = (hb_participant_view){ .number = each->number, .thread = each->thread,
                                              .sleeps = each->sleeps,
                                              .idles = each->sleeps && !each->waiter,
                                              .until = each->deadline };
    hb__bubble_unlock(bubble);
    return i;
}

const hb_thread_view *hb_bubble_failed_wait(void)
{
    hb_participant *participant = hb__participant_here();
    return participant && participant->failed ? &participant->last_wait : NULL;
}

/* ---- services ---- */

static hb_service *keep_first(hb_bubble *bubble, hb_service_kind kind, hb_service *made)
{
    hb__bubble_lock(bubble);
    hb_service *kept = bubble->services[kind];
    if (!kept)
        kept = bubble->services[kind] = made;
    hb__bubble_unlock(bubble);
    if (kept != made)
        made->free(made);
    return kept;
}

hb_service *hb_bubble_find_service(hb_bubble *bubble, hb_service_kind kind)
{
    hb__bubble_lock(bubble);
    hb_service *service = bubble->services[kind];
    hb__bubble_unlock(bubble);
    return service;
}

void hb_bubble_end_services(hb_bubble *bubble)
{
    for (int kind = 0; kind < HB_SERVICES; kind++) {
        hb_service *service = hb_bubble_find_service(bubble, (hb_service_kind)kind);
        if (service)
            service->end(service);
    }
}

hb_service *hb_bubble_service(hb_service_kind kind, hb_service *(*make)(void))
{
    hb_bubble *bubble = hb_bubble_here();
    hb_service *service = hb_bubble_find_service(bubble, kind);
    hb_service *made = service ? NULL : make();
    return made ? keep_first(bubble, kind, made) : service;
}

/* ---- fork ---- */

/* The child of a participant is one thread, in real time; the others of the bubble are no more. */
static void forget_bubble(void)
{
    hb__here = NULL;
}

__attribute__((constructor)) static void watch_forks(void)
{
    hb__at_fork_child(forget_bubble);
}
