//! Windows: configure and its acknowledgement, ping and pong, and what has to end first.

use std::collections::HashMap;

use super::fault::{Fault, Rule};
use super::waits::Waits;
use crate::record::Record;

/// What this is about. Most messages are about something else.
const INTERFACES: [&str; 4] = ["xdg_wm_base", "xdg_surface", "zwlr_layer_shell_v1", "zwlr_layer_surface_v1"];

/// Serials of one object that wait for their acknowledgement; the oldest go first.
const SERIALS: usize = 256;

#[derive(Default)]
pub(super) struct Shell {
    /// By the id of the object that is configured.
    roles: HashMap<u32, Role>,
    /// Roles by the id of their surface.
    surfaces: HashMap<u32, u32>,
    pings: HashMap<u32, Vec<u32>>,
}

struct Role {
    shell: u32,
    surface: u32,
    serials: Vec<u32>,
    acknowledged: bool,
    is_xdg: bool,
}

impl Shell {
    /// Whether the surface has a role that must be configured before it can be shown, and was not.
    pub(super) fn is_unconfigured(&self, surface: u32) -> bool {
        self.surfaces.get(&surface).and_then(|role| self.roles.get(role)).is_some_and(|role| !role.acknowledged)
    }

    /// The `xdg_surface` that has to end before the surface.
    pub(super) fn xdg_surface_of(&self, surface: u32) -> Option<u32> {
        self.surfaces.get(&surface).copied().filter(|role| self.roles.get(role).is_some_and(|role| role.is_xdg))
    }

    pub(super) fn see(&mut self, record: &Record<'_>, waits: &mut Waits, faults: &mut Vec<Fault>) {
        if !INTERFACES.contains(&record.interface()) {
            return;
        }
        let id = record.object();
        let serial = record.number("serial");
        match record.name() {
            ("xdg_wm_base", "get_xdg_surface") | ("zwlr_layer_shell_v1", "get_layer_surface") => {
                if let (Some(role), Some(surface)) = (record.number("id"), record.number("surface")) {
                    let is_xdg = record.interface() == "xdg_wm_base";
                    let new = Role { shell: id, surface, serials: Vec::new(), acknowledged: false, is_xdg };
                    self.roles.insert(role, new);
                    self.surfaces.insert(surface, role);
                }
            }
            ("xdg_surface" | "zwlr_layer_surface_v1", "configure") => {
                if let (Some(role), Some(serial)) = (self.roles.get_mut(&id), serial) {
                    if role.serials.len() == SERIALS {
                        role.serials.remove(0);
                    }
                    role.serials.push(serial);
                    waits.arm(record.at, Rule::ConfigureUnanswered, id);
                }
            }
            ("xdg_surface" | "zwlr_layer_surface_v1", "ack_configure") => {
                if let (Some(role), Some(serial)) = (self.roles.get_mut(&id), serial) {
                    role.acknowledge(record, serial, waits, faults);
                }
            }
            ("xdg_surface" | "zwlr_layer_surface_v1", "destroy") => {
                waits.cancel(Rule::ConfigureUnanswered, id);
                if let Some(role) = self.roles.remove(&id) {
                    self.surfaces.remove(&role.surface);
                }
            }
            ("xdg_wm_base", "destroy") => {
                waits.cancel(Rule::PingUnanswered, id);
                self.pings.remove(&id);
                let left = self.roles.values().filter(|role| role.is_xdg && role.shell == id).count();
                if left > 0 {
                    let text = format!("xdg_wm_base#{id} is destroyed before {left} xdg_surface that it made");
                    faults.push(Rule::ShellEndedFirst.fault(text + ": the server answers with defunct_surfaces"));
                }
            }
            ("xdg_wm_base", "ping") => {
                let pings = self.pings.entry(id).or_default();
                if let Some(serial) = serial.filter(|_| pings.len() < SERIALS) {
                    pings.push(serial);
                    waits.arm(record.at, Rule::PingUnanswered, id);
                }
            }
            ("xdg_wm_base", "pong") => {
                let pings = self.pings.entry(id).or_default();
                match serial.and_then(|serial| pings.iter().position(|&ping| ping == serial)) {
                    Some(at) => drop(pings.drain(..=at)),
                    None => {
                        let text =
                            format!("xdg_wm_base#{id}.pong has serial {}, which no ping had", serial.unwrap_or(0));
                        faults.push(Rule::WrongPong.fault(text + ": the client counts as hanging"));
                    }
                }
                if pings.is_empty() {
                    waits.cancel(Rule::PingUnanswered, id);
                }
            }
            _ => {}
        }
    }
}

impl Role {
    fn acknowledge(&mut self, record: &Record<'_>, serial: u32, waits: &mut Waits, faults: &mut Vec<Fault>) {
        let Some(at) = self.serials.iter().position(|&one| one == serial) else {
            let text = format!("{}#{} acknowledges serial {serial}", record.interface(), record.object());
            let text =
                text + ", which no configure has, or a later one was acknowledged: the server answers with an error";
            return faults.push(Rule::WrongAck.fault(text));
        };
        self.serials.drain(..=at);
        self.acknowledged = true;
        if self.serials.is_empty() {
            waits.cancel(Rule::ConfigureUnanswered, record.object());
        }
    }
}
