//! Hostile clients in short: no time is judged, everything else is.

mod support;

use support::{DEMO, PROBE, Server, conform};

/// All attacks, smaller than they are.
const ALL: &[&str] = &["hostile", "--untimed", "--scale", "0.05"];

/// Those that make a server allocate most, as large as they are.
const LARGE: &[&str] =
    &["registries", "ids", "unread", "half-sent", "pool-buffers", "orphans", "toplevels", "titles", "sources"];

/// Requires that a server gives back what the largest attacks made it allocate.
fn gives_back(server: Server) {
    let attacks = LARGE.iter().flat_map(|attack| ["--case", attack]);
    conform(&["hostile", "--untimed"].into_iter().chain(attacks).collect::<Vec<_>>(), server);
}

#[test]
fn hostile_clients_cost_the_probe_server_no_innocent_client_and_nothing_that_stays() {
    conform(ALL, PROBE);
}

#[test]
fn hostile_clients_cost_demo_server_no_innocent_client_and_nothing_that_stays() {
    conform(ALL, DEMO);
}

#[test]
fn the_probe_server_gives_back_the_memory_of_large_attacks() {
    gives_back(PROBE);
}

#[test]
fn demo_server_gives_back_the_memory_of_large_attacks() {
    gives_back(DEMO);
}
