/* check.h - what a C test of the core needs, and no more.
 *
 * A test program is one file:
 *
 *     #include "check.h"
 *     #include "hb_time.h"
 *
 *     static void adding_nothing_changes_nothing(void)
 *     {
 *         CHECK_EQ(hb_time_add(7, 0), 7);
 *     }
 *
 *     int main(void)
 *     {
 *         RUN(adding_nothing_changes_nothing);
 *         return check_exit_code();
 *     }
 *
 * Each RUN prints one line, `ok name` or `FAIL name`; run.sh counts them. A check that fails is
 * reported and the test goes on, so that one run shows every broken expectation. Checks may be made
 * from any thread. A test that hangs is ended, by name, after CHECK_TIME_LIMIT seconds.
 */
#ifndef CHECK_H
#define CHECK_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK_TIME_LIMIT 120u

static atomic_int check_failures;     /* failed checks of the test that runs now */
static int check_failed_tests;        /* written by main's thread only */
static const char *check_test_name;   /* written before the alarm is set, read by its handler */

static inline void check_fail(const char *file, int line, const char *what)
{
    atomic_fetch_add(&check_failures, 1);
    printf("%s:%d: %s\n", file, line, what);
    fflush(stdout);
}

static inline void check_equal(const char *file, int line, const char *what,
                               long long got, long long wanted)
{
    char text[512];

    if (got == wanted)
        return;
    snprintf(text, sizeof text, "%s: %lld, not %lld", what, got, wanted);
    check_fail(file, line, text);
}

/* The condition holds. */
#define CHECK(condition) \
    ((condition) ? (void)0 : check_fail(__FILE__, __LINE__, "not so: " #condition))

/* Two integers or two pointers are equal; for a double use CHECK. */
#define CHECK_EQ(got, wanted) \
    check_equal(__FILE__, __LINE__, #got, (long long)(got), (long long)(wanted))

static inline void check_timed_out(int signum)
{
    static const char text[] = " took too long\n";

    (void)signum;
    (void)!write(STDOUT_FILENO, "FAIL ", 5);
    (void)!write(STDOUT_FILENO, check_test_name, strlen(check_test_name));
    (void)!write(STDOUT_FILENO, text, sizeof text - 1);
    _exit(1);
}

static inline void check_run(const char *name, void (*test)(void))
{
    check_test_name = name;
    atomic_store(&check_failures, 0);
    signal(SIGALRM, check_timed_out);
    alarm(CHECK_TIME_LIMIT);
    test();
    alarm(0);
    check_failed_tests += atomic_load(&check_failures) != 0;
    printf("%s %s\n", atomic_load(&check_failures) ? "FAIL" : "ok", name);
    fflush(stdout);
}

/* Runs one test function: void test(void). */
#define RUN(test) check_run(#test, test)

/* What main returns: 0 when every test passed. */
static inline int check_exit_code(void)
{
    return check_failed_tests != 0;
}

/* Starts a thread that runs entry(arg); every thread started must be joined by check_join. */
static inline pthread_t check_spawn(void *(*entry)(void *), void *arg)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, entry, arg) != 0) {
        perror("pthread_create");
        abort();
    }
    return thread;
}

/* Waits for the thread's end and returns what its entry function returned. */
static inline void *check_join(pthread_t thread)
{
    void *result = NULL;

    CHECK_EQ(pthread_join(thread, &result), 0);
    return result;
}

#endif
