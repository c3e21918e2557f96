/* hb_select: waits on many sources, receives and sends mixed, until exactly one
 * of them happens.
 *
 *   S1 A case that happens is ready at that instant, and of those that are ready all the
 *      while each has the same chance; if biased, it is the first of the ready ones.
 *   S2 A select finds nothing ready (HB_WOULD_BLOCK), or begins to wait, only if at one instant
 *      none of its cases was ready.
 *
 * For S2, and where it is biased for S1, a select locks its sources in the order of their addresses,
 * each once, and under all those locks looks for ready cases. One is taken at random (or the
 * first, if biased). If none is ready, one waiter is linked to every case under
 * the same locks, so that nothing that happens later can be missed.
 *
 * Where chance decides and the select would wait, a cheaper look comes first (hb_cases_try_any): at a few
 * cases, without any lock. Those that look ready are tried in random order, each under its own lock
 * alone; the first that is ready happens. S1 asks no more. That there is none says nothing of all cases at
 * one instant, for a word may have moved from a case that was still to come to one that had been: so what
 * is above follows.
 *
 * Once linked, the thread parks until the earliest of the deadline and the due times of its timed
 * cases; then the losing links are taken out again. A timer that is moved earlier
 * nudges those who wait for it: they read the due times again, and park on with
 * all their links where they are.
 *
 *   hb_select_init -> ( hb_select_try | hb_select_begin -> hb_select_wait )* -> hb_select_fini
 *
 * The steps are separate so that a caller with an interpreter lock can let go
 * of it between begin and wait, and can run a signal handler between a wait that
 * was interrupted (nothing is linked then) and the next begin, which takes the
 * old places in the queues again.
 *
 * Locking: see hb_source.h. A select itself belongs to one thread. */
#ifndef HB_SELECT_H
#define HB_SELECT_H

#include "hb_source.h"

#define HB_MAX_CASES 65536u
#define HB_INLINE_CASES 8u

/* Makes one case happen if it can: HB_OK, HB_CLOSED, HB_WOULD_BLOCK, HB_FOREIGN,
 * HB_NO_MEMORY. */
hb_status hb_case_try(const hb_case *c, hb_word *word);

/* Makes one of a few cases happen, of those that look ready each with the same chance: HB_OK or HB_CLOSED
 * with *index and *word. Of HB_WOULD_BLOCK nothing follows; it also comes of a single case and of very
 * many. HB_FOREIGN if any is, HB_NO_MEMORY. */
hb_status hb_cases_try_any(const hb_case *cases, uint32_t n, uint32_t *index, hb_word *word);

typedef struct hb_select {
    const hb_case *cases;
    uint32_t n;
    bool biased;
    bool timed;    /* some source has a due time */
    bool foreign;  /* some source belongs to a bubble this thread is not in */
    bool placed;   /* some begin has linked */
    bool listed;   /* the sources are in `order` */
    bool repeats;  /* when listed: some source stands in several cases */
    uint32_t sources;
    /* the outcome */
    uint32_t index;
    hb_word word;
    hb_time due;   /* while linked: the earliest of the due times */
    hb_time since; /* when a begin linked for the first time */
    hb_source **order; /* the distinct sources by address */
    hb_link *links;    /* one a case */
    uint32_t *turns;   /* where sources repeat: the cases in random order */
    hb_waiter waiter;
    hb_source *inline_order[HB_INLINE_CASES];
    hb_link inline_links[HB_INLINE_CASES];
    uint32_t inline_turns[HB_INLINE_CASES];
} hb_select;

/* The cases stay the caller's and must not change until fini. HB_NO_MEMORY, or
 * HB_OK; n <= HB_MAX_CASES. */
hb_status hb_select_init(hb_select *select, const hb_case *cases, uint32_t n, bool biased);
void hb_select_fini(hb_select *select);

/* HB_OK or HB_CLOSED with index and word, HB_WOULD_BLOCK, HB_FOREIGN, HB_NO_MEMORY. */
hb_status hb_select_try(hb_select *select);

/* As try; but HB_WOULD_BLOCK leaves the select linked: hb_select_wait must follow. */
hb_status hb_select_begin(hb_select *select);

/* Waits for what begin linked. HB_OK or HB_CLOSED with index and word; or
 * HB_TIMEOUT, HB_INTERRUPTED, HB_STOPPED, and nothing has happened. In every
 * case nothing is linked any more. */
hb_status hb_select_wait(hb_select *select, hb_time deadline);

/* The two halves of wait. Between them the select is still linked, and may even be
 * served: for a caller that must do something before it gives up its place. */
hb_status hb_select_park(hb_select *select, hb_time deadline);
/* `parked` is what hb_select_park returned; the rest as hb_select_wait. */
hb_status hb_select_end(hb_select *select, hb_status parked);

/* All of it, for threads that need not look after signals. */
hb_status hb_select_run(hb_select *select, hb_time deadline);

#endif
