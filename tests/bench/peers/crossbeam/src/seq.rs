use crate::flow;

/// One thread sends everything, then receives everything.
pub fn run(count: usize, capacity: Option<usize>) {
    let (sender, receiver) = flow::channel(capacity);
    flow::send(&sender, count);
    flow::receive(&receiver, count);
}
