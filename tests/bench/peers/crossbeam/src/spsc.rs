use crate::flow;

/// One thread sends, another receives.
pub fn run(count: usize, capacity: Option<usize>) {
    flow::to_one(1, count, capacity);
}
