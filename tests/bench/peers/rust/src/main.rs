//! bench-rust <contender> <scenario> <count>: the scenarios of ../../core on the channels of one
//! contender. Prints nanoseconds a message. With a contender alone: the scenarios that it has.

use std::time::Instant;

mod contender;
mod scenario;

use scenario::{Capacity, Scenario};

fn measure(scenario: &Scenario, count: usize) {
    let capacity = match scenario.capacity {
        Capacity::Bounded(size) => Some(size),
        Capacity::Count => Some(count),
        Capacity::Unbounded => None,
    };
    let started = Instant::now();
    (scenario.run)(count, capacity);
    println!("{:.3}", started.elapsed().as_nanos() as f64 / count as f64);
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let scenarios = contender::scenarios(arguments.get(1).expect("a contender"));
    if arguments.len() != 4 {
        scenarios.iter().for_each(|each| println!("{}", each.name));
        return;
    }
    let count = arguments[3].parse().expect("a count");
    let found = scenarios.iter().find(|each| each.name == arguments[2]);
    measure(found.expect("a scenario"), count);
}
