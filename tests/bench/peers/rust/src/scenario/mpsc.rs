use super::flow;
use crate::contender::Channel;

/// Several threads send, one receives.
pub fn run<C: Channel>(count: usize, capacity: Option<usize>) {
    flow::to_one::<C>(flow::THREADS, count, capacity);
}
