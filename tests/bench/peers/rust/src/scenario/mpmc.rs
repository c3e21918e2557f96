use super::flow;
use crate::contender::Channel;

/// Several threads send, as many others receive.
pub fn run<C: Channel<Receiver: Sync>>(count: usize, capacity: Option<usize>) {
    flow::to_many::<C>(flow::THREADS, count, capacity);
}
