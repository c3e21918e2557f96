use crate::flow;
use crate::select_rx::receive_any;
use crossbeam_channel::{Select, Sender};

fn send_any(senders: &[Sender<usize>], count: usize) {
    for i in 0..count {
        let mut select = Select::new();
        for sender in senders {
            select.send(sender);
        }
        let chosen = select.select();
        let index = chosen.index();
        chosen.send(&senders[index], i).expect("an open channel");
    }
}

/// Several threads send and as many receive, all by selecting over the same channels.
pub fn run(count: usize, capacity: Option<usize>) {
    let each = count / flow::THREADS;
    let (senders, receivers): (Vec<_>, Vec<_>) =
        (0..flow::THREADS).map(|_| flow::channel(capacity)).unzip();
    std::thread::scope(|scope| {
        for _ in 0..flow::THREADS {
            scope.spawn(|| send_any(&senders, each));
            scope.spawn(|| receive_any(&receivers, each));
        }
    });
}
