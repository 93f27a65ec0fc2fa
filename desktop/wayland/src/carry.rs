//! Which interfaces every compositor carries to another process, and what is put back there.

use wayline::carry::{Carrier, CarryError};

use crate::data::drag;
use crate::host::Host;
use crate::protocol::{
    WlBuffer, WlCompositor, WlDataDevice, WlDataDeviceManager, WlDataOffer, WlDataSource, WlKeyboard, WlOutput,
    WlPointer, WlRegion, WlSeat, WlShm, WlShmPool, WlSubcompositor, WlSubsurface, WlSurface, WlTouch, XdgPopup,
    XdgPositioner, XdgSurface, XdgToplevel, XdgWmBase, ZxdgShellV6,
};
use crate::seat::cursor;
use crate::shell::xdg;
use crate::surface::subsurface;

/// The carrier, of the interfaces that every compositor has as well, for an application that
/// [goes over](mod@wayline::carry) to another process. Modules have functions of the same name; the application also carries
/// its [`State`](crate::State) and its [`Desktop`](wayline_desktop::Desktop):
///
/// ```
/// # use wayline_desktop_wayland::wayline::carry::Carrier;
/// # use wayline_desktop_wayland::{self as wayland, layer_shell};
/// # fn carrier<App: layer_shell::Hosts>() -> Carrier<App> {
/// layer_shell::carry(wayland::carry(Carrier::new()))
/// # }
/// ```
///
/// Everything goes over: what is shown and what waits to be, grabs, keys that are down, drags, locks, what was copied, who
/// was told what, and pictures that are waited for. Clients hear nothing of it. All is drawn with the next frame, so who
/// waits for a picture with something new gets that one.
#[must_use]
pub fn carry<A: Host>(carrier: Carrier<A>) -> Carrier<A> {
    let carrier = carrier.with::<WlCompositor>().with::<WlRegion>().with::<WlSurface>();
    let carrier = carrier.with::<WlSubcompositor>().with::<WlSubsurface>();
    let carrier = carrier.with::<WlShm>().with::<WlShmPool>().with::<WlBuffer>().with::<WlOutput>();
    let carrier = carrier.with::<WlSeat>().with::<WlPointer>().with::<WlKeyboard>().with::<WlTouch>();
    let carrier = carrier.with::<WlDataDeviceManager>().with::<WlDataDevice>();
    let carrier = carrier.with::<WlDataSource>().with::<WlDataOffer>();
    let carrier = carrier.with::<XdgWmBase>().with::<ZxdgShellV6>().with::<XdgPositioner>();
    carrier.with::<XdgSurface>().with::<XdgToplevel>().with::<XdgPopup>().then(restore)
}

/// What no other process could write down, and the first frame.
fn restore<A: Host>(app: &mut A) -> Result<(), CarryError> {
    xdg::restore(app);
    cursor::restore(app);
    drag::restore(app);
    subsurface::restore(app)?;
    app.schedule();
    Ok(())
}
