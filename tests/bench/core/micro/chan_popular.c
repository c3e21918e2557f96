#include <stdlib.h>

#include "scenarios.h"

typedef struct fan {
    uint64_t each;
    hb_chan *common; /* never ready, in everybody's select */
    hb_chan *own;
} fan;

static void *listen(void *arg)
{
    fan *f = arg;
    hb_case cases[] = { bench_case(hb_chan_source(f->common), HB_RECV),
                        bench_case(hb_chan_source(f->own), HB_RECV) };
    uint64_t value;
    for (uint64_t i = 0; i < f->each; i++)
        bench_select(cases, 2, &value);
    return NULL;
}

/* Many threads select over one common channel and one of their own; one
 * operation sends on each of the own ones. */
void chan_popular(uint64_t count, uint64_t threads)
{
    bench_team team = { .n = 0 };
    hb_chan *common = bench_chan(0);
    fan *fans = calloc(threads, sizeof *fans);
    for (uint64_t t = 0; t < threads; t++) {
        fans[t] = (fan){ count, common, bench_chan(0) };
        bench_start(&team, 1, listen, &fans[t]);
    }
    for (uint64_t i = 0; i < count; i++)
        for (uint64_t t = 0; t < threads; t++)
            bench_send(fans[t].own, i);
    bench_join(&team);
    for (uint64_t t = 0; t < threads; t++)
        hb_chan_unref(fans[t].own);
    hb_chan_unref(common);
    free(fans);
}
