//! The system's Wayland protocols in one module, at the versions of a pin.

include!("../generated/wayland.rs");

fn main() {
    use wayline::Interface;
    assert_eq!((WlSeat::SPEC.version, WlSeat::SPEC.events.len()), (1, 1));
    assert_eq!((WlSurface::SPEC.version, WlSurface::SPEC.requests.len()), (4, 10));
    assert_eq!(XdgSurface::SPEC.name, "xdg_surface");
    println!("met");
}
