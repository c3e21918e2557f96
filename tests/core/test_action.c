/* What a monitor does when a beat turns unhealthy; and writing that never waits. */
#include <fcntl.h>
#include <limits.h>

#include "monitoring.h"

static int pipe_ends[2];

static void open_pipe(void)
{
    CHECK_EQ(pipe(pipe_ends), 0);
}

static void close_pipe(void)
{
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

/* What can be read without waiting, as text. */
static size_t drain(char *text, size_t size)
{
    size_t n = 0;
    ssize_t read_now;
    fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK);
    while (n < size - 1 && (read_now = read(pipe_ends[0], text + n, size - 1 - n)) > 0)
        n += (size_t)read_now;
    text[n] = '\0';
    return n;
}

/* A beat that is silent from the start, on a monitor with an action. */
static void begin_acting(hb_action_kind kind, int number, const char *bytes)
{
    monitor = hb_monitor_new("test");
    beat = hb_beat_open("beat");
    CHECK_EQ(hb_monitor_act(monitor, kind, number, bytes, bytes ? strlen(bytes) : 0), HB_OK);
    CHECK_EQ(hb_monitor_watch(monitor, beat, &plain_rule), HB_OK);
    CHECK_EQ(hb_monitor_start(monitor), HB_OK);
}

/* ---- notify and dump ---- */

static void bytes_are_written_once_a_silence_in_order(void)
{
    char text[100];
    open_pipe();
    begin_acting(HB_ACT_NOTIFY, pipe_ends[1], "one,");
    CHECK_EQ(hb_monitor_act(monitor, HB_ACT_NOTIFY, pipe_ends[1], "two;", 4), HB_OK);
    for (int i = 0; i < 2; i++) {
        expect_silence();
        hb_beat_pulse(beat);
        expect_event(true, HB_CAUSE_NONE);
    }
    hb_monitor_close(monitor);
    drain(text, sizeof text);
    CHECK(strncmp(text, "one,two;one,two;", 16) == 0);
    finish();
    close_pipe();
}

static size_t write_a_stack(int32_t thread_number, char *text, size_t size)
{
    (void)size;
    return (size_t)sprintf(text, "stack of %d\n", thread_number > 0);
}

static void a_dump_tells_of_threads_beats_and_the_stack(void)
{
    static char text[1 << 16];
    hb_unit unit;
    open_pipe();
    hb_monitor_set_stack(write_a_stack);
    begin_acting(HB_ACT_DUMP, pipe_ends[1], NULL);
    hb_monitor_want_stack(monitor, true);
    hb_unit_begin(beat, &unit, "loading", HB_FOREVER, true);
    hb_health *health = next_event();
    CHECK(strcmp(health->stack, "stack of 1\n") == 0);
    CHECK(strcmp(health->unit, "loading") == 0);
    hb_health_unref(health);
    drain(text, sizeof text);
    CHECK(strstr(text, "threads:\n") == text);
    CHECK(strstr(text, "): ") != NULL);
    CHECK(strstr(text, "'beat' of ") != NULL);
    CHECK(strstr(text, "in unit 'loading' for ") != NULL);
    CHECK(strstr(text, "stack of the thread of beat 'beat':\nstack of 1\n") != NULL);
    hb_monitor_set_stack(NULL);
    hb_unit_finish(beat, &unit);
    finish();
    close_pipe();
}

static void nobody_asked_for_the_stack(void)
{
    hb_monitor_set_stack(write_a_stack);
    begin(&plain_rule);
    hb_health *health = next_event();
    CHECK(health->stack == NULL);
    hb_health_unref(health);
    hb_monitor_set_stack(NULL);
    finish();
}

/* ---- who does not read ---- */

static void what_a_full_pipe_does_not_take_is_counted(void)
{
    static char bytes[1 << 20];
    open_pipe();
    memset(bytes, 'x', sizeof bytes);
    size_t lost = hb_write_now(pipe_ends[1], bytes, sizeof bytes);
    CHECK(lost > 0);
    CHECK(lost < sizeof bytes);
    CHECK_EQ(hb_write_now(pipe_ends[1], bytes, PIPE_BUF), PIPE_BUF);
    uint64_t before;
    begin_acting(HB_ACT_NOTIFY, pipe_ends[1], "nobody reads");
    before = stats_of(monitor).unwritten;
    expect_silence();
    CHECK_EQ(stats_of(monitor).unwritten, before + strlen("nobody reads"));
    CHECK(hb_dump(pipe_ends[1]) > 0);
    finish();
    close_pipe();
}

static void nowhere_to_write_is_no_harm(void)
{
    open_pipe();
    close_pipe();
    CHECK_EQ(hb_write_now(pipe_ends[1], "x", 1), 1);
    CHECK_EQ(hb_write_now(-1, "x", 1), 1);
}

/* ---- signals and ends ---- */

static atomic_int signals;

static void count_signal(int signum)
{
    (void)signum;
    atomic_fetch_add(&signals, 1);
}

static void a_signal_goes_to_the_process(void)
{
    signal(SIGUSR2, count_signal);
    begin_acting(HB_ACT_SIGNAL, SIGUSR2, NULL);
    expect_silence();
    while (atomic_load(&signals) == 0)
        pass_until(in_ms(1));
    CHECK_EQ(atomic_load(&signals), 1);
    finish();
    signal(SIGUSR2, SIG_DFL);
}

#ifndef __SANITIZE_THREAD__
/* How a child process ends whose beat is silent. */
static int end_of_child(hb_action_kind kind, int number)
{
    int ended = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        begin_acting(kind, number, NULL);
        pass_until(hb_now() + LONG_ENOUGH);
        _exit(99);
    }
    CHECK_EQ(waitpid(child, &ended, 0), child);
    return ended;
}

static void it_can_end_the_process(void)
{
    int ended = end_of_child(HB_ACT_EXIT, 7);
    CHECK(WIFEXITED(ended));
    CHECK_EQ(WEXITSTATUS(ended), 7);
    ended = end_of_child(HB_ACT_ABORT, 0);
    CHECK(WIFSIGNALED(ended));
    CHECK_EQ(WTERMSIG(ended), SIGABRT);
}
#endif

int main(void)
{
    RUN(bytes_are_written_once_a_silence_in_order);
    RUN(a_dump_tells_of_threads_beats_and_the_stack);
    RUN(nobody_asked_for_the_stack);
    RUN(what_a_full_pipe_does_not_take_is_counted);
    RUN(nowhere_to_write_is_no_harm);
    RUN(a_signal_goes_to_the_process);
#ifndef __SANITIZE_THREAD__ /* it cannot follow threads that a child starts */
    RUN(it_can_end_the_process);
#endif
    return check_exit_code();
}
