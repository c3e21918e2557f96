use super::flow;
use crate::contender::Channel;

/// One thread sends, another receives.
pub fn run<C: Channel>(count: usize, capacity: Option<usize>) {
    flow::to_one::<C>(1, count, capacity);
}
