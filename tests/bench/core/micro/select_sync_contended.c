#include "scenarios.h"

#define CHANS 3u

typedef struct meeting {
    uint64_t each;
    hb_chan *chans[CHANS];
    hb_chan *done;
} meeting;

/* Sends on whichever channel goes, until done closes. */
static void *sender(void *arg)
{
    meeting *m = arg;
    hb_case cases[CHANS + 1];
    hb_select select;
    hb_status status;
    for (uint32_t c = 0; c < CHANS; c++)
        cases[c] = bench_case(hb_chan_source(m->chans[c]), HB_SEND);
    cases[CHANS] = bench_case(hb_chan_source(m->done), HB_RECV);
    do {
        bench_expect(hb_select_init(&select, cases, CHANS + 1, false), HB_OK);
        status = hb_select_run(&select, HB_FOREVER);
        hb_select_fini(&select);
    } while (status == HB_OK);
    return NULL;
}

static void *receiver(void *arg)
{
    meeting *m = arg;
    hb_case cases[CHANS];
    uint64_t value;
    for (uint32_t c = 0; c < CHANS; c++)
        cases[c] = bench_case(hb_chan_source(m->chans[c]), HB_RECV);
    for (uint64_t i = 0; i < m->each; i++)
        bench_select(cases, CHANS, &value);
    return NULL;
}

/* Threads that select over three sends meet threads that select over three
 * receives, all without a buffer. */
void select_sync_contended(uint64_t count, uint64_t unused)
{
    bench_team team = { .n = 0 };
    uint32_t pairs = bench_processors();
    meeting m = { .each = count / pairs, .done = bench_chan(0) };
    (void)unused;
    for (uint32_t c = 0; c < CHANS; c++)
        m.chans[c] = bench_chan(0);
    bench_start(&team, pairs, sender, &m);
    bench_parallel(receiver, &m);
    bench_expect(hb_chan_close(m.done, (hb_word){ .i64 = 0 }), HB_OK);
    bench_join(&team);
    for (uint32_t c = 0; c < CHANS; c++)
        hb_chan_unref(m.chans[c]);
    hb_chan_unref(m.done);
}
