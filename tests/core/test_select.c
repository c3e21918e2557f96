/* hb_select, from one thread: which case is taken, with which chances, and what
 * it leaves behind. */
#include "chisq.h"
#include "hb_rand.h"
#include "support.h"

static void check_outcome(outcome got, hb_status status, int64_t index, int64_t n)
{
    CHECK_EQ(got.status, status);
    CHECK_EQ(got.index, index);
    CHECK_EQ(got.n, n);
}

static void nothing_ready_is_would_block(void)
{
    hb_chan *a = hb_chan_new(0, NULL), *full = hb_chan_new(1, NULL);
    CHECK_EQ(hb_chan_try_send(full, num(1)), HB_OK);
    const hb_case cases[] = { recv_case(a), send_case(a, 1), send_case(full, 2), recv_case(NULL) };
    check_outcome(select_now(cases, 4, false), HB_WOULD_BLOCK, -1, -1);
    CHECK_EQ(hb_chan_len(full), 1);
    check_nobody_waits(a);
    hb_chan_unref(a);
    hb_chan_unref(full);
}

static void the_ready_case_is_taken(void)
{
    hb_chan *a = hb_chan_new(1, NULL), *b = hb_chan_new(1, NULL);
    CHECK_EQ(hb_chan_try_send(b, num(7)), HB_OK);
    const hb_case cases[] = { recv_case(a), recv_case(NULL), recv_case(b) };
    check_outcome(select_now(cases, 3, false), HB_OK, 2, 7);
    check_outcome(select_now(cases, 3, false), HB_WOULD_BLOCK, -1, -1);
    const hb_case sends[] = { send_case(NULL, 5), send_case(a, 6) };
    CHECK_EQ(select_now(sends, 2, false).index, 1);
    check_outcome(select_now(cases, 3, false), HB_OK, 0, 6);
    hb_chan_unref(a);
    hb_chan_unref(b);
}

static void a_closed_source_is_ready_for_ever(void)
{
    hb_chan *chan = hb_chan_new(1, NULL);
    const hb_case receive = recv_case(chan), send = send_case(chan, 2);
    CHECK_EQ(hb_chan_try_send(chan, num(1)), HB_OK);
    hb_chan_close(chan, num(0));
    CHECK_EQ(select_now(&send, 1, false).status, HB_CLOSED);
    check_outcome(select_now(&receive, 1, false), HB_OK, 0, 1);
    for (int i = 0; i < 3; i++) {
        outcome got = select_until(&receive, 1, HB_FOREVER);
        CHECK_EQ(got.status, HB_CLOSED);
        CHECK_EQ(got.index, 0);
    }
    hb_chan_unref(chan);
}

/* No case, or only cases that never are ready: the deadline ends the wait. */
static void nothing_to_wait_for_waits_for_the_deadline(void)
{
    const hb_case nils[] = { recv_case(NULL), send_case(NULL, 1) };
    hb_time deadline = in_ms(50);
    check_outcome(select_until(NULL, 0, deadline), HB_TIMEOUT, -1, -1);
    CHECK(hb_now() >= deadline);
    deadline = in_ms(50);
    check_outcome(select_until(nils, 2, deadline), HB_TIMEOUT, -1, -1);
    CHECK(hb_now() >= deadline);
    CHECK_EQ(select_now(NULL, 0, false).status, HB_WOULD_BLOCK);
}

static void a_select_never_meets_itself(void)
{
    hb_chan *chan = hb_chan_new(0, NULL);
    const hb_case cases[] = { send_case(chan, 1), recv_case(chan), send_case(chan, 2) };
    CHECK_EQ(select_now(cases, 3, false).status, HB_WOULD_BLOCK);
    check_outcome(select_until(cases, 3, in_ms(20)), HB_TIMEOUT, -1, -1);
    check_nobody_waits(chan);
    hb_chan_unref(chan);
}

/* With room and words, a channel is ready both ways: both must happen. */
static void both_directions_of_one_channel_can_be_ready(void)
{
    hb_chan *chan = hb_chan_new(2, NULL);
    const hb_case cases[] = { send_case(chan, 1), recv_case(chan) };
    uint32_t taken[2] = { 0, 0 };
    hb_word word;
    hb_rand_seed(4);
    for (int i = 0; i < 1000; i++) {
        CHECK_EQ(hb_chan_try_send(chan, num(0)), HB_OK);
        taken[select_now(cases, 2, false).index]++;
        while (hb_chan_try_recv(chan, &word) == HB_OK)
            ;
    }
    CHECK(taken[0] > 0 && taken[1] > 0);
    hb_chan_unref(chan);
}

