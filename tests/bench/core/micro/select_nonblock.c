#include "scenarios.h"

typedef struct four {
    uint64_t each;
    hb_chan *empty, *absent, *source, *sink;
} four;

static void *poll(void *arg)
{
    four *f = arg;
    hb_word word = { .i64 = 0 };
    for (uint64_t i = 0; i < f->each; i++) {
        (void)hb_chan_try_recv(f->empty, &word);
        (void)hb_chan_try_send(f->absent, word);
        (void)hb_chan_try_recv(f->source, &word);
        (void)hb_chan_try_send(f->sink, word);
    }
    return NULL;
}

/* One operation polls four channels that nobody serves: two without a buffer,
 * two with, a receive and a send each. */
void select_nonblock(uint64_t count, uint64_t unused)
{
    four f = { count / bench_processors(), bench_chan(0), bench_chan(0), bench_chan(1),
               bench_chan(1) };
    (void)unused;
    bench_parallel(poll, &f);
    hb_chan_unref(f.empty);
    hb_chan_unref(f.absent);
    hb_chan_unref(f.source);
    hb_chan_unref(f.sink);
}
