use super::{Channel, Receives, Sends};
use std::sync::mpsc::{channel, sync_channel, Receiver, Sender, SyncSender};

/// Its receiver belongs to one thread, and there is no select.
pub struct StdMpsc;

/// The standard library has a type for each; which one it is stays the same for a whole run.
pub enum AnySender {
    Bounded(SyncSender<usize>),
    Unbounded(Sender<usize>),
}

impl Sends for AnySender {
    fn send(&self, value: usize) {
        let sent = match self {
            Self::Bounded(sender) => sender.send(value),
            Self::Unbounded(sender) => sender.send(value),
        };
        sent.expect("an open channel");
    }
}

impl Receives for Receiver<usize> {
    fn receive(&self) -> usize {
        self.recv().expect("an open channel")
    }
}

impl Channel for StdMpsc {
    type Sender = AnySender;
    type Receiver = Receiver<usize>;

    fn open(capacity: Option<usize>) -> (AnySender, Receiver<usize>) {
        if let Some(size) = capacity {
            let (sender, receiver) = sync_channel(size);
            return (AnySender::Bounded(sender), receiver);
        }
        let (sender, receiver) = channel();
        (AnySender::Unbounded(sender), receiver)
    }
}
