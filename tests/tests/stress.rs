//! A short stress: no time is judged, everything else is.

mod support;

use support::{DEMO, PROBE, conform};

/// Every scenario that is not about times.
const STORM: &[&str] = &["stress", "--untimed", "--kills", "200", "--clients", "100", "--patience", "10"];

#[test]
fn d11_p14_k17_the_probe_server_weathers_a_storm() {
    conform(STORM, PROBE);
}

#[test]
fn d11_p14_k17_demo_server_weathers_a_storm() {
    conform(STORM, DEMO);
}
