/* hb_monitor_witness: asking after the threads of silent beats, each once.
 *
 * A thread that hangs leaves all its beats silent at the same time. What was found out about
 * it, which may take a file of the system's or some tens of milliseconds of the interpreter's, is
 * good for all of them: evidence for a moment, a stack for the round. Only the monitors' thread
 * comes here. */
#include <stdio.h>
#include <string.h>

#include "hb_monitor_impl.h"

#define KEPT 16u
#define EVIDENCE_LASTS (HB_SECOND / 1000)
#define MOST_STACK ((size_t)16384)

hb_atomic_ptr hb__stack_of; /* hb_stack_fn */

typedef struct testimony {
    hb_evidence evidence;
    char words[HB_WHERE_SIZE];
} testimony;

static testimony kept[KEPT];

static struct {
    int32_t thread;  /* the system's number */
    uint64_t round;  /* of this thread's, in which it was taken: later it may be another */
    size_t size;     /* 0: there was none */
    char text[MOST_STACK];
} stack;

static bool is_recent(hb_time at, hb_time lasts)
{
    return at && hb_platform_now() - at < lasts;
}

void hb__ask_after(uint32_t thread, hb_evidence *evidence, char words[HB_WHERE_SIZE])
{
    testimony *given = &kept[thread % KEPT];
    if (given->evidence.thread != thread || !is_recent(given->evidence.at, EVIDENCE_LASTS))
        hb_evidence_take(&given->evidence, thread, given->words, sizeof given->words);
    *evidence = given->evidence;
    if (words)
        memcpy(words, given->words, sizeof given->words);
}

static void take_stack(hb_stack_fn *fn, int32_t thread)
{
    size_t n = fn(thread, stack.text, sizeof stack.text);
    stack.size = n < sizeof stack.text ? n : sizeof stack.text - 1;
    stack.text[stack.size] = '\0';
    stack.thread = thread;
    stack.round = hb__monitors.stats.rounds;
}

int32_t hb__find_culprit(hb_monitor *monitor, hb_cause cause, const hb_evidence *evidence,
                         char words[HB_WHERE_SIZE])
{
    if (cause != HB_CAUSE_STARVED || !monitor->culprit)
        return evidence->state == HB_THREAD_GONE ? 0 : evidence->system_id;
    size_t at = strlen(words);
    at += (size_t)snprintf(words + at, HB_WHERE_SIZE - at, "; ");
    return at < HB_WHERE_SIZE ? monitor->culprit(words + at, HB_WHERE_SIZE - at) : 0;
}

const char *hb__ask_for_stack(hb_monitor *monitor, int32_t thread_number)
{
    hb_stack_fn *fn;
    *(void **)&fn = hb_load_acquire(&hb__stack_of);
    if (!fn || !hb_load_relaxed(&monitor->want_stack) || thread_number == 0)
        return NULL;
    if (stack.thread != thread_number || stack.round != hb__monitors.stats.rounds)
        take_stack(fn, thread_number);
    return stack.size ? stack.text : NULL;
}

void hb__forget_witnesses(void)
{
    memset(kept, 0, sizeof kept);
    stack.thread = 0;
}