/* ---- the choice among ready cases ---- */

#define CHOICES 20000

/* A poll, and a select that would wait, choose each in a way of its own. */
static outcome choose(const hb_case *cases, uint32_t n, bool biased, bool waits)
{
    return waits ? select_until(cases, n, HB_FOREVER) : select_now(cases, n, biased);
}

static void count_choices(const hb_case *cases, uint32_t n, bool biased, bool waits, uint32_t *counts)
{
    memset(counts, 0, n * sizeof *counts);
    for (int i = 0; i < CHOICES; i++) {
        outcome got = choose(cases, n, biased, waits);
        CHECK_EQ(got.status, HB_CLOSED);
        counts[got.index]++;
    }
}

/* Closed channels are ready and stay so. */
static void with_closed(uint32_t n, bool biased, bool waits, uint32_t *counts)
{
    hb_chan *chans[10];
    hb_case cases[10] = { { .source = NULL } };
    for (uint32_t i = 0; i < n; i++) {
        chans[i] = hb_chan_new(0, NULL);
        hb_chan_close(chans[i], num(0));
        cases[i] = i % 2 ? send_case(chans[i], 1) : recv_case(chans[i]);
    }
    count_choices(cases, n, biased, waits, counts);
    for (uint32_t i = 0; i < n; i++)
        hb_chan_unref(chans[i]);
}

static void check_choice_is_uniform(void)
{
    uint32_t counts[10];
    for (uint32_t n = 2; n <= 10; n++)
        for (int waits = 0; waits < 2; waits++) {
            with_closed(n, false, waits, counts);
            CHECK(chi_squared(counts, n) < chi_squared_limit(n));
        }
}

static void the_choice_is_uniform_from_a_fixed_seed(void)
{
    hb_rand_seed(1);
    check_choice_is_uniform();
}

static void the_choice_is_uniform_from_a_free_seed(void)
{
    hb_rand_unseed();
    check_choice_is_uniform();
}

static void a_biased_choice_is_the_first(void)
{
    uint32_t counts[10];
    with_closed(10, true, false, counts);
    CHECK_EQ(counts[0], CHOICES);
}

static void a_biased_choice_skips_what_is_not_ready(void)
{
    hb_chan *idle = hb_chan_new(0, NULL), *closed = hb_chan_new(0, NULL);
    uint32_t counts[4];
    hb_chan_close(closed, num(0));
    const hb_case cases[] = { recv_case(idle), recv_case(NULL), recv_case(closed), recv_case(closed) };
    count_choices(cases, 4, true, false, counts);
    CHECK_EQ(counts[2], CHOICES);
    hb_chan_unref(idle);
    hb_chan_unref(closed);
}

/* Chances are by case, not by channel: three of the four lead to `a`. */
static void one_channel_in_many_cases_has_as_many_chances(void)
{
    hb_chan *a = hb_chan_new(0, NULL), *b = hb_chan_new(0, NULL);
    uint32_t counts[4];
    hb_chan_close(a, num(0));
    hb_chan_close(b, num(0));
    const hb_case cases[] = { recv_case(a), recv_case(b), send_case(a, 1), recv_case(a) };
    hb_rand_seed(2);
    for (int waits = 0; waits < 2; waits++) {
        count_choices(cases, 4, false, waits, counts);
        CHECK(chi_squared(counts, 4) < chi_squared_limit(4));
    }
    hb_chan_unref(a);
    hb_chan_unref(b);
}

/* A select that had to wait makes the next one choose under all locks at once. */
static void the_choice_is_uniform_after_a_wait(void)
{
    enum { N = 4, ROUNDS = 4000 };
    hb_chan *idle = hb_chan_new(0, NULL), *closed = hb_chan_new(0, NULL);
    const hb_case waiting[] = { recv_case(idle), recv_case(NULL) };
    const hb_case cases[N] = { recv_case(closed), recv_case(closed), recv_case(closed), recv_case(closed) };
    uint32_t counts[N] = { 0 };
    hb_chan_close(closed, num(0));
    hb_rand_unseed();
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_EQ(select_until(waiting, 2, 0).status, HB_TIMEOUT);
        counts[select_until(cases, N, HB_FOREVER).index]++;
    }
    CHECK(chi_squared(counts, N) < chi_squared_limit(N));
    check_nobody_waits(idle);
    hb_chan_unref(idle);
    hb_chan_unref(closed);
}

