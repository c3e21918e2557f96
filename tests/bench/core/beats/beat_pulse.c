#include "hb_beat.h"
#include "scenarios.h"

/* One thread pulses; nobody listens. */
void beat_pulse(uint64_t count, uint64_t unused)
{
    hb_beat *beat = hb_beat_open(NULL);
    (void)unused;
    for (uint64_t i = 0; i < count; i++)
        bench_expect(hb_beat_pulse(beat), HB_OK);
    hb_beat_unref(beat);
}
