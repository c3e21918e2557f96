use super::{Channel, Receives, Selects, SelectsReceiving, Sends};
use crossbeam_channel::{bounded, unbounded, Receiver, Select, Sender};

pub struct Crossbeam;

ends!(Crossbeam);

impl SelectsReceiving for Crossbeam {
    fn receive_any(receivers: &[Receiver<usize>]) -> usize {
        let mut select = Select::new();
        for receiver in receivers {
            select.recv(receiver);
        }
        let chosen = select.select();
        let index = chosen.index();
        chosen.recv(&receivers[index]).expect("an open channel")
    }
}

impl Selects for Crossbeam {
    fn send_any(senders: &[Sender<usize>], value: usize) {
        let mut select = Select::new();
        for sender in senders {
            select.send(sender);
        }
        let chosen = select.select();
        let index = chosen.index();
        chosen
            .send(&senders[index], value)
            .expect("an open channel");
    }
}