/* What is idle lends its chance to nobody in particular. */
static void the_choice_is_uniform_among_the_ready_ones(void)
{
    hb_chan *idle = hb_chan_new(0, NULL), *closed = hb_chan_new(0, NULL);
    uint32_t counts[8];
    hb_chan_close(closed, num(0));
    const hb_case cases[] = { recv_case(idle), recv_case(closed), recv_case(closed), recv_case(NULL),
                              recv_case(idle), recv_case(idle), recv_case(closed), recv_case(idle) };
    hb_rand_seed(3);
    for (int waits = 0; waits < 2; waits++) {
        count_choices(cases, 8, false, waits, counts);
        const uint32_t ready[] = { counts[1], counts[2], counts[6] };
        CHECK_EQ(ready[0] + ready[1] + ready[2], CHOICES);
        CHECK(chi_squared(ready, 3) < chi_squared_limit(3));
    }
    hb_chan_unref(idle);
    hb_chan_unref(closed);
}

/* ---- many cases ---- */

/* All idle but one, which in turn is each tenth; sources repeat, nils between. */
static void check_many_cases(uint32_t n)
{
    hb_chan *idle = hb_chan_new(0, NULL), *ready = hb_chan_new(1, NULL);
    hb_case *cases = malloc(n * sizeof *cases);
    for (uint32_t i = 0; i < n; i++)
        cases[i] = i % 3 ? recv_case(idle) : recv_case(NULL);
    for (uint32_t at = 0; at < n; at += n / 10 + 1) {
        hb_case before = cases[at];
        cases[at] = recv_case(ready);
        CHECK_EQ(hb_chan_try_send(ready, num(at)), HB_OK);
        check_outcome(select_until(cases, n, HB_FOREVER), HB_OK, at, at);
        cases[at] = before;
    }
    CHECK_EQ(select_until(cases, n, in_ms(1)).status, HB_TIMEOUT);
    check_nobody_waits(idle);
    free(cases);
    hb_chan_unref(idle);
    hb_chan_unref(ready);
}

static void any_number_of_cases_works(void)
{
    const uint32_t sizes[] = { 1, 2, HB_INLINE_CASES, HB_INLINE_CASES + 1, 100, HB_MAX_CASES };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        check_many_cases(sizes[i]);
}

/* Locked in another order than that of the cases, whatever that is. */
static void distinct_sources_come_in_any_order(void)
{
    enum { N = 40 };
    hb_chan *chans[N];
    hb_case cases[N];
    for (int i = 0; i < N; i++)
        chans[i] = hb_chan_new(1, NULL);
    hb_rand_seed(12);
    for (int round = 0; round < 200; round++) {
        for (uint32_t i = 0; i < N; i++)
            cases[i] = recv_case(chans[hb_rand_below(N)]);
        uint32_t at = hb_rand_below(N);
        hb_chan *chosen = (hb_chan *)cases[at].source;
        CHECK_EQ(hb_chan_try_send(chosen, num(round)), HB_OK);
        outcome got = select_now(cases, N, false);
        CHECK_EQ(got.n, round);
        CHECK(cases[got.index].source == cases[at].source);
    }
    for (int i = 0; i < N; i++)
        hb_chan_unref(chans[i]);
}

int main(void)
{
    RUN(nothing_ready_is_would_block);
    RUN(the_ready_case_is_taken);
    RUN(a_closed_source_is_ready_for_ever);
    RUN(nothing_to_wait_for_waits_for_the_deadline);
    RUN(a_select_never_meets_itself);
    RUN(both_directions_of_one_channel_can_be_ready);
    RUN(the_choice_is_uniform_from_a_fixed_seed);
    RUN(the_choice_is_uniform_from_a_free_seed);
    RUN(a_biased_choice_is_the_first);
    RUN(a_biased_choice_skips_what_is_not_ready);
    RUN(one_channel_in_many_cases_has_as_many_chances);
    RUN(the_choice_is_uniform_among_the_ready_ones);
    RUN(the_choice_is_uniform_after_a_wait);
    RUN(any_number_of_cases_works);
    RUN(distinct_sources_come_in_any_order);
    return check_exit_code();
}
