use crate::flow;
use crossbeam_channel::{Receiver, Select};

pub fn receive_any(receivers: &[Receiver<usize>], count: usize) {
    for _ in 0..count {
        let mut select = Select::new();
        for receiver in receivers {
            select.recv(receiver);
        }
        let chosen = select.select();
        let index = chosen.index();
        chosen.recv(&receivers[index]).expect("an open channel");
    }
}

/// Several threads send, each on a channel of its own; one thread selects.
pub fn run(count: usize, capacity: Option<usize>) {
    let each = count / flow::THREADS;
    let (senders, receivers): (Vec<_>, Vec<_>) =
        (0..flow::THREADS).map(|_| flow::channel(capacity)).unzip();
    std::thread::scope(|scope| {
        for sender in &senders {
            scope.spawn(move || flow::send(sender, each));
        }
        receive_any(&receivers, each * flow::THREADS);
    });
}
