//! Data that goes from client to client: what was copied, and what is dragged. The compositor only passes descriptors on.

mod control;
mod device;
pub(super) mod drag;
mod offer;
pub(super) mod selection;
mod source;
pub(super) mod state;
