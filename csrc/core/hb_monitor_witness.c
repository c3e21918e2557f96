/* hb_monitor_witness: asking after the threads of silent beats, each once.
 *
 * A thread that hangs leaves all its beats silent at the same time. What was found out about
 * it, which may take a file of the system's or some tens of milliseconds of the interpreter's, is
 * good for all of them: evidence for a moment, a stack for the round. Only who looks around
 * comes here. In a bubble evidence is good for the round, at whose beginning all participants
 * sleep: what is done in it may wake some. */
#include <stdio.h>
#include <string.h>

#include "hb_monitor_impl.h"

#define EVIDENCE_LASTS (HB_SECOND / 1000)

hb_atomic_ptr hb__stack_of; /* hb_stack_fn */

static bool is_good(const hb_house *house, const hb_testimony *given)
{
    if (!given->evidence.at)
        return false;
    return house->bubble ? given->round == house->stats.rounds
                         : hb_platform_now() - given->evidence.at < EVIDENCE_LASTS;
}

void hb__ask_after(hb_house *house, uint32_t thread, hb_evidence *evidence, char words[HB_WHERE_SIZE])
{
    hb_testimony *given = &house->witnesses.kept[thread % HB_TESTIMONIES];
    if (given->evidence.thread != thread || !is_good(house, given)) {
        hb_evidence_take(&given->evidence, thread, given->words, sizeof given->words);
        given->round = house->stats.rounds;
    }
    *evidence = given->evidence;
    if (words)
        memcpy(words, given->words, sizeof given->words);
}

static void take_stack(hb_house *house, hb_stack_fn *fn, int32_t thread)
{
    hb_witnesses *witnesses = &house->witnesses;
    size_t n = fn(thread, witnesses->stack, sizeof witnesses->stack);
    witnesses->stack_size = n < sizeof witnesses->stack ? n : sizeof witnesses->stack - 1;
    witnesses->stack[witnesses->stack_size] = '\0';
    witnesses->stack_of = thread;
    witnesses->stack_round = house->stats.rounds;
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
    hb_house *house = monitor->house;
    hb_witnesses *witnesses = &house->witnesses;
    if (witnesses->stack_of != thread_number || witnesses->stack_round != house->stats.rounds)
        take_stack(house, fn, thread_number);
    return witnesses->stack_size ? witnesses->stack : NULL;
}

void hb__forget_witnesses(hb_house *house)
{
    memset(house->witnesses.kept, 0, sizeof house->witnesses.kept);
    house->witnesses.stack_of = 0;
}
