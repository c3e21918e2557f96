use super::flow;
use crate::contender::Channel;

const PAIRS: usize = 32;

/// Many more threads than there are processors send, and as many others receive.
pub fn run<C: Channel<Receiver: Sync>>(count: usize, capacity: Option<usize>) {
    flow::to_many::<C>(PAIRS, count, capacity);
}
