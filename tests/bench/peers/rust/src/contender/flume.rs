use super::{Channel, Receives, SelectsReceiving, Sends};
use ::flume::{bounded, unbounded, Receiver, Selector, Sender};

pub struct Flume;

ends!(Flume);

/// No select of several threads over the same channels: a select that waits to send can send on
/// more than one of its channels, one that waits to receive is not woken a second time once another
/// has taken the message it was woken for, and so select_both does not always end.
impl SelectsReceiving for Flume {
    fn receive_any(receivers: &[Receiver<usize>]) -> usize {
        let mut select = Selector::new();
        for receiver in receivers {
            select = select.recv(receiver, |received| received);
        }
        select.wait().expect("an open channel")
    }
}
