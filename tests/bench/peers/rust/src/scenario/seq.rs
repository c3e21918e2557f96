use super::flow;
use crate::contender::Channel;

/// One thread sends everything, then receives everything.
pub fn run<C: Channel>(count: usize, capacity: Option<usize>) {
    let (sender, receiver) = C::open(capacity);
    flow::send(&sender, count);
    flow::receive(&receiver, count);
}
