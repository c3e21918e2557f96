/* hb_chan: a channel of 64-bit words, as Go's.
 *
 *   I1 0 <= count <= capacity.
 *   I2 a live receiver implies count == 0.
 *   I3 a live sender implies count == capacity.
 *   I4 live senders and live receivers coexist only inside one select, which
 *      never pairs with itself.
 *   I5 closed implies no live waiter, for ever.
 *   I6 a message has one owner: the sender until HB_OK, then the channel, then
 *      the receiver. The channel drops what it still owns when it dies.
 *
 * ("Live": linked, and its waiter can still be won.) A sender gives its word to
 * the longest-waiting receiver itself, and a receiver that takes from a full
 * ring moves the longest-waiting sender's word into it, so nobody who was woken
 * ever has to try again.
 *
 * NULL is Go's nil channel: it never is ready, and a wait on it only ends by
 * the deadline. */
#ifndef HB_CHAN_H
#define HB_CHAN_H

#include "hb_source.h"

typedef struct hb_chan hb_chan;

#define HB_UNBOUNDED UINT64_MAX

/* Disposes of a word the channel still owned. Runs with no lock held. */
typedef void hb_drop_fn(hb_word word);

/* A channel with one reference; drop may be NULL. NULL when out of memory. */
hb_chan *hb_chan_new(uint64_t capacity, hb_drop_fn *drop);
/* Changes what it was made with. False, and nothing is changed, if it has been used. */
bool hb_chan_reshape(hb_chan *chan, uint64_t capacity, hb_drop_fn *drop);

/* What its words are, kept for those who share it: 'q' int64, 'd' double, 0 (at first) neither. */
void hb_chan_set_type(hb_chan *chan, char type);
char hb_chan_type(hb_chan *chan);

hb_chan *hb_chan_ref(hb_chan *chan);
/* Whether there is one reference and nobody watches it: then only its holder can use it. */
bool hb_chan_is_sole(hb_chan *chan);
/* The last one drops what is queued. Whoever waits holds a reference. */
void hb_chan_unref(hb_chan *chan);

/* HB_OK: the word now belongs to the channel or a receiver. HB_CLOSED,
 * HB_WOULD_BLOCK, HB_NO_MEMORY: it still belongs to the caller. */
hb_status hb_chan_try_send(hb_chan *chan, hb_word word);
/* HB_OK, HB_CLOSED (and drained) or HB_WOULD_BLOCK. */
hb_status hb_chan_try_recv(hb_chan *chan, hb_word *word);

/* The same, waiting until the deadline: HB_TIMEOUT, HB_STOPPED in addition.
 * For threads that need not look after signals: those do not end the wait. */
hb_status hb_chan_send(hb_chan *chan, hb_word word, hb_time deadline);
hb_status hb_chan_recv(hb_chan *chan, hb_word *word, hb_time deadline);

/* As many as go at once; their number goes to *done. The status says why it
 * ended: HB_OK when all went. */
hb_status hb_chan_try_send_many(hb_chan *chan, const hb_word *words, size_t n, size_t *done);
hb_status hb_chan_try_recv_many(hb_chan *chan, hb_word *words, size_t n, size_t *done);

/* The same, waiting: to send until all are sent, to receive until there is one. */
hb_status hb_chan_send_many(hb_chan *chan, const hb_word *words, size_t n, size_t *done,
                            hb_time deadline);
hb_status hb_chan_recv_many(hb_chan *chan, hb_word *words, size_t n, size_t *done, hb_time deadline);

/* HB_OK: this call closed it. HB_CLOSED: it was closed before. HB_FOREIGN. `cause` is kept
 * for hb_chan_cause and otherwise not looked at. */
hb_status hb_chan_close(hb_chan *chan, hb_word cause);
/* The same whatever bubble the calling thread is in, for those whose end the channel tells of. */
hb_status hb_chan_shut(hb_chan *chan, hb_word cause);
bool hb_chan_is_closed(hb_chan *chan);
hb_word hb_chan_cause(hb_chan *chan);

typedef struct hb_chan_stats {
    uint64_t len, capacity, sends, receives, high_water;
    uint64_t waiting_senders, waiting_receivers;
    hb_time longest_wait; /* of those who wait now */
    bool closed;
} hb_chan_stats;

uint64_t hb_chan_len(hb_chan *chan);
uint64_t hb_chan_capacity(hb_chan *chan);
void hb_chan_stats_get(hb_chan *chan, hb_chan_stats *stats);

/* Calls visit with every queued word, oldest first, and stops at the first
 * result that is not 0. Takes no lock: the caller knows that nobody changes the
 * ring meanwhile (the collector of a stopped world does). */
int hb_chan_visit(hb_chan *chan, int (*visit)(hb_word word, void *arg), void *arg);

/* Where the cause is kept, for a collector of garbage; takes no lock. */
hb_word *hb_chan_cause_slot(hb_chan *chan);

/* For select. */
hb_source *hb_chan_source(hb_chan *chan);

#endif
