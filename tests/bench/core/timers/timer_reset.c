#include "hb_timer.h"
#include "scenarios.h"

/* A timer is put off, to an hour from now. */
void timer_reset(uint64_t count, uint64_t unused)
{
    hb_timer timer;
    (void)unused;
    hb_timer_init(&timer, hb_time_add(hb_now(), 3600 * HB_SECOND), 0);
    for (uint64_t i = 0; i < count; i++) {
        bool was_armed = hb_timer_reset(&timer, hb_time_add(hb_now(), 3600 * HB_SECOND), 0);
        bench_expect(was_armed ? HB_OK : HB_TIMEOUT, HB_OK);
    }
}
