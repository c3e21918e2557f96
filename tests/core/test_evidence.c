/* hb_evidence: what two looks at a thread prove, made up and real. */
#include "hb_evidence.h"
#include "hb_pulses.h"
#include "hb_worker.h"
#include "monitoring.h"

/* ---- made up ---- */

static hb_evidence seen(hb_time at, hb_thread_state state, hb_time since, hb_time cpu)
{
    return (hb_evidence){ .at = at, .thread = 7, .state = state, .since = since, .cpu = cpu };
}

static void check_cause(hb_evidence first, hb_evidence second, hb_cause cause)
{
    CHECK_EQ(hb_evidence_cause(&first, &second), cause);
}

static const hb_evidence nothing = { .at = 0 };

static void one_wait_at_both_looks_is_a_block(void)
{
    check_cause(seen(100, HB_THREAD_WAITS, 50, -1), seen(200, HB_THREAD_WAITS, 50, -1), HB_CAUSE_BLOCKED);
    check_cause(seen(100, HB_THREAD_WAITS, 0, 5), seen(200, HB_THREAD_WAITS, 0, 6), HB_CAUSE_BLOCKED);
    check_cause(nothing, seen(200, HB_THREAD_WAITS, 150, -1), HB_CAUSE_BLOCKED);
}

static void what_contradicts_itself_proves_nothing(void)
{
    check_cause(seen(100, HB_THREAD_WAITS, 50, -1), seen(200, HB_THREAD_WAITS, 150, -1), HB_CAUSE_MISSED);
    check_cause(seen(100, HB_THREAD_RUNS, 0, -1), seen(200, HB_THREAD_WAITS, 150, -1), HB_CAUSE_MISSED);
    check_cause(seen(100, HB_THREAD_WAITS, 0, 0), seen(200, HB_THREAD_WAITS, 0, 90), HB_CAUSE_MISSED);
    check_cause(seen(100, HB_THREAD_RUNS, 0, 0), seen(200, HB_THREAD_ATTACHES, 0, 10), HB_CAUSE_MISSED);
    hb_evidence other = seen(200, HB_THREAD_WAITS, 50, -1);
    other.thread = 8;
    check_cause(seen(100, HB_THREAD_WAITS, 50, -1), other, HB_CAUSE_MISSED);
}

static void waiting_for_the_interpreter_at_both_is_starvation(void)
{
    check_cause(seen(100, HB_THREAD_ATTACHES, 0, 0), seen(200, HB_THREAD_ATTACHES, 0, 10), HB_CAUSE_STARVED);
    check_cause(nothing, seen(200, HB_THREAD_ATTACHES, 0, -1), HB_CAUSE_STARVED);
}

static void half_of_the_time_on_a_processor_is_busy(void)
{
    check_cause(seen(100, HB_THREAD_RUNS, 0, 0), seen(200, HB_THREAD_RUNS, 0, 50), HB_CAUSE_BUSY);
    check_cause(seen(100, HB_THREAD_ATTACHES, 0, 0), seen(200, HB_THREAD_ATTACHES, 0, 50), HB_CAUSE_BUSY);
    check_cause(seen(100, HB_THREAD_RUNS, 0, 0), seen(200, HB_THREAD_RUNS, 0, 49), HB_CAUSE_MISSED);
    check_cause(seen(100, HB_THREAD_RUNS, 0, -1), seen(200, HB_THREAD_RUNS, 0, -1), HB_CAUSE_MISSED);
    check_cause(nothing, seen(200, HB_THREAD_RUNS, 0, 1000), HB_CAUSE_MISSED);
}

static void a_thread_that_is_gone_missed_its_pulse(void)
{
    char words[80] = "its thread has ended";
    hb_evidence first = seen(100, HB_THREAD_RUNS, 0, 0), second = seen(200, HB_THREAD_GONE, 0, -1);
    snprintf(first.name, sizeof first.name, "loader");
    first.system_id = 12;
    check_cause(first, second, HB_CAUSE_MISSED);
    hb_evidence_compare(&first, &second, words, sizeof words);
    CHECK(strcmp(words, "thread 'loader' (12) has ended") == 0);
}

/* ---- real ---- */

static hb_chan *gate;
static atomic_bool go_on;

static void pulse_and_receive(void *unused)
{
    hb_word word;
    (void)unused;
    hb_beat_pulse(beat);
    hb_chan_recv(gate, &word, HB_FOREVER);
}

static void pulse_and_compute(void *unused)
{
    (void)unused;
    hb_beat_pulse(beat);
    while (!atomic_load(&go_on))
        ;
}

static void pulse_once(void *unused)
{
    (void)unused;
    hb_beat_pulse(beat);
}

/* The verdict on a beat whose thread runs fn. */
static hb_health *verdict_on(hb_worker_fn *fn, hb_time timeout, hb_worker **worker)
{
    hb_word word;
    hb_rule rule = { .timeout = timeout, .grace = 20 * HB_SECOND, .misses = 1, .progress = HB_FOREVER };
    begin(&rule);
    hb_pulses *pulses = hb_beat_pulses(beat, true);
    hb_case pulsed = { &pulses->source, HB_RECV, num(0) };
    CHECK_EQ(hb_worker_start(worker, fn, NULL, "hb-silent"), HB_OK);
    while (hb_case_try(&pulsed, &word) != HB_OK)
        pass_until(in_ms(1));
    return next_event();
}

