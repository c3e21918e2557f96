use super::{Channel, Receives, Sends};
use ::kanal::{bounded, unbounded, Receiver, Sender};

/// It has no select.
pub struct Kanal;

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

impl Channel for Kanal {
    type Sender = Sender<usize>;
    type Receiver = Receiver<usize>;

    fn open(capacity: Option<usize>) -> (Sender<usize>, Receiver<usize>) {
        capacity.map_or_else(unbounded, bounded)
    }
}
