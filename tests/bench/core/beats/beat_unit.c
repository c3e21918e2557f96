#include "hb_unit.h"
#include "scenarios.h"

/* One thread begins and finishes units of work. */
void beat_unit(uint64_t count, uint64_t unused)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_unit unit;
    (void)unused;
    for (uint64_t i = 0; i < count; i++) {
        bench_expect(hb_unit_begin(beat, &unit, "unit", HB_FOREVER, true), HB_OK);
        hb_unit_finish(beat, &unit);
    }
    hb_beat_unref(beat);
}
