//! The scenarios, one a file, and the capacities that each comes in.

mod crowd;
mod flow;
mod mpmc;
mod mpsc;
mod select_both;
mod select_rx;
mod seq;
mod spsc;

use crate::contender::{Channel, Selects, SelectsReceiving};

/// The capacity of a scenario, which is the last part of its name.
#[derive(Clone, Copy)]
pub enum Capacity {
    Bounded(usize),
    Count,
    Unbounded,
}

type Run = fn(count: usize, capacity: Option<usize>);

#[derive(Clone)]
pub struct Scenario {
    pub name: String,
    pub run: Run,
    pub capacity: Capacity,
}

type Sizes = [(&'static str, Capacity)];

const ALL: &Sizes = &[
    ("0", Capacity::Bounded(0)),
    ("1", Capacity::Bounded(1)),
    ("n", Capacity::Count),
    ("unbounded", Capacity::Unbounded),
];

fn sized<'a>(kind: &'a str, run: Run, sizes: &'a Sizes) -> impl Iterator<Item = Scenario> + 'a {
    sizes.iter().map(move |&(suffix, capacity)| Scenario {
        name: format!("{kind}-{suffix}"),
        run,
        capacity,
    })
}

/// Alone, a thread cannot fill a channel that is smaller than the count.
pub fn of_one_receiver<C: Channel>() -> Vec<Scenario> {
    sized("seq", seq::run::<C>, &ALL[2..])
        .chain(sized("spsc", spsc::run::<C>, ALL))
        .chain(sized("mpsc", mpsc::run::<C>, ALL))
        .collect()
}

pub fn of_many_receivers<C: Channel<Receiver: Sync>>() -> Vec<Scenario> {
    sized("mpmc", mpmc::run::<C>, ALL)
        .chain(sized("crowd", crowd::run::<C>, &ALL[..3]))
        .collect()
}

pub fn of_receiving_select<C: SelectsReceiving>() -> Vec<Scenario> {
    sized("select_rx", select_rx::run::<C>, ALL).collect()
}

pub fn of_select<C: Selects>() -> Vec<Scenario> {
    sized("select_both", select_both::run::<C>, ALL).collect()
}
