//! Surfaces and their buffers: what is attached, committed, released, and where its memory is.

use std::collections::HashSet;

use super::fault::{Fault, Rule};
use super::ids::IdMap;
use super::shell::Shell;
use super::waits::Waits;
use crate::meaning::Known;
use crate::record::Record;

/// More changes of one surface between two commits are not followed.
const FRAMES: usize = 256;

#[derive(Default)]
pub(super) struct Surfaces {
    surfaces: IdMap<u32, Surface>,
    /// Buffers that the server has not released since they were committed.
    held: HashSet<u32>,
    /// The surfaces that show a buffer each, by buffer: one of them, if there are several.
    showing: IdMap<u32, u32>,
    pools: IdMap<u32, i64>,
}

#[derive(Default)]
struct Surface {
    /// What was attached since the last commit.
    pending: Option<u32>,
    damaged: bool,
    /// Whether there are changes since the last commit, which somebody waits for.
    changed: bool,
    frames: Vec<u32>,
    /// Those of the commits before, the latest.
    waiting: Vec<u32>,
    /// The buffer that is shown.
    current: Option<u32>,
}

impl Surfaces {
    pub(super) fn see(
        &mut self,
        known: Known,
        record: &Record<'_>,
        shell: &Shell,
        waits: &mut Waits,
        faults: &mut Vec<Fault>,
    ) {
        if let Known::Damage | Known::DamageBuffer = known {
            return self.damage(record, waits);
        }
        self.other(known, record, shell, waits, faults);
    }

    /// There is more of it than of all others.
    fn damage(&mut self, record: &Record<'_>, waits: &mut Waits) {
        if let Some(surface) = self.surfaces.get_mut(&record.object()) {
            surface.damaged = true;
            surface.change(record, waits);
        }
    }

    #[inline(never)]
    fn other(&mut self, known: Known, record: &Record<'_>, shell: &Shell, waits: &mut Waits, faults: &mut Vec<Fault>) {
        let id = record.object();
        match known {
            Known::CreateSurface => {
                if let Some(id) = record.number("id") {
                    self.surfaces.insert(id, Surface::default());
                }
            }
            Known::Attach | Known::Frame | Known::Commit | Known::DestroySurface => {
                self.surface(known, record, shell, waits, faults);
            }
            Known::CreatePool | Known::ResizePool | Known::DestroyPool | Known::CreateBuffer => {
                self.pools(known, record, faults);
            }
            Known::Release => {
                self.held.remove(&id);
                waits.cancel(Rule::BufferKept, id);
            }
            Known::DestroyBuffer => {
                waits.cancel(Rule::BufferKept, id);
                let shown = self.showing.remove(&id);
                let shown = shown.filter(|shown| self.surfaces.get(shown).is_some_and(|one| one.current == Some(id)));
                if self.held.remove(&id)
                    && let Some(surface) = shown
                {
                    let text = format!("wl_buffer#{id} is destroyed while wl_surface#{surface} shows it");
                    faults.push(Rule::BufferEnded.fault(text + " and it is not released: its contents are undefined"));
                }
                if let Some(surface) = shown.and_then(|shown| self.surfaces.get_mut(&shown)) {
                    surface.current = None;
                }
            }
            _ => {}
        }
    }

    fn surface(
        &mut self,
        known: Known,
        record: &Record<'_>,
        shell: &Shell,
        waits: &mut Waits,
        faults: &mut Vec<Fault>,
    ) {
        let id = record.object();
        let Some(surface) = self.surfaces.get_mut(&id) else { return };
        match known {
            Known::Attach => {
                surface.pending = record.number("buffer");
                surface.change(record, waits);
            }
            Known::Frame => {
                if let Some(callback) = record.number("callback").filter(|_| surface.frames.len() < FRAMES) {
                    surface.frames.push(callback);
                }
                surface.change(record, waits);
            }
            Known::Commit => {
                surface.commit(record, &mut self.held, &mut self.showing, shell, waits, faults);
            }
            Known::DestroySurface => {
                waits.cancel(Rule::Uncommitted, id);
                for callback in &surface.waiting {
                    waits.cancel(Rule::FrameUnanswered, *callback);
                }
                if let Some(role) = shell.xdg_surface_of(id) {
                    let text = format!("wl_surface#{id} is destroyed before xdg_surface#{role}");
                    faults.push(Rule::RoleEndedLast.fault(text + ": the server answers with an error"));
                }
                let current = self.surfaces.remove(&id).and_then(|surface| surface.current);
                if let Some(buffer) = current.filter(|buffer| self.showing.get(buffer) == Some(&id)) {
                    self.showing.remove(&buffer);
                }
            }
            _ => {}
        }
    }

