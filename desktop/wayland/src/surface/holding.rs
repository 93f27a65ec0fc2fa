//! Surfaces that hold the pointer: what becomes of that with their commits, and what their clients are told.

use wayline_desktop::Region;

use super::state::{self, Holder};
use crate::host::Host;
use crate::protocol::WlSurface;

/// What a region takes.
pub(crate) fn bytes(region: Option<&Region>) -> u64 {
    region.map_or(0, |region| region.bytes() as u64)
}

/// A constraint is gone. The pointer goes to where the client showed it, if that is on the surface.
pub(crate) fn end<A: Host>(app: &mut A, surface: Option<WlSurface>, object: Holder) {
    let Some(state) = surface.and_then(|surface| app.server().data(surface).ok()) else { return };
    let Some(holding) = state.constraint.take_if(|holding| holding.object == object) else { return };
    (state.pending.constraint, state.pending.hint) = (None, None);
    if let Some(cached) = &mut state.cached {
        (cached.changes.constraint, cached.changes.hint) = (None, None);
    }
    let id = state.id;
    // It is less than before.
    let _ = surface.map(|surface| state::charge(app, surface));
    let held = app.desktop().holder() == Some(id);
    app.desktop().set_constraint(id, None);
    if let Some((x, y)) = holding.hint.filter(|_| held) {
        app.desktop().place_pointer(id, x, y);
    }
    app.settle();
}

/// A commit of a surface takes effect.
pub(crate) fn apply<A: Host>(
    app: &mut A,
    surface: WlSurface,
    region: Option<Option<Region>>,
    hint: Option<(f64, f64)>,
) {
    let Ok(state) = app.server().data(surface) else { return };
    let (Some(holding), id) = (&mut state.constraint, state.id) else { return };
    holding.hint = hint.or(holding.hint);
    if let Some(region) = region {
        holding.bytes = bytes(region.as_ref());
        app.desktop().set_constraint_region(id, region);
    }
}

/// Tells a client that its surface holds the pointer, or does not any more.
pub(crate) fn set_held<A: Host>(app: &mut A, surface: WlSurface, held: bool) {
    let Ok(state) = app.server().data(surface) else { return };
    let Some(holding) = state.constraint.as_deref().copied() else { return };
    if holding.once && !held {
        // It does nothing from now on, and is in nobody's way.
        state.constraint = None;
        let _ = state::charge(app, surface);
    }
    let server = app.server();
    // The client may be gone.
    let _ = match (holding.object, held) {
        (Holder::Lock(lock), true) => lock.locked(server),
        (Holder::Lock(lock), false) => lock.unlocked(server),
        (Holder::Confinement(confinement), true) => confinement.confined(server),
        (Holder::Confinement(confinement), false) => confinement.unconfined(server),
    };
}
