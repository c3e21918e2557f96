#include "figures.h"
#include "scenarios.h"

/* What an after-func is without its function: an alarm in the heap of the engine's timer thread.
 * It is made, armed for an hour from now, and cancelled. */
void after_func_create_stop(uint64_t count, uint64_t unused)
{
    (void)unused;
    for (uint64_t i = 0; i < count; i++) {
        hb_alarm *alarm = bench_alarm();
        bench_expect(hb_alarm_cancel(alarm) ? HB_OK : HB_TIMEOUT, HB_OK);
        hb_alarm_unref(alarm);
    }
}
