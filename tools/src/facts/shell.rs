//! Windows: configure and its acknowledgement, ping and pong, and what has to end first.

use std::collections::HashMap;

use super::fault::{Fault, Rule};
use super::waits::Waits;
use crate::meaning::Known;
use crate::record::Record;

/// Serials of one object that wait for their acknowledgement; the oldest go first.
const SERIALS: usize = 256;

#[derive(Default)]
pub(super) struct Shell {
    /// By the id of the object that is configured.
    roles: HashMap<u32, Role>,
    /// Roles by the id of their surface.
    surfaces: HashMap<u32, u32>,
    pings: HashMap<u32, Vec<u32>>,
    /// How many `xdg_surface` each shell has made that are there.
    made: HashMap<u32, usize>,
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

    #[inline(never)]
    pub(super) fn see(&mut self, known: Known, record: &Record<'_>, waits: &mut Waits, faults: &mut Vec<Fault>) {
        let id = record.object();
        let serial = || record.number("serial");
        match known {
            Known::GetXdgSurface | Known::GetLayerSurface => {
                if let (Some(role), Some(surface)) = (record.number("id"), record.number("surface")) {
                    let is_xdg = known == Known::GetXdgSurface;
                    let new = Role { shell: id, surface, serials: Vec::new(), acknowledged: false, is_xdg };
                    if is_xdg {
                        *self.made.entry(id).or_default() += 1;
                    }
                    if let Some(before) = self.roles.insert(role, new) {
                        self.ended(&before);
                    }
                    self.surfaces.insert(surface, role);
                }
            }
            Known::Configure | Known::ConfigureLayer => {
                if let (Some(role), Some(serial)) = (self.roles.get_mut(&id), serial()) {
                    if role.serials.len() == SERIALS {
                        role.serials.remove(0);
                    }
                    role.serials.push(serial);
                    waits.arm(record.at, Rule::ConfigureUnanswered, id);
                }
            }
            Known::AckConfigure | Known::AckConfigureLayer => {
                if let (Some(role), Some(serial)) = (self.roles.get_mut(&id), serial()) {
                    role.acknowledge(record, serial, waits, faults);
                }
            }
            Known::DestroyXdgSurface | Known::DestroyLayerSurface => {
                waits.cancel(Rule::ConfigureUnanswered, id);
                if let Some(role) = self.roles.remove(&id) {
                    self.surfaces.remove(&role.surface);
                    self.ended(&role);
                }
            }
            Known::DestroyShell => {
                waits.cancel(Rule::PingUnanswered, id);
                self.pings.remove(&id);
                if let Some(left) = self.made.remove(&id) {
                    let text = format!("xdg_wm_base#{id} is destroyed before {left} xdg_surface that it made");
                    faults.push(Rule::ShellEndedFirst.fault(text + ": the server answers with defunct_surfaces"));
                }
            }
            Known::Ping => {
                let pings = self.pings.entry(id).or_default();
                if let Some(serial) = serial().filter(|_| pings.len() < SERIALS) {
                    pings.push(serial);
                    waits.arm(record.at, Rule::PingUnanswered, id);
                }
            }
            Known::Pong => {
                let pings = self.pings.entry(id).or_default();
                match serial().and_then(|serial| pings.iter().position(|&ping| ping == serial)) {
                    Some(at) => drop(pings.drain(..=at)),
                    None => {
                        let text =
                            format!("xdg_wm_base#{id}.pong has serial {}, which no ping had", serial().unwrap_or(0));
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

impl Shell {
    /// One `xdg_surface` less.
    fn ended(&mut self, role: &Role) {
        if let Some(made) = self.made.get_mut(&role.shell).filter(|_| role.is_xdg) {
            *made -= 1;
            if *made == 0 {
                self.made.remove(&role.shell);
            }
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
