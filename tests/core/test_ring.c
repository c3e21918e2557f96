/* hb_ring: first in, first out, whatever its head, its growth and its shrinking. */
#include "check.h"
#include "hb_rand.h"
#include "hb_ring.h"
#include "support.h"

static void push(hb_ring *ring, int64_t n)
{
    CHECK(hb__ring_reserve(ring));
    hb__ring_push(ring, num(n));
}

static void an_empty_ring_owns_no_memory(void)
{
    hb_ring ring = { NULL, 0, 0, 0 };
    hb__ring_relax(&ring);
    CHECK(ring.words == NULL);
    hb__ring_fini(&ring);
    CHECK_EQ(ring.size, 0);
}

static void words_come_out_as_they_went_in(void)
{
    hb_ring ring = { NULL, 0, 0, 0 };
    for (int64_t n = 0; n < 1000; n++)
        push(&ring, n);
    CHECK_EQ(ring.count, 1000);
    for (int64_t n = 0; n < 1000; n++) {
        CHECK_EQ(hb__ring_at(&ring, 0).i64, n);
        CHECK_EQ(hb__ring_pop(&ring).i64, n);
    }
    CHECK_EQ(ring.count, 0);
    hb__ring_fini(&ring);
}

static void the_size_is_a_power_of_two_and_no_more_than_needed(void)
{
    hb_ring ring = { NULL, 0, 0, 0 };
    for (int64_t n = 0; n < 5000; n++) {
        push(&ring, n);
        CHECK_EQ(ring.size & (ring.size - 1), 0);
        CHECK(ring.size >= ring.count);
        CHECK(ring.size <= 8 || ring.size < ring.count * 2);
    }
    hb__ring_fini(&ring);
}

static void room_that_is_there_is_not_reserved_again(void)
{
    hb_ring ring = { NULL, 0, 0, 0 };
    push(&ring, 1);
    hb_word *words = ring.words;
    CHECK(hb__ring_reserve(&ring));
    CHECK(ring.words == words);
    CHECK_EQ(ring.count, 1);
    hb__ring_fini(&ring);
}

/* From every place the head can have, around the end or not. */
static void many_come_out_at_once(void)
{
    for (int64_t skip = 0; skip < 8; skip++)
        for (size_t n = 1; n <= 8; n++) {
            hb_ring ring = { NULL, 0, 0, 0 };
            hb_word words[8];
            for (int64_t i = 0; i < 8 + skip; i++) {
                push(&ring, i);
                if (i < skip)
                    hb__ring_pop(&ring);
            }
            CHECK_EQ(ring.size, 8);
            hb__ring_pop_many(&ring, words, n);
            for (size_t i = 0; i < n; i++)
                CHECK_EQ(words[i].i64, skip + (int64_t)i);
            CHECK_EQ(ring.count, 8 - n);
            if (ring.count)
                CHECK_EQ(hb__ring_pop(&ring).i64, skip + (int64_t)n);
            hb__ring_fini(&ring);
        }
}

/* For every place the head can have when the ring is full and must grow. */
static void growing_unrolls_a_wrapped_ring(void)
{
    for (int64_t head = 0; head < 8; head++) {
        hb_ring ring = { NULL, 0, 0, 0 };
        for (int64_t n = -head; n < 8 - head; n++)
            push(&ring, n);
        for (int64_t n = -head; n < 0; n++)
            CHECK_EQ(hb__ring_pop(&ring).i64, n);
        for (int64_t n = 8 - head; n < 20; n++)
            push(&ring, n);
        for (int64_t n = 0; n < 20; n++)
            CHECK_EQ(hb__ring_at(&ring, (uint64_t)n).i64, n);
        hb__ring_fini(&ring);
    }
}

static void fill_and_empty(hb_ring *ring, int64_t words)
{
    for (int64_t n = 0; n < words; n++)
        push(ring, n);
    while (ring->count)
        hb__ring_pop(ring);
    hb__ring_relax(ring);
}

static void a_small_ring_keeps_its_memory(void)
{
    hb_ring ring = { NULL, 0, 0, 0 };
    fill_and_empty(&ring, 100);
    CHECK(ring.words != NULL);
    CHECK(ring.size >= 100);
    hb__ring_fini(&ring);
}

static void a_burst_gives_its_memory_back(void)
{
    hb_ring ring = { NULL, 0, 0, 0 };
    fill_and_empty(&ring, 100000);
    CHECK(ring.words == NULL);
    CHECK_EQ(ring.size, 0);
    push(&ring, 5);
    CHECK_EQ(hb__ring_pop(&ring).i64, 5);
    hb__ring_fini(&ring);
}

/* Pushes and pops at random: what is inside is always an unbroken run of
 * numbers, from `out` up to but not including `in`. */
static void any_history_keeps_the_order(void)
{
    hb_ring ring = { NULL, 0, 0, 0 };
    int64_t in = 0, out = 0;
    hb_rand_seed(11);
    for (int step = 0; step < 200000; step++) {
        bool rising = (step / 10000) % 2 == 0; /* fills for a while, then drains */
        if (hb_rand_below(100) < (rising ? 60u : 40u))
            push(&ring, in++);
        else if (ring.count)
            CHECK_EQ(hb__ring_pop(&ring).i64, out++);
        else
            hb__ring_relax(&ring);
        CHECK_EQ(ring.count, in - out);
    }
    CHECK(in > 50000 && out > 50000);
    hb__ring_fini(&ring);
}

int main(void)
{
    RUN(an_empty_ring_owns_no_memory);
    RUN(words_come_out_as_they_went_in);
    RUN(the_size_is_a_power_of_two_and_no_more_than_needed);
    RUN(room_that_is_there_is_not_reserved_again);
    RUN(many_come_out_at_once);
    RUN(growing_unrolls_a_wrapped_ring);
    RUN(a_small_ring_keeps_its_memory);
    RUN(a_burst_gives_its_memory_back);
    RUN(any_history_keeps_the_order);
    return check_exit_code();
}
