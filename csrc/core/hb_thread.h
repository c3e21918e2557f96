/* hb_thread: what the engine knows of a thread: who it is, what it waits for.
 *
 * Every thread the engine starts has a record, and every other thread gets one
 * with its first pulse; it is given back when the thread ends. The record tells
 * those who must explain a silence (a monitor, a dump) in what state the thread is,
 * while the thread itself, and the interpreter lock, may be stuck.
 *
 *   R1 A record's memory is never given back to the system, only used again: reading
 *      one is always safe. `id` is new with each use and never 0.
 *   R2 While party.waiting is set, under the party's lock, the waiter, its cases
 *      and their sources are alive: the thread takes the waiter off
 *      before it returns to its caller, who keeps the sources.
 *
 * Locking: one lock for the list, taken before a party's lock, which is taken
 * before a source's. `attaching` and its instant
 * are the thread's own, atomics for readers. */
#ifndef HB_THREAD_H
#define HB_THREAD_H

#include "hb_source.h"

#define HB_NAME_SIZE 48   /* of what has a name */
#define HB_LABEL_SIZE 256 /* of a unit of work: room for a path, mostly */
#define HB_ORIGIN_SIZE 256 /* of a view: "file:line" */

/* NULL: empty. A longer text (UTF-8) is cut between two of its characters. */
void hb_text_copy(char *text, size_t size, const char *given);
/* The same, but of a longer text the end is kept. */
void hb_text_copy_end(char *text, size_t size, const char *given);

typedef struct hb_thread hb_thread;
typedef struct hb_thread_view hb_thread_view;

struct hb_thread {
    hb_party party;
    hb_atomic_u32 attaching; /* waits for the interpreter lock, told by the binding */
    hb_atomic_u64 attaching_since; /* hb_time */
    uint32_t id;             /* list lock; constant while in use */
    int32_t system_id;       /* list lock: the system's number, 0 before it runs */
    int64_t cpu_clock;       /* list lock: for hb_platform_cpu_time */
    uint64_t ident;          /* list lock: hb_platform_thread_ident, 0 before it runs */
    char name[HB_NAME_SIZE]; /* list lock */
    void *charge;            /* the binding's: what runs on it; constant while other threads may look */
    char *origin;            /* list lock: where it was started from, owned; NULL: not known */
    bool engine;             /* constant while in use: started by the engine */
    bool servant;            /* list lock: of the engine's own, and idle or serving it */
    uint32_t home;           /* list lock: the bubble it was started in, while that lasts; or 0 */
    hb_thread *next, *prev;  /* list lock */
};

/* The calling thread's record, NULL if it has none. */
hb_thread *hb_thread_here(void);

/* The id of the calling thread's record; makes one if it has none. 0 if out of
 * memory. */
uint32_t hb_thread_id(void);

extern _Thread_local uint32_t hb__this_thread_id HB_STATIC_TLS;

/* For threads of the engine: a record is made before the thread (NULL: out of memory), becomes
 * the thread's own where it starts, and is given back at its end, or if it never started. */
hb_thread *hb_thread_new(const char *name);
void hb_thread_enter(hb_thread *thread);
void hb_thread_leave(hb_thread *thread);

/* Names the calling thread's record, if it has one. */
void hb_thread_name(const char *name);

/* The calling thread, one of the engine's, works for all the program, not for who started it. */
void hb_thread_serve(void);
/* The bubble of its starter is over, and it is not. */
void hb_thread_leave_home(uint32_t id);
/* Where it was started from, "file:line" mostly; NULL: not known. Without memory it is not known. */
void hb_thread_set_origin(hb_thread *thread, const char *origin);

/* Told by whoever asks for the interpreter lock on behalf of this thread. */
void hb_thread_attaching(hb_thread *thread, bool attaching);

/* ---- what others see ---- */

typedef enum hb_thread_state { HB_THREAD_RUNS, HB_THREAD_WAITS, HB_THREAD_ATTACHES, HB_THREAD_GONE } hb_thread_state;

#define HB_VIEW_CASES 4

/* One case of a wait: what it waits for. */
typedef struct hb_view_case {
    hb_direction direction;
    const char *kind;                         /* "channel", "timer" ... */
    const void *address;                      /* to tell unnamed ones apart */
    char name[HB_NAME_SIZE];                  /* empty: unnamed */
    uint64_t waiting_senders, waiting_receivers; /* of a channel: the caller is among them */
} hb_view_case;

struct hb_thread_view {
    uint32_t id;
    int32_t system_id;
    int64_t cpu_clock;
    hb_thread_state state;
    hb_time since; /* of a wait or an attachment; 0 if not known */
    uint32_t bubble; /* of a wait: in whose time `since` and `now` are; 0: in real time */
    hb_time now;     /* of a wait in a bubble: when it was looked at */
    hb_time until;   /* of a wait that hb_bubble_failed_wait tells: its deadline */
    uint64_t ident;  /* 0 before it runs */
    char name[HB_NAME_SIZE];
    char origin[HB_ORIGIN_SIZE]; /* empty: not known */
    bool engine, servant;
    uint32_t home; /* the bubble it was started in; 0: in none, or in one that is over */
    uint32_t cases; /* how many the wait has; 0: it sleeps */
    hb_view_case shown[HB_VIEW_CASES];
};

/* False if no thread has that id (any more): state is HB_THREAD_GONE. */
bool hb_thread_look(uint32_t id, hb_thread_view *view);

/* The name of the thread with that system number; false if there is no record of it. */
bool hb_thread_name_of(int32_t system_id, char *name, size_t size);

/* What a wait of the calling thread is for, into a view, while its cases are alive. */
void hb_thread_view_wait(hb_thread_view *view, const hb_waiter *waiter);

/* A wait of a thread of the engine, in real time, that has no deadline. */
typedef struct hb_endless_wait {
    uint32_t id;
    uint64_t ident;
    uint64_t number;    /* which of its waits */
    void *charge;       /* of the thread */
    uint32_t n;         /* how many cases it has */
} hb_endless_wait;

/* That of the least id above `id`; its first `size` sources, NULL for one that never is ready.
 * False: there is no more. */
bool hb_thread_endless(uint32_t id, hb_endless_wait *wait, hb_source **sources, uint32_t size);

/* Views of up to n threads, those of least id first; the number of all there are. */
size_t hb_threads_look(hb_thread_view *views, size_t n);
/* Views of up to n threads with ids above `id`, the least first; how many. */
size_t hb_threads_after(uint32_t id, hb_thread_view *views, size_t n);

/* "receive from channel 'jobs' (2 receivers wait), 1.5 s" and the like, cut to size.
 * Returns the length. Allocates nothing. */
size_t hb_thread_describe(const hb_thread_view *view, hb_time now, char *text, size_t size);

#endif
