use super::{Channel, Receives, Sends};
use ::kanal::{bounded, unbounded, Receiver, Sender};

/// It has no select.
pub struct Kanal;

ends!(Kanal);
