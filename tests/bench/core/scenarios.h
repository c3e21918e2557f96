/* scenarios: the benchmarks there are, each in the file of its name. */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include "bench.h"

/* crossbeam's: the parameter is the capacity. */
bench_fn seq, spsc, mpsc, mpmc, select_rx, select_both;

#endif
