/* The explorer explored: small primitives with well-known bugs, which it must
 * find, beside the same ones without, in which it must find nothing. */
#include "explore.h"

static hb_atomic_u32 word, other, counter;

static void begin(void)
{
    hb_store_relaxed(&word, 0);
    hb_store_relaxed(&other, 0);
    hb_store_relaxed(&counter, 0);
}

static void end(void)
{
}

/* ---- a lock that sleeps: 0 free, 1 held, 2 held and perhaps somebody sleeps ---- */

static int inside; /* the lock's */

static void acquire(void)
{
    uint32_t seen = 0;
    if (hb_cas(&word, &seen, 1))
        return;
    while (hb_exchange(&word, 2) != 0)
        hb_platform_park(&word, 2, INT64_MAX);
}

static void release(void)
{
    if (hb_exchange(&word, 0) == 2)
        hb_platform_unpark(&word);
}

/* Who comes to sleep between the look and the store is forgotten. */
static void release_forgetfully(void)
{
    bool sleepers = hb_load_acquire(&word) == 2;
    hb_store_release(&word, 0);
    if (sleepers)
        hb_platform_unpark(&word);
}

/* Whoever was woken takes it as if nobody else slept. */
static void acquire_forgetfully(void)
{
    uint32_t seen = 0;
    while (!hb_cas(&word, &seen, 1)) {
        if (seen == 2 || hb_cas(&word, &seen, 2))
            hb_platform_park(&word, 2, INT64_MAX);
        seen = 0;
    }
}

static void use(void (*take)(void), void (*give)(void))
{
    take();
    CHECK_EQ(inside++, 0);
    hb_fetch_add(&counter, 1);
    CHECK_EQ(--inside, 0);
    give();
}

static void use_well(void)
{
    use(acquire, release);
}

static void use_with_forgetful_release(void)
{
    use(acquire, release_forgetfully);
}

static void use_with_forgetful_acquire(void)
{
    use(acquire_forgetfully, release);
}

static void take_without_looking_again(void)
{
    if (hb_load_acquire(&word) == 0) {
        hb_store_release(&word, 1);
        return;
    }
    while (hb_exchange(&word, 2) != 0)
        hb_platform_park(&word, 2, INT64_MAX);
}

static void use_without_looking_again(void)
{
    use(take_without_looking_again, release);
}

static void end_used(void)
{
    CHECK_EQ(hb_load_relaxed(&counter), 3);
}

/* ---- a flag to wait for ---- */

static void wait_for_flag(void)
{
    while (hb_load_acquire(&word) == 0)
        hb_platform_park(&word, 0, INT64_MAX);
}

static void raise_flag(void)
{
    hb_store_release(&word, 1);
    hb_platform_unpark(&word);
}

/* `other` tells that somebody sleeps, but is set after the look at the flag. */
static void wait_and_say_so_too_late(void)
{
    if (hb_load_acquire(&word) == 0) {
        hb_store_release(&other, 1);
        hb_platform_park(&other, 1, INT64_MAX);
    }
}

static void raise_flag_for_who_said_so(void)
{
    hb_store_release(&word, 1);
    if (hb_exchange(&other, 0) == 1)
        hb_platform_unpark(&other);
}

/* ---- counting ---- */

static void count(void)
{
    hb_fetch_add(&counter, 1);
}

static void count_in_two_steps(void)
{
    uint32_t seen = hb_load_acquire(&counter);
    hb_store_release(&counter, seen + 1);
}

static void end_counted(void)
{
    CHECK_EQ(hb_load_relaxed(&counter), 2);
}

/* ---- two locks ---- */

static hb_lock left, right;

static void begin_locks(void)
{
    hb_lock_init(&left);
    hb_lock_init(&right);
}

static void lock_both(hb_lock *first, hb_lock *second)
{
    hb_lock_acquire(first);
    hb_lock_acquire(second);
    hb_lock_release(second);
    hb_lock_release(first);
}

static void left_then_right(void)
{
    lock_both(&left, &right);
}

static void right_then_left(void)
{
    lock_both(&right, &left);
}

/* ---- memory ---- */

