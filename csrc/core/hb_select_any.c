/* hb_select_any: cases that happen at once, each under the lock of its source alone. It needs neither
 * a waiter nor an order of locking, so there is no hb_select. */
#include "hb_rand.h"
#include "hb_select.h"

/* Each of so many cases has a bit. */
#define MOST_CASES 64u

hb_status hb_case_try(const hb_case *c, hb_word *word)
{
    hb_waiter *peer = NULL;
    if (!c->source || hb_source_is_foreign(c->source))
        return c->source ? HB_FOREIGN : HB_WOULD_BLOCK;
    *word = c->word;
    hb_time now = c->source->ops->due_locked ? hb_source_now(c->source) : 0;
    hb__source_lock(c->source);
    hb_status status = c->source->ops->take_locked(c->source, c->direction, word, now, &peer);
    hb_lock_release(&c->source->lock);
    hb__wait_wake(peer);
    return status;
}

static bool looks_ready(const hb_case *c)
{
    const hb_source_ops *ops = c->source->ops;
    return !ops->looks_ready || ops->looks_ready(c->source, c->direction);
}

/* Their bits. A foreign one is an error, whatever else is ready. */
static hb_status look_at_all(const hb_case *cases, uint32_t n, uint64_t *ready)
{
    *ready = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (!cases[i].source)
            continue;
        if (hb_source_is_foreign(cases[i].source))
            return HB_FOREIGN;
        *ready |= (uint64_t)looks_ready(&cases[i]) << i;
    }
    return HB_OK;
}

static uint64_t without_lowest(uint64_t bits)
{
    return bits & (bits - 1);
}

/* The place of one of the bits, each with the same chance. */
static uint32_t any_bit(uint64_t bits)
{
    if (without_lowest(bits)) {
        uint32_t skip = hb_rand_below((uint32_t)__builtin_popcountll(bits));
        for (; skip > 0; skip--)
            bits = without_lowest(bits);
    }
    return (uint32_t)__builtin_ctzll(bits);
}

hb_status hb_cases_try_any(const hb_case *cases, uint32_t n, uint32_t *index, hb_word *word)
{
    uint64_t ready;
    if (n < 2 || n > MOST_CASES)
        return HB_WOULD_BLOCK;
    hb_status status = look_at_all(cases, n, &ready);
    if (status != HB_OK)
        return status;
    for (status = HB_WOULD_BLOCK; ready && status == HB_WOULD_BLOCK;) {
        *index = any_bit(ready);
        ready &= ~(UINT64_C(1) << *index);
        status = hb_case_try(&cases[*index], word);
    }
    return status;
}
