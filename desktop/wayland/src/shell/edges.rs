//! The edges of a window, as shells have them in their requests.

use crate::protocol::xdg_toplevel::ResizeEdge;
use wayline_desktop::Edges;

/// The edges that a number stands for. xdg-shell and wl_shell have the same.
pub(crate) fn edges(number: u32) -> Edges {
    let has = |edge: ResizeEdge| number & edge.0 != 0;
    Edges {
        left: has(ResizeEdge::LEFT),
        right: has(ResizeEdge::RIGHT),
        top: has(ResizeEdge::TOP),
        bottom: has(ResizeEdge::BOTTOM),
    }
}
