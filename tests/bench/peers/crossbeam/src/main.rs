//! bench-crossbeam <scenario> <count>: the scenarios of ../../core on crossbeam-channel.
//! Prints nanoseconds a message. Without arguments: the names of the scenarios.

use std::time::Instant;

mod flow;
mod mpmc;
mod mpsc;
mod select_both;
mod select_rx;
mod seq;
mod spsc;

/// The capacity of a scenario, by the last part of its name.
#[derive(Clone, Copy)]
enum Capacity {
    Bounded(usize),
    Count,
    Unbounded,
}

type Run = fn(count: usize, capacity: Option<usize>);

const RUNS: [(&str, Run); 6] = [
    ("seq", seq::run),
    ("spsc", spsc::run),
    ("mpsc", mpsc::run),
    ("mpmc", mpmc::run),
    ("select_rx", select_rx::run),
    ("select_both", select_both::run),
];

const CAPACITIES: [(&str, Capacity); 4] = [
    ("0", Capacity::Bounded(0)),
    ("1", Capacity::Bounded(1)),
    ("n", Capacity::Count),
    ("unbounded", Capacity::Unbounded),
];

/// All scenarios. Alone, a thread cannot fill a channel that is smaller than the count.
fn scenarios() -> Vec<(String, Run, Capacity)> {
    let mut all = Vec::new();
    for (name, run) in RUNS {
        for (suffix, capacity) in CAPACITIES {
            if name != "seq" || !matches!(capacity, Capacity::Bounded(_)) {
                all.push((format!("{name}-{suffix}"), run, capacity));
            }
        }
    }
    all
}

fn measure(run: Run, capacity: Capacity, count: usize) {
    let started = Instant::now();
    match capacity {
        Capacity::Bounded(size) => run(count, Some(size)),
        Capacity::Count => run(count, Some(count)),
        Capacity::Unbounded => run(count, None),
    }
    println!("{:.3}", started.elapsed().as_nanos() as f64 / count as f64);
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.len() != 3 {
        scenarios().iter().for_each(|(name, _, _)| println!("{name}"));
        return;
    }
    let count = arguments[2].parse().expect("a count");
    let found = scenarios().into_iter().find(|(name, _, _)| *name == arguments[1]);
    let (_, run, capacity) = found.expect("a scenario");
    measure(run, capacity, count);
}