static void end_verdict(hb_health *health, hb_worker *worker)
{
    hb_word word;
    hb_health_unref(health);
    CHECK_EQ(hb_chan_recv(hb_worker_done(worker), &word, HB_FOREVER), HB_CLOSED);
    hb_worker_unref(worker);
    finish();
}

static void a_thread_that_waits_is_blocked_and_it_is_said_on_what(void)
{
    hb_worker *worker;
    gate = hb_chan_new(0, NULL);
    hb_source_set_name(hb_chan_source(gate), "gate");
    hb_health *health = verdict_on(pulse_and_receive, 3 * T, &worker);
    CHECK_EQ(health->cause, HB_CAUSE_BLOCKED);
    CHECK(strstr(health->where, "thread 'hb-silent'") != NULL);
    CHECK(strstr(health->where, "receive from channel 'gate'") != NULL);
    hb_chan_close(gate, num(0));
    end_verdict(health, worker);
    hb_chan_unref(gate);
}

/* Where a thread's processor time can be told, and it gets a processor. */
static void a_thread_that_computes_is_busy(void)
{
    hb_worker *worker;
    atomic_store(&go_on, false);
    hb_health *health = verdict_on(pulse_and_compute, 10 * T, &worker);
    hb_time cpu = hb_platform_cpu_time(hb_platform_cpu_clock());
    atomic_store(&go_on, true);
    CHECK(health->cause == HB_CAUSE_BUSY || health->cause == HB_CAUSE_MISSED);
    CHECK((strstr(health->where, "of processor time") != NULL) == (cpu >= 0));
    CHECK(cpu >= 0 || health->cause == HB_CAUSE_MISSED);
    end_verdict(health, worker);
}

static void a_thread_that_has_ended_is_said_to_have(void)
{
    hb_worker *worker;
    hb_health *health = verdict_on(pulse_once, T, &worker);
    CHECK_EQ(health->cause, HB_CAUSE_MISSED);
    CHECK(strstr(health->where, "has ended") != NULL);
    end_verdict(health, worker);
}

/* The word this thread's futex is at stands for the interpreter's. */
static hb_atomic_u32 interpreter_lock;

static void pulse_and_sleep_on_the_lock(void *unused)
{
    (void)unused;
    hb_beat_pulse(beat);
    while (hb_load_acquire(&interpreter_lock) == 0)
        hb_platform_park(&interpreter_lock, 0, HB_FOREVER);
}

static void a_thread_that_sleeps_on_the_interpreters_word_is_starved(void)
{
    hb_worker *worker;
    uintptr_t word = (uintptr_t)&interpreter_lock;
    hb_store_release(&interpreter_lock, 0);
    hb_monitor_set_interpreter(word, word + sizeof interpreter_lock);
    hb_health *health = verdict_on(pulse_and_sleep_on_the_lock, 3 * T, &worker);
    hb_monitor_set_interpreter(0, 0);
#if defined(__linux__) && !defined(HB_PLATFORM_POSIX)
    CHECK_EQ(health->cause, HB_CAUSE_STARVED);
    CHECK(strstr(health->where, "interpreter") != NULL);
#else
    CHECK_EQ(health->cause, HB_CAUSE_MISSED);
#endif
    hb_store_release(&interpreter_lock, 1);
    hb_platform_unpark(&interpreter_lock);
    end_verdict(health, worker);
}

/* ---- asked ---- */

static void a_check_says_what_is_so_now(void)
{
    static const hb_rule slow = { .timeout = 10 * T, .grace = 0, .misses = 1, .progress = HB_FOREVER };
    begin(&slow);
    hb_beat_pulse(beat);
    hb_health *health = hb_monitor_check(monitor, beat);
    CHECK(health->healthy);
    CHECK_EQ(health->cause, HB_CAUSE_NONE);
    hb_health_unref(health);
    await_status(HB_WATCH_UNHEALTHY);
    health = hb_monitor_check(monitor, beat);
    CHECK(!health->healthy);
    CHECK(health->silent_for >= 10 * T - MS);
    CHECK(strstr(health->where, "thread '") != NULL);
    hb_health_unref(health);
    finish();
}

int main(void)
{
    RUN(one_wait_at_both_looks_is_a_block);
    RUN(what_contradicts_itself_proves_nothing);
    RUN(waiting_for_the_interpreter_at_both_is_starvation);
    RUN(half_of_the_time_on_a_processor_is_busy);
    RUN(a_thread_that_is_gone_missed_its_pulse);
    RUN(a_thread_that_waits_is_blocked_and_it_is_said_on_what);
    RUN(a_thread_that_computes_is_busy);
    RUN(a_thread_that_has_ended_is_said_to_have);
    RUN(a_thread_that_sleeps_on_the_interpreters_word_is_starved);
    RUN(a_check_says_what_is_so_now);
    return check_exit_code();
}
