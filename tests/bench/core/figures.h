/* figures: for benchmarks whose number is not nanoseconds from call to return. */
#ifndef FIGURES_H
#define FIGURES_H

#include "hb_alarm.h"

/* An alarm with one reference besides the heap's, armed for an hour from now. */
hb_alarm *bench_alarm(void);

/* Prints the one figure of a report. */
void bench_figure(double value);

/* What of the process is in memory. */
double bench_resident_bytes(void);

#endif
