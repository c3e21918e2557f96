/* hb_thread_words: what a thread does, as a line of text. */
#include "hb_thread.h"

#include <stdio.h>

static size_t advance(size_t at, int written, size_t size)
{
    size_t end = at + (written > 0 ? (size_t)written : 0);
    return end < size ? end : size - 1;
}

static size_t describe_case(const hb_view_case *c, char *text, size_t size)
{
    size_t at = advance(0, snprintf(text, size, "%s %s ", c->direction == HB_SEND ? "send to" : "receive from",
                                    c->kind), size);
    if (c->name[0])
        at = advance(at, snprintf(text + at, size - at, "'%s'", c->name), size);
    else
        at = advance(at, snprintf(text + at, size - at, "at %p", c->address), size);
    return advance(at, snprintf(text + at, size - at, " (%llu senders, %llu receivers wait)",
                                (unsigned long long)c->waiting_senders,
                                (unsigned long long)c->waiting_receivers), size);
}

static size_t describe_wait(const hb_thread_view *view, char *text, size_t size)
{
    size_t at = 0;
    if (view->cases == 0)
        return advance(0, snprintf(text, size, "sleep"), size);
    for (uint32_t i = 0; i < view->cases && i < HB_VIEW_CASES; i++) {
        if (i > 0)
            at = advance(at, snprintf(text + at, size - at, " or "), size);
        at += describe_case(&view->shown[i], text + at, size - at);
    }
    if (view->cases > HB_VIEW_CASES)
        at = advance(at, snprintf(text + at, size - at, " or %u more", view->cases - HB_VIEW_CASES), size);
    return at;
}

size_t hb_thread_describe(const hb_thread_view *view, hb_time now, char *text, size_t size)
{
    static const char *const states[] = { "runs", "", "waits for the interpreter lock", "has ended" };
    size_t at = view->state == HB_THREAD_WAITS
                    ? describe_wait(view, text, size)
                    : advance(0, snprintf(text, size, "%s", states[view->state]), size);
    if (view->bubble)
        at = advance(at, snprintf(text + at, size - at, ", for %.3f s of virtual time",
                                  (double)(view->now - view->since) / 1e9), size);
    else if (view->since > 0)
        at = advance(at, snprintf(text + at, size - at, ", for %.3f s", (double)(now - view->since) / 1e9), size);
    return at;
}
