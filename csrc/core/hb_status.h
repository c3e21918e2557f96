/* hb_status: what an operation of the core can come to, and its text.
 *
 * One table makes the codes and the texts, so neither can be forgotten. The
 * core never raises: the binding turns codes into exceptions in error.c. */
#ifndef HB_STATUS_H
#define HB_STATUS_H

#define HB_STATUS_MAP(X)                                                    \
    X(OK, "done")                                                           \
    X(CLOSED, "the channel is closed")                                      \
    X(WOULD_BLOCK, "the operation would have to wait")                      \
    X(TIMEOUT, "the deadline has passed")                                   \
    X(INTERRUPTED, "a signal arrived while waiting")                        \
    X(RETRY, "a deadline moved while waiting: look again")                  \
    X(STOPPED, "the engine has stopped")                                    \
    X(REVOKED, "it was revoked: another has taken its place")               \
    X(BUSY, "a monitor watches it already")                                 \
    X(FOREIGN, "it belongs to a virtual-time bubble of other threads")      \
    X(DEADLOCK, "every thread of the bubble waits, and nothing is due")     \
    X(STALLED, "a thread of the bubble does not come back to the engine")   \
    X(MISUSED, "not now: the bubble is used otherwise")                     \
    X(FAILED, "a native unit returned a code of its own")                   \
    X(NO_MEMORY, "out of memory")                                           \
    X(NO_THREAD, "the system refused to start a thread")

typedef enum hb_status {
#define HB_STATUS_CODE(name, text) HB_##name,
    HB_STATUS_MAP(HB_STATUS_CODE)
#undef HB_STATUS_CODE
} hb_status;

/* The text of a code, never NULL. */
const char *hb_status_text(hb_status status);

#endif
