//! Data that goes from client to client: what was copied or selected, and what is dragged. The compositor only passes descriptors on.

mod device;
pub(crate) mod drag;
pub(crate) mod offer;
pub(crate) mod selection;
mod source;
pub(crate) mod state;
