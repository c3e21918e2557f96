/* scenarios: the benchmarks there are, each in the file of its name. */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include "bench.h"

/* messages/: crossbeam's scenarios, and one with more threads than processors. The
 * parameter is the capacity. */
bench_fn seq, spsc, mpsc, mpmc, select_rx, select_both, crowd;

/* micro/: the channel benchmarks of Go's runtime; an operation is what the one
 * of the same name counts as one. The parameter is not used,
 * or it is: */
bench_fn chan_nonblocking, chan_sem, chan_closed, receive_data_from_closed_chan,
    select_uncontended, select_sync_contended, select_async_contended, select_nonblock;
bench_fn make_chan, chan_creation, chan_prod_cons, chan_prod_cons_work,
    select_prod_cons;                      /* the capacity */
bench_fn chan_uncontended, chan_contended; /* messages in one operation */
bench_fn chan_popular;                     /* threads, and messages in one operation */
bench_fn chan_sync;                        /* steps of work between messages */

/* monitor/: reports of their own; the count is of beats, and of silences. */
bench_fn monitor_beats, monitor_latency;
/* beats/: heartbeats. The parameter is not used. */
bench_fn beat_pulse, beat_unit, beat_ping_pong;
/* timers/. The parameter is not used, or it is: */
bench_fn timer_create_stop, timer_reset, after_func_create_stop;
bench_fn tick_late; /* a percentile; prints its own figure */
/* memory/: each prints its own figure. The parameter says which: */
enum { BENCH_CREATE, BENCH_STOP, BENCH_BYTES };
bench_fn timers_million, after_funcs_million, many_channels, many_beats;
bench_fn waiter_bytes; /* not used */

#endif
