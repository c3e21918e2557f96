/* hb_bubble_adopt: threads the engine did not start, which may end without a word. */
#include "bubbles.h"

#include <pthread.h>

static void nobody_is_adopted_before_the_host_or_after_the_end(void)
{
    bubble = hb_bubble_new(0, 1, NULL);
    CHECK_EQ(hb_bubble_adopt(bubble, false), HB_MISUSED);
    CHECK_EQ(hb_bubble_here(), NULL);
    CHECK_EQ(hb_bubble_join(bubble, false), HB_OK);
    CHECK_EQ(hb_bubble_adopt(bubble, false), HB_MISUSED);
    hb_bubble_ref(bubble);
    leave_bubble();
    CHECK_EQ(hb_bubble_adopt(bubble, false), HB_MISUSED);
    hb_bubble_unref(bubble);
}

static void *adopt_and_end(void *adopted)
{
    CHECK_EQ(hb_bubble_adopt(bubble, false), HB_OK);
    CHECK_EQ(hb_bubble_here(), bubble);
    CHECK_EQ(hb_chan_send(adopted, num(1), HB_FOREVER), HB_OK);
    return NULL;
}

/* The channel belongs to the bubble, so only who takes part can send on it. */
static void a_thread_that_ends_leaves(void)
{
    pthread_t thread;
    hb_word word;
    enter_bubble(NULL);
    hb_chan *adopted = hb_chan_new(1, NULL);
    pthread_create(&thread, NULL, adopt_and_end, adopted);
    pthread_join(thread, NULL);
    CHECK_EQ(hb_bubble_participants(bubble, NULL, 0), 1);
    CHECK_EQ(hb_chan_recv(adopted, &word, HB_FOREVER), HB_OK);
    CHECK_EQ(word.i64, 1);
    leave_bubble();
    hb_chan_unref(adopted);
}

static void *adopt_twice(void *unused)
{
    (void)unused;
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(hb_bubble_adopt(bubble, false), HB_OK);
        CHECK_EQ(hb_now(), 0);
        hb_bubble_leave();
        CHECK_EQ(hb_bubble_here(), NULL);
    }
    return NULL;
}

static void a_thread_that_has_left_can_be_adopted_anew(void)
{
    pthread_t thread;
    enter_bubble(NULL);
    pthread_create(&thread, NULL, adopt_twice, NULL);
    pthread_join(thread, NULL);
    CHECK_EQ(hb_bubble_participants(bubble, NULL, 0), 1);
    leave_bubble();
}

static void only_a_bubble_that_is_patched_is_found_so(void)
{
    enter_bubble(NULL);
    CHECK_EQ(hb_bubble_patched_here(), NULL);
    hb_bubble_patch(bubble);
    CHECK_EQ(hb_bubble_patched_here(), bubble);
    leave_bubble();
    CHECK_EQ(hb_bubble_patched_here(), NULL);
}

static void how_far_the_clock_has_gone_does_not_count_its_start(void)
{
    bubble = hb_bubble_new(7 * SECOND, 1, NULL);
    CHECK_EQ(hb_bubble_join(bubble, false), HB_OK);
    CHECK_EQ(hb_bubble_elapsed(bubble), 0);
    CHECK_EQ(hb_wait_sleep(9 * SECOND), HB_TIMEOUT);
    CHECK_EQ(hb_bubble_elapsed(bubble), 2 * SECOND);
    leave_bubble();
}

int main(void)
{
    RUN(nobody_is_adopted_before_the_host_or_after_the_end);
    RUN(a_thread_that_ends_leaves);
    RUN(a_thread_that_has_left_can_be_adopted_anew);
    RUN(only_a_bubble_that_is_patched_is_found_so);
    RUN(how_far_the_clock_has_gone_does_not_count_its_start);
    return check_exit_code();
}
