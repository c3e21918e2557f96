#include "hb_pulses.h"
#include "scenarios.h"

typedef struct pair {
    hb_beat *there, *back;
    uint64_t count;
} pair;

static void receive(hb_beat *beat)
{
    uint64_t instant;
    hb_case one = bench_case(&hb_beat_pulses(beat, true)->source, HB_RECV);
    bench_select(&one, 1, &instant);
}

static void *answer(void *arg)
{
    pair *p = arg;
    for (uint64_t i = 0; i < p->count; i++) {
        receive(p->there);
        bench_expect(hb_beat_pulse(p->back), HB_OK);
    }
    return NULL;
}

/* A pulse to a thread that waits for it, and one back. */
void beat_ping_pong(uint64_t count, uint64_t unused)
{
    bench_team team = { .n = 0 };
    pair p = { hb_beat_open(NULL), hb_beat_open(NULL), count };
    (void)unused;
    bench_start(&team, 1, answer, &p);
    for (uint64_t i = 0; i < count; i++) {
        bench_expect(hb_beat_pulse(p.there), HB_OK);
        receive(p.back);
    }
    bench_join(&team);
    hb_beat_unref(p.there);
    hb_beat_unref(p.back);
}
