/* hb_ring: first in, first out, wherever the oldest word lies, through growth and shrinking. */
#include "check.h"
#include "hb_rand.h"
#include "hb_ring.h"
#include "support.h"

/* A ring as a channel uses it. Each word is its own position. */
typedef struct line {
    hb_ring *ring;
    uint64_t out, in;
} line;

static line line_from(uint64_t position)
{
    return (line){ &hb__ring_none, position, position };
}

static void push(line *l)
{
    if (l->in - l->out == l->ring->size)
        CHECK(hb__ring_grow(&l->ring, l->out));
    hb__ring_put(l->ring, l->in, num((int64_t)l->in));
    l->in++;
}

static void pop(line *l)
{
    CHECK_EQ(hb__ring_get(l->ring, l->out).i64, (int64_t)l->out);
    l->out++;
}

static void push_many(line *l, int n)
{
    for (int i = 0; i < n; i++)
        push(l);
}

static void pop_all(line *l)
{
    while (l->out < l->in)
        pop(l);
    hb__ring_relax(&l->ring);
}

static void an_empty_ring_owns_no_memory(void)
{
    hb_ring *ring = &hb__ring_none;
    CHECK_EQ(ring->size, 0);
    hb__ring_relax(&ring);
    hb__ring_free(&ring);
    CHECK(ring == &hb__ring_none);
}

static void words_come_out_as_they_went_in(void)
{
    line l = line_from(0);
    push_many(&l, 1000);
    pop_all(&l);
    hb__ring_free(&l.ring);
}

static void the_size_is_a_power_of_two_and_no_more_than_needed(void)
{
    line l = line_from(0);
    for (uint64_t n = 1; n <= 5000; n++) {
        push(&l);
        CHECK_EQ(l.ring->size & (l.ring->size - 1), 0);
        CHECK(l.ring->size >= n);
        CHECK(l.ring->size <= 8 || l.ring->size < n * 2);
    }
    hb__ring_free(&l.ring);
}

/* From every place the oldest can have, around the end or not. */
static void many_come_out_at_once(void)
{
    for (uint64_t first = 0; first < 16; first++)
        for (size_t n = 1; n <= 8; n++) {
            line l = line_from(first);
            hb_word words[8];
            push_many(&l, 8);
            hb__ring_get_many(l.ring, first, words, n);
            for (size_t i = 0; i < n; i++)
                CHECK_EQ(words[i].i64, (int64_t)(first + i));
            hb__ring_free(&l.ring);
        }
}

/* For every place the oldest can have when the ring is full and must grow, and in what it becomes;
 * also where positions are beyond what 32 bits hold. */
static void growing_keeps_each_word_at_its_position(void)
{
    const uint64_t bases[] = { 0, UINT64_C(1) << 33 };
    for (int base = 0; base < 2; base++)
        for (uint64_t first = 0; first < 70; first++) {
            line l = line_from(bases[base] + first);
            push_many(&l, 65);
            CHECK_EQ(l.ring->size, 128);
            pop_all(&l);
            hb__ring_free(&l.ring);
        }
}

static void a_small_ring_keeps_its_memory(void)
{
    line l = line_from(0);
    push_many(&l, 100);
    pop_all(&l);
    CHECK_EQ(l.ring->size, 128);
    hb__ring_free(&l.ring);
}

static void a_burst_gives_its_memory_back(void)
{
    line l = line_from(0);
    push_many(&l, 100000);
    pop_all(&l);
    CHECK(l.ring == &hb__ring_none);
    push(&l);
    pop_all(&l);
    hb__ring_free(&l.ring);
}

/* Pushes and pops at random. */
static void any_history_keeps_the_order(void)
{
    line l = line_from(0);
    hb_rand_seed(11);
    for (int step = 0; step < 200000; step++) {
        bool rising = (step / 10000) % 2 == 0; /* fills for a while, then drains */
        if (hb_rand_below(100) < (rising ? 60u : 40u))
            push(&l);
        else if (l.out < l.in)
            pop(&l);
        else
            hb__ring_relax(&l.ring);
    }
    CHECK(l.in > 50000 && l.out > 50000);
    hb__ring_free(&l.ring);
}

int main(void)
{
    RUN(an_empty_ring_owns_no_memory);
    RUN(words_come_out_as_they_went_in);
    RUN(the_size_is_a_power_of_two_and_no_more_than_needed);
    RUN(many_come_out_at_once);
    RUN(growing_keeps_each_word_at_its_position);
    RUN(a_small_ring_keeps_its_memory);
    RUN(a_burst_gives_its_memory_back);
    RUN(any_history_keeps_the_order);
    return check_exit_code();
}
