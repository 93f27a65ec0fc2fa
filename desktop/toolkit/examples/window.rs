//! A window with a gradient in it that follows the pointer, and changes its colour with every key.
use wayline_toolkit::calloop::EventLoop;
use wayline_toolkit::{Client, Compositor, Damage, Error, Event, HasClient, Host};
use wayline_toolkit::{PixelFormat, Protocol, Setup, Size, Window, WindowId};

struct App {
    client: Client<App>,
    window: Window,
    size: Size,
    pointer: (f64, f64),
    keys: u8,
    dirty: bool,
    open: bool,
}

impl HasClient for App {
    fn client(&mut self) -> &mut Client<App> {
        &mut self.client
    }
}

impl Host for App {
    fn event(&mut self, _: WindowId, event: Event) {
        match event {
            Event::Configure(configure) => self.size = configure.size(self.size),
            Event::Pointer { x, y } => self.pointer = (x, y),
            Event::Key { pressed: true, .. } => self.keys = self.keys.wrapping_add(60),
            Event::Close => self.open = false,
            _ => return,
        }
        self.dirty = true;
    }
}

wayline_toolkit::delegate!(App);

fn main() -> Result<(), Error> {
    let mut events = EventLoop::try_new()?;
    let mut client = Client::connect()?;
    let compositor = Compositor::new(&mut client, events.handle(), Protocol::Any)?;
    compositor.listen_to_input(&mut client)?;
    let setup = Setup { app_id: "wayline.window", title: "A window", format: PixelFormat::XRGB8888 };
    let window = compositor.open(&mut client, &setup)?;
    let mut app =
        App { client, window, size: Size::new(400, 300), pointer: (0., 0.), keys: 0, dirty: true, open: true };
    while app.open {
        events.dispatch(None, &mut app)?;
        if app.dirty && app.window.is_ready(&mut app.client) {
            let part = |at: f64, of: u32| (255.0 * at.abs() / f64::from(of)) as u8;
            app.window.present(&mut app.client, app.size, &Damage::from(app.size), |_, row, pixels| {
                for (column, pixel) in (0..).zip(pixels.as_chunks_mut::<4>().0) {
                    let (x, y) = (f64::from(column) - app.pointer.0, f64::from(row) - app.pointer.1);
                    *pixel = [part(x, app.size.width), part(y, app.size.height), app.keys, 255];
                }
            })?;
            app.dirty = false;
        }
    }
    Ok(())
}
