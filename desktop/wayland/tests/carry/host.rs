//! The compositor.

use calloop::EventLoop;
use wayline::carry::{Carrier, CarryError, Loader, Refusal, Saver, Upgrade};
use wayline::{ClientId, Disconnect, HasServer, Server};
use wayline_desktop::{Desktop, Effect};
use wayline_desktop_wayland::{self as wayland, Host, Offer, OfferError, Parts, Picture, State, WaylandOwner};
use wayline_desktop_wayland::{
    data_control, image_copy, layer_shell, output_management, pointer_constraints, presentation, primary_selection,
    relative_pointer, screencopy, session_lock, single_pixel_buffer, text_input, viewporter, virtual_keyboard,
    virtual_pointer, wl_shell, xdg_decoration, xdg_output,
};

/// A compositor that serves all there is.
pub(crate) struct App {
    pub(crate) server: Server<App>,
    pub(crate) desktop: Desktop<WaylandOwner, Picture>,
    pub(crate) wayland: State<App>,
    /// Timers that wait in it are never waited for: tests draw where they want.
    _events: EventLoop<'static, App>,
    pub(crate) fields: u32,
}

wayland::delegate!(App);
wayland::delegate_data_control!(App);
wayland::delegate_image_copy!(App);
wayland::delegate_layer_shell!(App);
wayland::delegate_output_management!(App);
wayland::delegate_pointer_constraints!(App);
wayland::delegate_presentation!(App);
wayland::delegate_primary_selection!(App);
wayland::delegate_relative_pointer!(App);
wayland::delegate_screencopy!(App);
wayland::delegate_session_lock!(App);
wayland::delegate_single_pixel_buffer!(App);
wayland::delegate_text_input!(App);
wayland::delegate_viewporter!(App);
wayland::delegate_virtual_keyboard!(App);
wayland::delegate_virtual_pointer!(App);
wayland::delegate_wl_shell!(App);
wayland::delegate_xdg_decoration!(App);
wayland::delegate_xdg_output!(App);

impl HasServer for App {
    fn server(&mut self) -> &mut Server<App> {
        &mut self.server
    }

    fn caught_up(&mut self, client: ClientId) {
        wayland::caught_up(self, client);
    }

    fn disconnected(&mut self, client: ClientId, _: &Disconnect) {
        wayland::disconnected(self, client);
    }
}

impl Host for App {
    type Owner = WaylandOwner;
    type Picture = Picture;

    fn parts(&mut self) -> Parts<'_, App> {
        Parts { server: &mut self.server, desktop: &mut self.desktop, wayland: &mut self.wayland }
    }

    fn deliver(&mut self, owner: WaylandOwner, effect: Effect) {
        wayland::deliver(self, owner.0, effect);
    }

    fn draw(&mut self) {
        wayland::draw(self);
    }

    fn text_field_changed(&mut self) {
        self.fields += 1;
    }
}

fn announce(server: &mut Server<App>) -> Result<(), OfferError> {
    let offer = &mut Offer::limited(&[("zxdg_shell_v6".to_owned(), 1)]);
    wayland::announce(server, offer)?;
    data_control::announce(server, offer)?;
    image_copy::announce(server, offer)?;
    layer_shell::announce(server, offer)?;
    output_management::announce(server, offer)?;
    pointer_constraints::announce(server, offer)?;
    presentation::announce(server, offer)?;
    primary_selection::announce(server, offer)?;
    relative_pointer::announce(server, offer)?;
    screencopy::announce(server, offer)?;
    session_lock::announce(server, offer)?;
    single_pixel_buffer::announce(server, offer)?;
    text_input::announce(server, offer)?;
    viewporter::announce(server, offer)?;
    virtual_keyboard::announce(server, offer)?;
    virtual_pointer::announce(server, offer)?;
    wl_shell::announce(server, offer)?;
    xdg_decoration::announce(server, offer)?;
    xdg_output::announce(server, offer)?;
    wayland::announce_output(server, offer)
}

impl Upgrade for App {
    fn carrier() -> Carrier<App> {
        let carrier = wayland::carry(Carrier::new());
        let carrier = image_copy::carry(data_control::carry(carrier));
        let carrier = output_management::carry(layer_shell::carry(carrier));
        let carrier = presentation::carry(pointer_constraints::carry(carrier));
        let carrier = relative_pointer::carry(primary_selection::carry(carrier));
        let carrier = session_lock::carry(screencopy::carry(carrier));
        let carrier = text_input::carry(single_pixel_buffer::carry(carrier));
        let carrier = virtual_keyboard::carry(viewporter::carry(carrier));
        let carrier = wl_shell::carry(virtual_pointer::carry(carrier));
        xdg_output::carry(xdg_decoration::carry(carrier))
    }

    fn save(&mut self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.put(&self.desktop)?;
        self.wayland.save(saver)
    }

    fn load(mut server: Server<App>, loader: &mut Loader<'_>) -> Result<App, CarryError> {
        announce(&mut server).map_err(|error| CarryError::Application(error.to_string()))?;
        let events = EventLoop::try_new().map_err(|error| CarryError::Application(error.to_string()))?;
        let desktop = loader.get()?;
        let wayland = State::load(events.handle(), loader)?;
        Ok(App { server, desktop, wayland, _events: events, fields: 0 })
    }
}

impl App {
    pub(crate) fn new() -> App {
        let events = EventLoop::try_new().unwrap();
        let mut server = Server::new();
        announce(&mut server).unwrap();
        let wayland = State::new(events.handle());
        App { server, desktop: Desktop::new((640, 480)), wayland, _events: events, fields: 0 }
    }
}
