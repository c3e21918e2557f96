/* hb_time: the clock never goes back, and sums end at HB_FOREVER. */
#include "check.h"
#include "hb_platform.h"
#include "hb_time.h"

static void the_clock_never_goes_back(void)
{
    hb_time before = hb_now();
    for (int i = 0; i < 10000; i++) {
        hb_time now = hb_now();
        CHECK(now >= before);
        before = now;
    }
}

static void the_clock_is_the_platforms(void)
{
    int64_t before = hb_platform_now();
    hb_time now = hb_now();
    CHECK(before <= now && now <= hb_platform_now());
}

static void the_clock_moves(void)
{
    hb_time start = hb_now();
    while (hb_now() == start)
        ; /* ends by the time limit if the clock stands still */
    CHECK(hb_now() > start);
}

static void a_sum_that_has_a_place_is_exact(void)
{
    CHECK_EQ(hb_time_add(0, 0), 0);
    CHECK_EQ(hb_time_add(7, 5), 12);
    CHECK_EQ(hb_time_add(-7, 5), -2);
    CHECK_EQ(hb_time_add(HB_FOREVER - 2, 1), HB_FOREVER - 1);
    CHECK_EQ(hb_time_add(INT64_MIN, HB_FOREVER), -1);
}

static void a_sum_without_a_place_is_forever(void)
{
    CHECK_EQ(hb_time_add(HB_FOREVER - 1, 2), HB_FOREVER);
    CHECK_EQ(hb_time_add(1, HB_FOREVER), HB_FOREVER);
    CHECK_EQ(hb_time_add(HB_FOREVER, 0), HB_FOREVER);
    CHECK_EQ(hb_time_add(HB_FOREVER, HB_FOREVER), HB_FOREVER);
}

static void forever_is_later_than_now(void)
{
    CHECK(hb_now() < HB_FOREVER);
    CHECK_EQ(hb_time_add(hb_now(), HB_FOREVER), HB_FOREVER);
    CHECK_EQ(HB_SECOND, 1000 * 1000 * 1000);
}

int main(void)
{
    RUN(the_clock_never_goes_back);
    RUN(the_clock_is_the_platforms);
    RUN(the_clock_moves);
    RUN(a_sum_that_has_a_place_is_exact);
    RUN(a_sum_without_a_place_is_forever);
    RUN(forever_is_later_than_now);
    return check_exit_code();
}
