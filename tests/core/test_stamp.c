/* hb_stamp: a pulse's stamp is turned into the instant it was made, on the clock of hb_now. */
#include "hb_stamp.h"
#include "support.h"

static void a_stamp_is_never_nought_and_never_goes_back(void)
{
    hb_stamp_init();
    hb_stamp before = hb_stamp_now();
    CHECK(before != 0);
    for (int i = 0; i < 100000; i++) {
        hb_stamp now = hb_stamp_now();
        CHECK(now >= before);
        before = now;
    }
}

/* Two clocks cannot be read at once; what a busy machine puts between the readings is an
 * error of one reading and comes seldom, so the median counts. */
static int by_size(const void *a, const void *b)
{
    hb_time left = *(const hb_time *)a, right = *(const hb_time *)b;
    return (left > right) - (left < right);
}

static hb_time error_of_age(hb_time age)
{
    hb_time earliest = hb_now();
    hb_stamp stamp = hb_stamp_now();
    hb_time latest = hb_now();
    if (age > 0)
        pass_until(latest + age);
    hb_anchor anchor = hb_anchor_take();
    hb_time instant = hb_anchor_time(&anchor, stamp);
    return instant < earliest ? earliest - instant : instant > latest ? instant - latest : 0;
}

static hb_time median_error(hb_time age)
{
    enum { N = 101 };
    hb_time errors[N];
    for (int i = 0; i < N; i++)
        errors[i] = error_of_age(age);
    qsort(errors, N, sizeof *errors, by_size);
    return errors[N / 2];
}

/* The clock itself is adjusted by some millionths now and then. */
static void an_instant_lies_between_the_readings_around_its_stamp(void)
{
    hb_stamp_init();
    CHECK(median_error(0) <= 100);
    CHECK(median_error(MS / 10) <= 200);
    CHECK(median_error(5 * MS) <= 500);
}

static void no_stamp_is_later_than_its_anchor(void)
{
    hb_anchor anchor = hb_anchor_take();
    CHECK_EQ(hb_anchor_time(&anchor, anchor.stamp), anchor.now);
    CHECK_EQ(hb_anchor_time(&anchor, hb_stamp_now()), anchor.now);
    CHECK_EQ(hb_anchor_time(&anchor, UINT64_MAX), anchor.now);
    CHECK(anchor.now <= hb_now());
}

/* S3 */
static void what_is_older_than_the_base_was_made_there(void)
{
    hb_stamp old = hb_stamp_now();
    pass_until(in_ms(5));
    hb_time before = hb_now();
    hb_stamp_rebase();
    hb_anchor anchor = hb_anchor_take();
    CHECK(hb_anchor_time(&anchor, old) >= before - 1000);
    CHECK(hb_anchor_time(&anchor, old) <= anchor.now);
    CHECK_EQ(hb_anchor_time(&anchor, 0), hb_anchor_time(&anchor, old));
}

static void a_span_is_as_long_as_the_time_it_took(void)
{
    hb_time earliest = hb_now();
    hb_stamp from = hb_stamp_now();
    hb_time begun = hb_now();
    pass_until(begun + 20 * MS);
    hb_time ended = hb_now();
    hb_stamp to = hb_stamp_now();
    hb_time latest = hb_now();
    hb_anchor anchor = hb_anchor_take();
    hb_time span = hb_anchor_span(&anchor, to - from);
    CHECK(span >= ended - begun - 2000);
    CHECK(span <= latest - earliest + 2000);
}

int main(void)
{
    RUN(a_stamp_is_never_nought_and_never_goes_back);
    RUN(an_instant_lies_between_the_readings_around_its_stamp);
    RUN(no_stamp_is_later_than_its_anchor);
    RUN(what_is_older_than_the_base_was_made_there);
    RUN(a_span_is_as_long_as_the_time_it_took);
    return check_exit_code();
}
