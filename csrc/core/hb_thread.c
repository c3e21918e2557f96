#include "hb_thread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS_AT_ONCE 64

static struct {
    hb_lock lock;
    hb_thread *first, *last; /* lock: in the order of their ids */
    hb_thread *unused;       /* lock: through next */
    uint32_t ids;            /* lock: given so far */
    size_t n;                /* lock */
} threads;

_Thread_local uint32_t hb__this_thread_id HB_STATIC_TLS;
static _Thread_local hb_thread *this_thread HB_STATIC_TLS;

/* ---- names ---- */

static bool continues_character(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* What does not begin a character after three steps back is no UTF-8: it is cut anywhere. */
static size_t cut(const char *given, size_t most)
{
    for (size_t size = most; size + 3 >= most; size--)
        if (size == 0 || !continues_character(given[size]))
            return size;
    return most;
}

void hb_text_copy(char *text, size_t size, const char *given)
{
    size_t length = given ? strlen(given) : 0;
    if (length >= size)
        length = cut(given, size - 1);
    if (length > 0)
        memcpy(text, given, length);
    text[length] = 0;
}

void hb_text_copy_end(char *text, size_t size, const char *given)
{
    size_t length = given ? strlen(given) : 0;
    const char *from = length >= size ? given + (length - (size - 1)) : given;
    while (length >= size && continues_character(*from))
        from++;
    hb_text_copy(text, size, from);
}

/* ---- records ---- */

/* R1: what is made here is never freed. */
static void make_records_locked(void)
{
    hb_thread *made = calloc(RECORDS_AT_ONCE, sizeof *made);
    for (int i = 0; made && i < RECORDS_AT_ONCE; i++) {
        made[i].next = threads.unused;
        threads.unused = &made[i];
    }
}

static void append_locked(hb_thread *thread)
{
    thread->id = ++threads.ids ? threads.ids : ++threads.ids;
    thread->next = NULL;
    thread->prev = threads.last;
    *(threads.last ? &threads.last->next : &threads.first) = thread;
    threads.last = thread;
    threads.n++;
}

static void take_out_locked(hb_thread *thread)
{
    free(thread->origin);
    thread->origin = NULL;
    *(thread->prev ? &thread->prev->next : &threads.first) = thread->next;
    *(thread->next ? &thread->next->prev : &threads.last) = thread->prev;
    threads.n--;
    thread->id = 0;
    thread->next = threads.unused;
    threads.unused = thread;
}

static hb_thread *new_record(const char *name, bool engine)
{
    hb_lock_acquire(&threads.lock);
    if (!threads.unused)
        make_records_locked();
    hb_thread *thread = threads.unused;
    if (thread) {
        threads.unused = thread->next;
        *thread = (hb_thread){ .engine = engine, .home = hb_here_bubble(), .cpu_clock = -1 };
        hb_party_init(&thread->party);
        hb_text_copy(thread->name, sizeof thread->name, name);
        append_locked(thread);
    }
    hb_lock_release(&threads.lock);
    return thread;
}

hb_thread *hb_thread_new(const char *name)
{
    return new_record(name, true);
}

static void learn_numbers(hb_thread *thread)
{
    hb_lock_acquire(&threads.lock);
    thread->system_id = hb_platform_thread_number();
    thread->ident = hb_platform_thread_ident();
    thread->cpu_clock = hb_platform_cpu_clock();
    hb_lock_release(&threads.lock);
}

void hb_thread_enter(hb_thread *thread)
{
    learn_numbers(thread);
    this_thread = thread;
    hb__this_thread_id = thread->id;
    hb_party_enter(&thread->party);
}

void hb_thread_leave(hb_thread *thread)
{
    if (thread == this_thread) {
        this_thread = NULL;
        hb__this_thread_id = 0;
        hb_party_enter(NULL);
    }
    hb_lock_acquire(&threads.lock);
    take_out_locked(thread);
    hb_lock_release(&threads.lock);
}

static void leave_at_end(void)
{
    if (this_thread)
        hb_thread_leave(this_thread);
}

hb_thread *hb_thread_here(void)
{
    return this_thread;
}

static hb_thread *foreign_record(void)
{
    char name[HB_NAME_SIZE];
    hb_platform_thread_name(name, sizeof name);
    return new_record(name, false);
}

/* A thread whose end cannot be learned gets no record: it would outlive the thread. */
uint32_t hb_thread_id(void)
{
    if (!this_thread && hb_platform_at_thread_end(leave_at_end)) {
        hb_thread *thread = foreign_record();
        if (thread)
            hb_thread_enter(thread);
    }
    return hb__this_thread_id;
}

void hb_thread_name(const char *name)
{
    if (!this_thread)
        return;
    hb_lock_acquire(&threads.lock);
    hb_text_copy(this_thread->name, sizeof this_thread->name, name);
    hb_lock_release(&threads.lock);
}

void hb_thread_serve(void)
{
    hb_lock_acquire(&threads.lock);
    this_thread->servant = true;
    this_thread->home = 0;
    hb_lock_release(&threads.lock);
}

static hb_thread *find_locked(uint32_t id)
{
    hb_thread *thread = threads.first;
    while (thread && thread->id != id)
        thread = thread->next;
    return thread;
}

void hb_thread_leave_home(uint32_t id)
{
    hb_lock_acquire(&threads.lock);
    hb_thread *thread = find_locked(id);
    if (thread)
        thread->home = 0;
    hb_lock_release(&threads.lock);
}

void hb_thread_set_origin(hb_thread *thread, const char *origin)
{
    size_t size = origin ? strlen(origin) + 1 : 0;
    char *kept = size ? malloc(size) : NULL;
    if (kept)
        memcpy(kept, origin, size);
    hb_lock_acquire(&threads.lock);
    char *before = thread->origin;
    thread->origin = kept;
    hb_lock_release(&threads.lock);
    free(before);
}

void hb_thread_attaching(hb_thread *thread, bool attaching)
{
    if (attaching)
        hb_store_relaxed(&thread->attaching_since, (uint64_t)hb_now());
    hb_store_release(&thread->attaching, attaching);
}

/* ---- fork ---- */

/* The child has one thread, which has a new number there. */
static void forget_others(void)
{
    hb_lock_acquire(&threads.lock);
    for (hb_thread *thread = threads.first, *next; thread; thread = next) {
        next = thread->next;
        if (thread != this_thread)
            take_out_locked(thread);
    }
    hb_lock_release(&threads.lock);
    if (this_thread)
        learn_numbers(this_thread);
}

__attribute__((constructor)) static void watch_forks(void)
{
    hb__at_fork_child(forget_others);
}

/* ---- what others see ---- */

static void view_case_locked(hb_view_case *view, const hb_case *c)
{
    hb_source *source = c->source;
    *view = (hb_view_case){ .direction = c->direction, .kind = "nil", .address = source };
    if (!source)
        return;
    hb_lock_acquire(&source->lock);
    view->kind = source->ops->kind;
    if (source->name)
        hb_text_copy(view->name, sizeof view->name, source->name);
    view->waiting_receivers = hb__queue_count_locked(&source->waiting, HB_RECV);
    if (source->ops->sends)
        view->waiting_senders = hb__queue_count_locked(&source->waiting, HB_SEND);
    hb_lock_release(&source->lock);
}

/* The waiter's thread takes part as long as it waits, so its clock is there. */
void hb_thread_view_wait(hb_thread_view *view, const hb_waiter *waiter)
{
    view->state = HB_THREAD_WAITS;
    view->since = waiter->since;
    view->bubble = waiter->here ? waiter->here->bubble : 0;
    view->now = waiter->here ? (hb_time)hb_load_relaxed(waiter->here->now) : 0;
    view->cases = waiter->n_cases;
    for (uint32_t i = 0; i < view->cases && i < HB_VIEW_CASES; i++)
        view_case_locked(&view->shown[i], &waiter->cases[i]);
}

static void view_locked(hb_thread_view *view, hb_thread *thread)
{
    *view = (hb_thread_view){
        .id = thread->id, .system_id = thread->system_id,
        .cpu_clock = thread->cpu_clock, .engine = thread->engine, .ident = thread->ident,
        .servant = thread->servant, .home = thread->home,
    };
    memcpy(view->name, thread->name, sizeof view->name);
    hb_text_copy_end(view->origin, sizeof view->origin, thread->origin);
    hb_lock_acquire(&thread->party.lock);
    if (hb_load_acquire(&thread->attaching)) {
        view->state = HB_THREAD_ATTACHES;
        view->since = (hb_time)hb_load_relaxed(&thread->attaching_since);
    } else if (thread->party.waiting && !hb__wait_is_won(thread->party.waiting)) {
        hb_thread_view_wait(view, thread->party.waiting);
    }
    hb_lock_release(&thread->party.lock);
}

bool hb_thread_look(uint32_t id, hb_thread_view *view)
{
    *view = (hb_thread_view){ .state = HB_THREAD_GONE };
    hb_lock_acquire(&threads.lock);
    hb_thread *thread = find_locked(id);
    if (thread)
        view_locked(view, thread);
    hb_lock_release(&threads.lock);
    return thread != NULL;
}

bool hb_thread_name_of(int32_t system_id, char *name, size_t size)
{
    hb_lock_acquire(&threads.lock);
    hb_thread *thread = threads.first;
    while (thread && thread->system_id != system_id)
        thread = thread->next;
    if (thread)
        snprintf(name, size, "%s", thread->name);
    hb_lock_release(&threads.lock);
    return thread != NULL;
}

size_t hb_threads_look(hb_thread_view *views, size_t n)
{
    size_t i = 0;
    hb_lock_acquire(&threads.lock);
    for (hb_thread *thread = threads.first; thread && i < n; thread = thread->next)
        view_locked(&views[i++], thread);
    size_t all = threads.n;
    hb_lock_release(&threads.lock);
    return all;
}

size_t hb_threads_after(uint32_t id, hb_thread_view *views, size_t n)
{
    size_t i = 0;
    hb_lock_acquire(&threads.lock);
    for (hb_thread *thread = threads.first; thread && i < n; thread = thread->next)
        if (thread->id > id)
            view_locked(&views[i++], thread);
    hb_lock_release(&threads.lock);
    return i;
}

static bool waits_endlessly_locked(const hb_thread *thread)
{
    hb_waiter *waiter = thread->party.waiting;
    return thread->engine && waiter && !hb__wait_is_won(waiter) && !waiter->here &&
           thread->party.until == HB_FOREVER && waiter->n_cases > 0;
}

static bool view_endless(hb_thread *thread, hb_endless_wait *wait, hb_source **sources, uint32_t size)
{
    hb_lock_acquire(&thread->party.lock);
    bool waits = waits_endlessly_locked(thread);
    const hb_waiter *waiter = thread->party.waiting;
    if (waits)
        *wait = (hb_endless_wait){ thread->id, thread->ident, thread->party.waits, thread->charge, waiter->n_cases };
    for (uint32_t i = 0; waits && i < waiter->n_cases && i < size; i++)
        sources[i] = waiter->cases[i].source;
    hb_lock_release(&thread->party.lock);
    return waits;
}

bool hb_thread_endless(uint32_t id, hb_endless_wait *wait, hb_source **sources, uint32_t size)
{
    hb_lock_acquire(&threads.lock);
    hb_thread *thread = threads.first;
    while (thread && (thread->id <= id || !view_endless(thread, wait, sources, size)))
        thread = thread->next;
    hb_lock_release(&threads.lock);
    return thread != NULL;
}
