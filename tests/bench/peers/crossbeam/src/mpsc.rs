use crate::flow;

/// Several threads send, one receives.
pub fn run(count: usize, capacity: Option<usize>) {
    flow::to_one(flow::THREADS, count, capacity);
}
