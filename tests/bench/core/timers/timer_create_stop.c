#include "hb_timer.h"
#include "scenarios.h"

/* A timer is made, armed for an hour from now, and stopped. */
void timer_create_stop(uint64_t count, uint64_t unused)
{
    hb_timer timer;
    (void)unused;
    for (uint64_t i = 0; i < count; i++) {
        hb_timer_init(&timer, hb_time_add(hb_now(), 3600 * HB_SECOND), 0);
        bench_expect(hb_timer_stop(&timer) ? HB_OK : HB_TIMEOUT, HB_OK);
    }
}