    /// Changes of a surface have waited for too long; the next one waits anew.
    pub(super) fn overdue(&mut self, id: u32) {
        if let Some(surface) = self.surfaces.get_mut(&id) {
            surface.changed = false;
        }
    }

    /// Memory behind buffers: a file must have the bytes that are spoken of.
    pub(super) fn file(record: &Record<'_>, faults: &mut Vec<Fault>) {
        let (interface, name) = record.name();
        let id = record.object();
        if let [info] = record.fds
            && let Some(size) = record.number("size")
            && info.is_memory()
            && info.size < u64::from(size)
        {
            let text = format!("{interface}#{id}.{name} speaks of {size} bytes, and the file has {}", info.size);
            faults.push(Rule::PoolTooLarge.fault(text + ": whoever reads behind its end gets SIGBUS"));
        }
    }

    /// Buffers must be within their pools.
    #[inline(never)]
    fn pools(&mut self, known: Known, record: &Record<'_>, faults: &mut Vec<Fault>) {
        let signed = |name| record.number(name).map_or(0, |word| i64::from(word as i32));
        let id = record.object();
        match known {
            Known::CreatePool => {
                if let Some(id) = record.number("id") {
                    self.pools.insert(id, signed("size"));
                }
            }
            Known::ResizePool => {
                self.pools.insert(id, signed("size"));
            }
            Known::DestroyPool => {
                self.pools.remove(&id);
            }
            Known::CreateBuffer => {
                let end = signed("offset") + signed("height") * signed("stride");
                if let Some(&size) = self.pools.get(&id).filter(|&&size| end > size || signed("offset") < 0) {
                    let text = format!("a buffer ends at byte {end} of wl_shm_pool#{id}, which has {size}");
                    faults.push(Rule::OutsidePool.fault(text + ": the server answers with an error"));
                }
            }
            _ => {}
        }
    }
}

impl Surface {
    /// Changes are to be committed before long.
    fn change(&mut self, record: &Record<'_>, waits: &mut Waits) {
        if !std::mem::replace(&mut self.changed, true) {
            waits.arm(record.at, Rule::Uncommitted, record.object());
        }
    }

    #[inline(never)]
    fn commit(
        &mut self,
        record: &Record<'_>,
        held: &mut HashSet<u32>,
        showing: &mut IdMap<u32, u32>,
        shell: &Shell,
        waits: &mut Waits,
        faults: &mut Vec<Fault>,
    ) {
        let id = record.object();
        let damaged = std::mem::take(&mut self.damaged);
        if std::mem::take(&mut self.changed) {
            waits.cancel(Rule::Uncommitted, id);
        }
        if let Some(buffer) = self.pending.take() {
            let new = (buffer != 0).then_some(buffer);
            if new.is_some() && shell.is_unconfigured(id) {
                let text = format!("wl_surface#{id} gets a buffer before its first configure is acknowledged");
                faults.push(Rule::Unconfigured.fault(text + ": the server answers with unconfigured_buffer"));
            }
            if new.is_some() && self.current.is_some() && new != self.current && !damaged {
                let text = format!("wl_surface#{id} gets wl_buffer#{buffer} without damage");
                faults.push(Rule::NoDamage.fault(text + ": the server need not show anything of it"));
            }
            if let Some(before) = self.current.filter(|before| new != Some(*before) && held.contains(before)) {
                waits.arm(record.at, Rule::BufferKept, before);
            }
            if let Some(buffer) = new {
                held.insert(buffer);
                waits.cancel(Rule::BufferKept, buffer);
            }
            if let Some(before) = self.current.filter(|before| showing.get(before) == Some(&id)) {
                showing.remove(&before);
            }
            if let Some(buffer) = new {
                showing.insert(buffer, id);
            }
            self.current = new;
        }
        if !self.frames.is_empty() {
            self.waiting = std::mem::take(&mut self.frames);
            for &callback in &self.waiting {
                waits.arm(record.at, Rule::FrameUnanswered, callback);
            }
        }
    }
}
