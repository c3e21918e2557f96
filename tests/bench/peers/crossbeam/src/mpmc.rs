use crate::flow;

/// Several threads send, as many others receive.
pub fn run(count: usize, capacity: Option<usize>) {
    let (sender, receiver) = flow::channel(capacity);
    let each = count / flow::THREADS;
    std::thread::scope(|scope| {
        for _ in 0..flow::THREADS {
            scope.spawn(|| flow::send(&sender, each));
            scope.spawn(|| flow::receive(&receiver, each));
        }
    });
}
