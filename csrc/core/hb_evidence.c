#include "hb_evidence.h"

#include <stdio.h>
#include <string.h>

static hb_atomic_u64 interpreter_begin, interpreter_end;

void hb_evidence_set_interpreter(uintptr_t begin, uintptr_t end)
{
    hb_store_relaxed(&interpreter_begin, begin);
    hb_store_relaxed(&interpreter_end, end);
}

/* ---- one look ---- */

/* Who waits for the interpreter lock wakes every few milliseconds to ask for it: found awake, it is looked at
 * again. */
#define LOOKS 3

static bool waits_for_interpreter(const hb_thread_view *view)
{
    uint64_t begin = hb_load_relaxed(&interpreter_begin), end = hb_load_relaxed(&interpreter_end);
    if (begin == end || view->state != HB_THREAD_RUNS)
        return false;
    for (int i = 0; i < LOOKS; i++) {
        uintptr_t word = hb_platform_sleeps_on(view->system_id);
        if (word != 0)
            return word >= begin && word < end;
        hb_platform_yield();
    }
    return false;
}

static void describe(const hb_thread_view *view, hb_time now, char *words, size_t size)
{
    if (view->state == HB_THREAD_GONE) {
        snprintf(words, size, "its thread has ended");
        return;
    }
    int written = snprintf(words, size, "thread '%s' (%d): ", view->name, (int)view->system_id);
    size_t at = written > 0 ? (size_t)written : 0;
    if (at < size)
        hb_thread_describe(view, now, words + at, size - at);
}

void hb_evidence_take(hb_evidence *evidence, uint32_t thread, char *words, size_t size)
{
    hb_thread_view view;
    hb_thread_look(thread, &view);
    if (waits_for_interpreter(&view))
        view.state = HB_THREAD_ATTACHES;
    *evidence = (hb_evidence){
        .at = hb_now(), .thread = thread, .system_id = view.system_id, .state = view.state,
        .since = view.since, .cpu = -1,
    };
    if (view.state != HB_THREAD_GONE && !hb_here_bubble())
        evidence->cpu = hb_platform_cpu_time(view.cpu_clock);
    memcpy(evidence->name, view.name, sizeof evidence->name);
    if (words)
        describe(&view, evidence->at, words, size);
}

/* ---- two looks ---- */

static bool cpu_is_known(const hb_evidence *first, const hb_evidence *second)
{
    return first->at && first->thread == second->thread && first->cpu >= 0 && second->cpu >= 0;
}

static bool has_computed(const hb_evidence *first, const hb_evidence *second)
{
    hb_time between = second->at - first->at;
    return between > 0 && cpu_is_known(first, second) && 2 * (second->cpu - first->cpu) >= between;
}

/* The same wait at both looks. Without a first look there is nothing to contradict the second. */
static bool is_the_same(const hb_evidence *first, const hb_evidence *second)
{
    if (!first->at)
        return true;
    if (first->thread != second->thread || first->state != second->state)
        return false;
    return second->since == 0 || second->since <= first->at;
}

/* A thread that computes is found waiting for the interpreter lock now and then, where others
 * compute as well: that is no starvation, and its clock tells. */
hb_cause hb_evidence_cause(const hb_evidence *first, const hb_evidence *second)
{
    bool computed = has_computed(first, second);
    switch (second->state) {
    case HB_THREAD_WAITS:
        return is_the_same(first, second) && !computed ? HB_CAUSE_BLOCKED : HB_CAUSE_MISSED;
    case HB_THREAD_ATTACHES:
        if (computed)
            return HB_CAUSE_BUSY;
        return is_the_same(first, second) ? HB_CAUSE_STARVED : HB_CAUSE_MISSED;
    case HB_THREAD_RUNS:
        return computed ? HB_CAUSE_BUSY : HB_CAUSE_MISSED;
    case HB_THREAD_GONE:
        break;
    }
    return HB_CAUSE_MISSED;
}

void hb_evidence_compare(const hb_evidence *first, const hb_evidence *second, char *words, size_t size)
{
    if (second->state == HB_THREAD_GONE && first->name[0]) {
        snprintf(words, size, "thread '%s' (%d) has ended", first->name, (int)first->system_id);
        return;
    }
    size_t at = strlen(words);
    if (cpu_is_known(first, second) && at < size)
        snprintf(words + at, size - at, "; %.3f s of processor time in the last %.3f s",
                 (double)(second->cpu - first->cpu) / 1e9, (double)(second->at - first->at) / 1e9);
}
