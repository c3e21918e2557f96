use super::flow;
use crate::contender::SelectsReceiving;

/// Several threads send, each on a channel of its own; one thread selects.
pub fn run<C: SelectsReceiving>(count: usize, capacity: Option<usize>) {
    let each = count / flow::THREADS;
    let (senders, receivers): (Vec<_>, Vec<_>) =
        (0..flow::THREADS).map(|_| C::open(capacity)).unzip();
    std::thread::scope(|scope| {
        for sender in &senders {
            scope.spawn(move || flow::send(sender, each));
        }
        for _ in 0..each * flow::THREADS {
            C::receive_any(&receivers);
        }
    });
}