static hb_atomic_u32 *box;

static void begin_box(void)
{
    begin();
    box = malloc(sizeof *box);
    hb_store_relaxed(box, 0);
}

static void open_box_and_burn_it(void)
{
    while (hb_load_acquire(box) == 0)
        hb_platform_park(box, 0, INT64_MAX);
    free(box);
}

/* An unpark uses the address only, so the box may burn before. */
static void fill_box(void)
{
    hb_atomic_u32 *filled = box;
    hb_store_release(filled, 1);
    hb_platform_unpark(filled);
}

#ifdef __SANITIZE_ADDRESS__
static void fill_box_and_look_again(void)
{
    hb_store_release(box, 1);
    if (hb_load_acquire(box) == 1)
        hb_platform_unpark(box);
}
#endif

/* ---- time ---- */

static void sleep_soon(void)
{
    int64_t deadline = hb_platform_now() + 5;
    hb_status status = HB_OK;
    while (hb_load_acquire(&word) == 0 && status != HB_TIMEOUT)
        status = hb_platform_park(&word, 0, deadline);
    CHECK(status != HB_TIMEOUT || hb_platform_now() >= deadline);
    hb_store_relaxed(&other, status == HB_TIMEOUT ? 1 : 2);
}

/* A deadline can pass although the flag comes: both ends must be seen. */
static void end_in_time(void)
{
    CHECK_EQ(hb_load_relaxed(&other), 2);
}

static void end_too_late(void)
{
    CHECK_EQ(hb_load_relaxed(&other), 1);
}

static const explore_scenario scenarios[] = {
    { .name = "a_sound_lock", .begin = begin, .threads = { use_well, use_well, use_well },
      .end = end_used },
    { .name = "finds_a_release_that_forgets_a_sleeper", .begin = begin, .end = end_used,
      .threads = { use_with_forgetful_release, use_with_forgetful_release,
                   use_with_forgetful_release }, .broken = true },
    { .name = "finds_an_acquire_that_forgets_a_sleeper", .begin = begin, .end = end_used,
      .threads = { use_with_forgetful_acquire, use_with_forgetful_acquire,
                   use_with_forgetful_acquire }, .broken = true },
    { .name = "finds_two_in_a_lock", .begin = begin, .end = end_used,
      .threads = { use_without_looking_again, use_without_looking_again,
                   use_without_looking_again }, .broken = true },
    { .name = "a_sound_flag", .begin = begin, .threads = { wait_for_flag, raise_flag }, .end = end },
    { .name = "finds_a_lost_wake", .begin = begin, .end = end,
      .threads = { wait_and_say_so_too_late, raise_flag_for_who_said_so }, .broken = true },
    { .name = "sound_counting", .begin = begin, .threads = { count, count }, .end = end_counted },
    { .name = "finds_a_lost_count", .begin = begin, .end = end_counted,
      .threads = { count_in_two_steps, count_in_two_steps }, .broken = true },
    { .name = "locks_in_one_order", .begin = begin_locks, .end = end,
      .threads = { left_then_right, left_then_right } },
    { .name = "finds_locks_in_two_orders", .begin = begin_locks, .end = end,
      .threads = { left_then_right, right_then_left }, .broken = true },
    { .name = "an_unpark_of_what_is_gone", .begin = begin_box, .end = end,
      .threads = { open_box_and_burn_it, fill_box } },
#ifdef __SANITIZE_ADDRESS__
    { .name = "finds_a_look_at_what_is_gone", .begin = begin_box, .end = end,
      .threads = { open_box_and_burn_it, fill_box_and_look_again }, .broken = true },
#endif
    { .name = "finds_that_a_deadline_can_pass", .begin = begin, .end = end_in_time,
      .threads = { sleep_soon, raise_flag }, .broken = true },
    { .name = "finds_that_a_deadline_can_be_met", .begin = begin, .end = end_too_late,
      .threads = { sleep_soon, raise_flag }, .broken = true },
};

int main(int argc, char **argv)
{
    return explore_main(argc, argv, scenarios, sizeof scenarios / sizeof *scenarios);
}
