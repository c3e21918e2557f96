/* hb_atomic: every atomic operation the core uses, in one macro layer.
 *
 * Nothing else in the core touches <stdatomic.h>, so that one header decides
 * what an atomic step is: plain C11 in production, or, with HB_EXPLORE, a step
 * before and after which a schedule explorer may hand the processor to another
 * thread (tests/core/explore.h).
 * There are no fences: every ordering hangs on an acquire or a release of the
 * word itself, which ThreadSanitizer can follow. */
#ifndef HB_ATOMIC_H
#define HB_ATOMIC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef _Atomic(uint8_t) hb_atomic_u8;
typedef _Atomic(uint32_t) hb_atomic_u32;
typedef _Atomic(uint64_t) hb_atomic_u64;
typedef _Atomic(void *) hb_atomic_ptr;

#ifdef HB_EXPLORE
void hb_explore_point(const char *function, int line);
void hb_explore_pause(void);
#define HB_ATOMIC_POINT() hb_explore_point(__func__, __LINE__)
#define HB_TURNS(n) ((n) < 3 ? (n) : 3) /* of a spin loop: few show all that many do */
#define HB_ATOMIC_STORE(operation) (HB_ATOMIC_POINT(), (operation), HB_ATOMIC_POINT())
#define HB_ATOMIC_STEP(operation)            \
    __extension__({                          \
        HB_ATOMIC_POINT();                   \
        __auto_type hb_result = (operation); \
        HB_ATOMIC_POINT();                   \
        hb_result;                           \
    })
#else
#define HB_TURNS(n) (n)
#define HB_ATOMIC_STORE(operation) (operation)
#define HB_ATOMIC_STEP(operation) (operation)
#endif

#define hb_load_relaxed(p) HB_ATOMIC_STEP(atomic_load_explicit((p), memory_order_relaxed))
/* Of what changes only under a lock that the caller holds: at such a load nothing can come between. */
#define hb_load_guarded(p) atomic_load_explicit((p), memory_order_relaxed)
#define hb_load_acquire(p) HB_ATOMIC_STEP(atomic_load_explicit((p), memory_order_acquire))
#define hb_store_relaxed(p, v) HB_ATOMIC_STORE(atomic_store_explicit((p), (v), memory_order_relaxed))
#define hb_store_release(p, v) HB_ATOMIC_STORE(atomic_store_explicit((p), (v), memory_order_release))
#define hb_exchange(p, v) HB_ATOMIC_STEP(atomic_exchange_explicit((p), (v), memory_order_acq_rel))
#define hb_fetch_add(p, v) HB_ATOMIC_STEP(atomic_fetch_add_explicit((p), (v), memory_order_acq_rel))
#define hb_fetch_sub(p, v) HB_ATOMIC_STEP(atomic_fetch_sub_explicit((p), (v), memory_order_acq_rel))
#define hb_fetch_and(p, v) HB_ATOMIC_STEP(atomic_fetch_and_explicit((p), (v), memory_order_acq_rel))
#define hb_fetch_or(p, v) HB_ATOMIC_STEP(atomic_fetch_or_explicit((p), (v), memory_order_acq_rel))
#define hb_cas(p, expected, desired)                                             \
    HB_ATOMIC_STEP(atomic_compare_exchange_strong_explicit(                      \
        (p), (expected), (desired), memory_order_acq_rel, memory_order_acquire))

/* One turn of a spin loop: tells the processor that this thread only waits. */
static inline void hb_pause(void)
{
#ifdef HB_EXPLORE
    hb_explore_pause();
#elif defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
}

#endif
