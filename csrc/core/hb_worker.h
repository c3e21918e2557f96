/* hb_worker: one native thread, and how it ended.
 *
 * A worker runs a function on a thread of its own. It has an end that can be
 * waited for: `done`, a channel nobody sends on, which closes when the thread
 * has left the function for good. All workers that run are in one list, so
 * that the engine can be stopped: their waits then end with HB_STOPPED.
 *
 * Locking: one lock for the list and the links of its members; taken before a
 * party's lock. Everything else in a worker is constant once it runs. */
#ifndef HB_WORKER_H
#define HB_WORKER_H

#include "hb_chan.h"
#include "hb_thread.h"

typedef struct hb_worker hb_worker;
typedef void hb_worker_fn(void *arg);

/* Starts fn(arg) on a new thread. *worker gets a reference of the caller's.
 * HB_NO_MEMORY, HB_NO_THREAD, HB_STOPPED: fn will not run. */
hb_status hb_worker_start(hb_worker **worker, hb_worker_fn *fn, void *arg, const char *name);
/* The same, and its thread's record tells where it was started from (NULL: not known). */
hb_status hb_worker_start_from(hb_worker **worker, hb_worker_fn *fn, void *arg, const char *name,
                               const char *origin);

void hb_worker_unref(hb_worker *worker);

/* If the worker's thread is lost in a fork, the child calls lost(arg) before `done` closes
 * there, with no lock held. */
void hb_worker_on_loss(hb_worker *worker, hb_worker_fn *lost);

/* Closes when the thread has left fn. Lives as long as the worker. */
hb_chan *hb_worker_done(hb_worker *worker);

/* Tells all workers to stop waiting and lets no new one start; then waits until
 * all have ended, or the deadline. HB_OK or HB_TIMEOUT. */
hb_status hb_workers_stop(hb_time deadline);

#endif
