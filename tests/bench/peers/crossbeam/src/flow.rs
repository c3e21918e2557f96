//! The ends that the scenarios share.

use crossbeam_channel::{bounded, unbounded, Receiver, Sender};

pub const THREADS: usize = 4;

pub fn channel(capacity: Option<usize>) -> (Sender<usize>, Receiver<usize>) {
    capacity.map_or_else(unbounded, bounded)
}

pub fn send(sender: &Sender<usize>, count: usize) {
    for i in 0..count {
        sender.send(i).expect("an open channel");
    }
}

pub fn receive(receiver: &Receiver<usize>, count: usize) {
    for _ in 0..count {
        receiver.recv().expect("an open channel");
    }
}

/// Some threads send, the calling thread receives.
pub fn to_one(senders: usize, count: usize, capacity: Option<usize>) {
    let (sender, receiver) = channel(capacity);
    std::thread::scope(|scope| {
        for _ in 0..senders {
            scope.spawn(|| send(&sender, count / senders));
        }
        receive(&receiver, count / senders * senders);
    });
}
