/* M4 of hb_monitor.h: a monitor that is late itself blames nobody. The whole process is stopped for
 * longer than the timeout, and goes on. */
#include "monitoring.h"

#define STOPPED (10 * T)

/* A run in which the machine kept the beat silent without stopping the process shows nothing:
 * a silence was told that was one. */
enum { STARVED = 2, TRIES = 5 };

/* It takes its time to pulse again when it goes on. Whatever is told meanwhile would be wrong. */
static void pulse_once(void)
{
    hb_beat_pulse(beat);
    hb_time pulsed = hb_now();
    hb_health *told = event_of(monitor, hb_now() + T / 20);
    hb_time silent = hb_now() - pulsed;
    if (silent >= T && silent < STOPPED / 2)
        _exit(STARVED);
    CHECK(told == NULL);
    hb_health_unref(told);
    if (silent > STOPPED / 2)
        expect_none_during(T / 2);
}

static void pulse_through_the_stop(void)
{
    hb_time until = hb_now() + 2 * STOPPED;
    begin(&plain_rule);
    while (hb_now() < until)
        pulse_once();
    hb_monitor_stats stats = stats_of(monitor);
    CHECK(stats.latest >= STOPPED / 2);
    CHECK(stats.doubts > 0);
    hb_beat_pulse(beat);
    expect_silence(); /* what was granted is used up */
    finish();
}

/* A process that does this, and ends with whether its checks failed. */
static pid_t start_process(void (*body)(void))
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(CHECK_TIME_LIMIT / 2);
        body();
        _exit(atomic_load(&check_failures) != 0);
    }
    return child;
}

static void stop_process(pid_t child, hb_time length)
{
    CHECK_EQ(kill(child, SIGSTOP), 0);
    pass_until(hb_now() + length);
    CHECK_EQ(kill(child, SIGCONT), 0);
}

/* How a process ended that pulsed, was stopped, and pulsed on. */
static int stop_a_process(void)
{
    int ended = 0;
    pid_t child = start_process(pulse_through_the_stop);
    pass_until(hb_now() + STOPPED / 4);
    stop_process(child, STOPPED);
    CHECK_EQ(waitpid(child, &ended, 0), child);
    return WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
}

static void a_stopped_process_is_not_silence(void)
{
    int ended = STARVED;
    for (int tries = 0; ended == STARVED && tries < TRIES; tries++)
        ended = stop_a_process();
    CHECK_EQ(ended, 0);
}

/* ---- again and again ---- */

enum { STOPS = 5 };
#define PATIENCE (4 * T) /* what a stop is followed by may take its time on a busy machine */

static const hb_rule patient_rule = { .timeout = PATIENCE, .misses = 1, .progress = HB_FOREVER };

/* Each stop is forgotten with the pulses that follow it; the next look finds one again. */
static void pulse_through_stops(void)
{
    hb_time until = hb_now() + (STOPS + 1) * 3 * PATIENCE;
    begin(&patient_rule);
    while (hb_now() < until) {
        hb_time pulsed = hb_now();
        hb_beat_pulse(beat);
        expect_none_during(T / 20);
        if (hb_now() - pulsed > PATIENCE)
            expect_none_during(PATIENCE / 8);
    }
    CHECK(stats_of(monitor).doubts >= STOPS);
    finish();
}

static void every_stop_is_doubted_anew(void)
{
    int ended = 0;
    pid_t child = start_process(pulse_through_stops);
    for (int i = 0; i < STOPS; i++) {
        pass_until(hb_now() + PATIENCE);
        stop_process(child, 2 * PATIENCE);
    }
    CHECK_EQ(waitpid(child, &ended, 0), child);
    CHECK_EQ(ended, 0);
}

int main(void)
{
    RUN(a_stopped_process_is_not_silence);
    RUN(every_stop_is_doubted_anew);
    return check_exit_code();
}
