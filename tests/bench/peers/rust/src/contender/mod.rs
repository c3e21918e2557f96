//! What a channel must be able to do to take part, and which scenarios each contender has.

/// The ends of a crate that names its types and functions as crossbeam does.
macro_rules! ends {
    ($kind:ident) => {
        impl Sends for Sender<usize> {
            fn send(&self, value: usize) {
                self.send(value).expect("an open channel");
            }
        }

        impl Receives for Receiver<usize> {
            fn receive(&self) -> usize {
                self.recv().expect("an open channel")
            }
        }

        impl Channel for $kind {
            type Sender = Sender<usize>;
            type Receiver = Receiver<usize>;

            fn open(capacity: Option<usize>) -> (Sender<usize>, Receiver<usize>) {
                capacity.map_or_else(unbounded, bounded)
            }
        }
    };
}

mod crossbeam;
mod flume;
mod kanal;
mod std_mpsc;

use crate::scenario::{
    of_many_receivers, of_one_receiver, of_receiving_select, of_select, Scenario,
};

/// The ends of a channel. Nothing closes one here, so nothing can fail.
pub trait Sends: Sync {
    fn send(&self, value: usize);
}

pub trait Receives: Send {
    fn receive(&self) -> usize;
}

/// A kind of channel. A capacity of None is unbounded.
pub trait Channel {
    type Sender: Sends;
    type Receiver: Receives;
    fn open(capacity: Option<usize>) -> (Self::Sender, Self::Receiver);
}

/// One whose receiver can wait for whichever of several channels has a message first.
pub trait SelectsReceiving: Channel<Receiver: Sync> {
    fn receive_any(receivers: &[Self::Receiver]) -> usize;
}

/// One where any number of threads can do so at once, senders too, and each passes one message.
pub trait Selects: SelectsReceiving {
    fn send_any(senders: &[Self::Sender], value: usize);
}

pub fn scenarios(contender: &str) -> Vec<Scenario> {
    match contender {
        "crossbeam" => with_select::<crossbeam::Crossbeam>(),
        "flume" => with_receiving_select::<flume::Flume>(),
        "kanal" => without_select::<kanal::Kanal>(),
        "std mpsc" => of_one_receiver::<std_mpsc::StdMpsc>(),
        _ => panic!("no contender {contender}"),
    }
}

fn without_select<C: Channel<Receiver: Sync>>() -> Vec<Scenario> {
    [of_one_receiver::<C>(), of_many_receivers::<C>()].concat()
}

fn with_receiving_select<C: SelectsReceiving>() -> Vec<Scenario> {
    [without_select::<C>(), of_receiving_select::<C>()].concat()
}

fn with_select<C: Selects>() -> Vec<Scenario> {
    [with_receiving_select::<C>(), of_select::<C>()].concat()
}
