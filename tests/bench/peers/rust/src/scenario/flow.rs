//! The ends that the scenarios share.

use crate::contender::{Channel, Receives, Sends};

pub const THREADS: usize = 4;

pub fn send(sender: &impl Sends, count: usize) {
    for i in 0..count {
        sender.send(i);
    }
}

pub fn receive(receiver: &impl Receives, count: usize) {
    for _ in 0..count {
        receiver.receive();
    }
}

/// Some threads send, the calling thread receives.
pub fn to_one<C: Channel>(senders: usize, count: usize, capacity: Option<usize>) {
    let (sender, receiver) = C::open(capacity);
    std::thread::scope(|scope| {
        for _ in 0..senders {
            scope.spawn(|| send(&sender, count / senders));
        }
        receive(&receiver, count / senders * senders);
    });
}

/// As many threads send as receive, all over the same channel.
pub fn to_many<C: Channel<Receiver: Sync>>(pairs: usize, count: usize, capacity: Option<usize>) {
    let (sender, receiver) = C::open(capacity);
    std::thread::scope(|scope| {
        for _ in 0..pairs {
            scope.spawn(|| send(&sender, count / pairs));
        }
        for _ in 0..pairs {
            scope.spawn(|| receive(&receiver, count / pairs));
        }
    });
}
