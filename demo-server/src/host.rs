//! What the server, the front ends and the host of a nested screen ask of the compositor: wiring.

use wayline::carry::Carrier;
use wayline::protocol::WlFixes;
use wayline::{ClientId, Disconnect, GlobalError, GlobalId, HasServer, QueueStatus, Server};
use wayline_desktop::Effect;
use wayline_desktop_wayland::{
    self as wayland, Host, Offer, OfferError, Parts, Picture, data_control, image_copy, layer_shell, output_management,
    pointer_constraints, presentation, primary_selection, relative_pointer, screencopy, session_lock,
    single_pixel_buffer, text_input, viewporter, virtual_keyboard, virtual_pointer, wl_shell, xdg_decoration,
    xdg_output,
};

use crate::app::{App, Owner};
use crate::control;
use crate::native;
use crate::outputs::Screen;

wayland::delegate!(App);
wayland::delegate_data_control!(App);
wayland::delegate_image_copy!(App);
wayland::delegate_layer_shell!(App);
wayland::delegate_output_management!(App);
wayland::delegate_pointer_constraints!(App);
wayland::delegate_presentation!(App);
wayland::delegate_primary_selection!(App);
wayland::delegate_relative_pointer!(App);
wayland::delegate_single_pixel_buffer!(App);
wayland::delegate_screencopy!(App);
wayland::delegate_session_lock!(App);
wayland::delegate_text_input!(App);
wayland::delegate_viewporter!(App);
wayland::delegate_virtual_keyboard!(App);
wayland::delegate_virtual_pointer!(App);
wayland::delegate_wl_shell!(App);
wayland::delegate_xdg_decoration!(App);
wayland::delegate_xdg_output!(App);

/// Announces the globals of Wayland: each in the newest version that is served, or
/// in the one that `limits` names, unless that is 0. What is obsolete, or of no use, is announced only if it is named.
/// Returns what was announced.
///
/// # Errors
/// If a limit is for something that is not offered, or above its version.
pub(crate) fn announce(
    server: &mut Server<App>,
    limits: &[(String, u32)],
) -> Result<Vec<(&'static str, u32)>, OfferError> {
    let mut offer = Offer::limited(limits);
    wayland::announce(server, &mut offer)?;
    primary_selection::announce(server, &mut offer)?;
    data_control::announce(server, &mut offer)?;
    single_pixel_buffer::announce(server, &mut offer)?;
    virtual_keyboard::announce(server, &mut offer)?;
    virtual_pointer::announce(server, &mut offer)?;
    relative_pointer::announce(server, &mut offer)?;
    pointer_constraints::announce(server, &mut offer)?;
    text_input::announce(server, &mut offer)?;
    viewporter::announce(server, &mut offer)?;
    presentation::announce(server, &mut offer)?;
    xdg_output::announce(server, &mut offer)?;
    layer_shell::announce(server, &mut offer)?;
    screencopy::announce(server, &mut offer)?;
    image_copy::announce(server, &mut offer)?;
    output_management::announce(server, &mut offer)?;
    session_lock::announce(server, &mut offer)?;
    if offer.limit("wl_shell").is_some() {
        wl_shell::announce(server, &mut offer)?;
    }
    // Without it programs know that their frames are theirs, and some that are told so forget their windows.
    if offer.limit("zxdg_decoration_manager_v1").is_some() {
        xdg_decoration::announce(server, &mut offer)?;
    }
    wayland::announce_output(server, &mut offer)?;
    offer.finish()
}

/// Announces what no option limits: the native protocol, and what helps clients with their connection.
///
/// # Errors
/// None in practice: the versions are those of the XML the code was made from.
pub(crate) fn announce_always(server: &mut Server<App>) -> Result<(), GlobalError> {
    native::announce(server)?;
    server.add_global::<WlFixes>(2)?;
    Ok(())
}

/// The carrier, of all interfaces of Wayland that are served here as well, whether they are announced or not.
pub(crate) fn carry(carrier: Carrier<App>) -> Carrier<App> {
    let carrier = data_control::carry(primary_selection::carry(wayland::carry(carrier)));
    let carrier = virtual_pointer::carry(virtual_keyboard::carry(single_pixel_buffer::carry(carrier)));
    let carrier = text_input::carry(pointer_constraints::carry(relative_pointer::carry(carrier)));
    let carrier = xdg_output::carry(presentation::carry(viewporter::carry(carrier)));
    let carrier = image_copy::carry(screencopy::carry(layer_shell::carry(carrier)));
    let carrier = session_lock::carry(output_management::carry(carrier));
    xdg_decoration::carry(wl_shell::carry(carrier))
}

impl HasServer for App {
    fn server(&mut self) -> &mut Server<App> {
        &mut self.server
    }

    fn caught_up(&mut self, client: ClientId) {
        native::caught_up(self, client);
        wayland::caught_up(self, client);
    }

    fn slow_peer(&mut self, client: ClientId, backlog: QueueStatus) {
        let QueueStatus { bytes, fds, stalled, .. } = backlog;
        tracing::warn!("{client:?} has not read for {stalled:.1?}: {bytes} bytes and {fds} fds wait for it");
    }

    fn visible(&self, client: ClientId, global: GlobalId) -> bool {
        control::shows(self, client, global)
    }

    fn disconnected(&mut self, client: ClientId, reason: &Disconnect) {
        if matches!(reason, Disconnect::Protocol(_)) {
            for message in self.server.last_messages() {
                tracing::warn!("{client} sent {message}");
            }
        }
        self.process.before_of.remove(&client);
        native::disconnected(self, client);
        wayland::disconnected(self, client);
    }
}

impl Host for App {
    type Owner = Owner;
    type Picture = Picture;

    fn parts(&mut self) -> Parts<'_, App> {
        Parts { server: &mut self.server, desktop: &mut self.desktop, wayland: &mut self.wayland }
    }

    fn deliver(&mut self, owner: Owner, effect: Effect) {
        match owner {
            Owner::Native(surface) => native::deliver(self, surface, effect),
            Owner::Wayland(surface) => wayland::deliver(self, surface, effect),
        }
    }

    fn draw(&mut self) {
        let damage = wayland::draw(self);
        if !damage.is_empty() {
            self.tally.composed += 1;
            self.screen.show(self.desktop.frame(), &damage);
        }
        native::presented(self);
    }

    fn unreadable(&mut self, owner: Owner, text: &str) {
        if let Owner::Native(surface) = owner {
            native::unreadable(self, surface, text);
        }
    }

    fn buffer_shown(&mut self, (width, height): (u32, u32)) {
        self.tally.frames += 1;
        self.tally.pixels_shared += u64::from(width) * u64::from(height);
    }

    fn settling(&mut self) {
        if let Screen::Nested(window) = &mut self.screen {
            window.rename(self.desktop.active_title());
        }
    }
}

/// Handles what the host of a nested screen sent. Its end stops the server in
/// good order.
pub(crate) fn host_turn(app: &mut App) {
    let Screen::Nested(window) = &mut app.screen else { return };
    match window.turn() {
        Ok(Some(actions)) => {
            window.show(app.desktop.frame(), &[]);
            actions.into_iter().for_each(|action| wayland::input(app, action));
        }
        Ok(None) => app.server.stop(),
        Err(error) => {
            tracing::warn!("the window on the host: {error}");
            app.server.stop();
        }
    }
}
