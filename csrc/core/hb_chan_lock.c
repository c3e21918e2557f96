/* hb_chan_lock: taking the lock of a channel while others hold it.
 *
 * A channel that changes the processor costs as much as ten operations on it. Where many words have
 * room and threads use the channel without a pause, it is best for all of them that one does many
 * operations in a row. So whoever finds the lock of such a channel held leaves it to the others for
 * a few microseconds. Everybody else comes back as soon as it may be free. */
#include "hb_chan_impl.h"
#include "hb_spin.h"

/* Room for what the others can send in the meantime. */
#define MANY 256u
/* Nanoseconds; whoever uses the channel without a pause does an operation in less. */
#define SAMPLE 100u

static bool has_room_for_many(hb_chan *chan)
{
    if (chan->capacity < MANY)
        return false; /* without a look at the counts: whoever holds the lock is at them */
    uint64_t receives = hb_load_acquire(&chan->receives);
    return chan->capacity >= hb_load_acquire(&chan->sends) - receives + MANY;
}

static uint64_t operations(hb_chan *chan)
{
    return hb_load_relaxed(&chan->sends) + hb_load_relaxed(&chan->receives);
}

static bool is_in_demand(hb_chan *chan)
{
    uint64_t before = operations(chan);
    hb_spin_for(SAMPLE);
    return operations(chan) != before;
}

void hb__chan_lock_slow(hb_source *source)
{
    hb_chan *chan = hb__chan_of(source);
    if (has_room_for_many(chan) && is_in_demand(chan))
        hb__lock_later(&source->lock);
    else
        hb__lock_soon(&source->lock);
}
