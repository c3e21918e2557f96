use super::flow;
use crate::contender::Selects;

fn send_all<C: Selects>(senders: &[C::Sender], count: usize) {
    for i in 0..count {
        C::send_any(senders, i);
    }
}

fn receive_all<C: Selects>(receivers: &[C::Receiver], count: usize) {
    for _ in 0..count {
        C::receive_any(receivers);
    }
}

/// Several threads send and as many receive, all by selecting over the same channels.
pub fn run<C: Selects>(count: usize, capacity: Option<usize>) {
    let each = count / flow::THREADS;
    let (senders, receivers): (Vec<_>, Vec<_>) =
        (0..flow::THREADS).map(|_| C::open(capacity)).unzip();
    std::thread::scope(|scope| {
        for _ in 0..flow::THREADS {
            scope.spawn(|| send_all::<C>(&senders, each));
            scope.spawn(|| receive_all::<C>(&receivers, each));
        }
    });
}
