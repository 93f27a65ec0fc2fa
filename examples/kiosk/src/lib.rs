//! What the programs share: the second protocol, and a client that any loop can drive.

use kiosk_protocol::*;
use panel::{KioskPanel, kiosk_panel};
use wayline::io::shm::{Access, Memory, PixelFormat, Policy, Pool};
use wayline::{Client, EventHandler, HandlerResult, HasClient, wire};

pub mod panel {
    //! The messages of `panel.xml` as Rust types.
    wayline::include_protocol!("panel");
}

/// A client with one surface. It prints what it hears.
pub struct Terminal {
    /// The connection.
    pub client: Client<Terminal>,
    /// Makes surfaces and pools.
    pub manager: KioskManager,
    /// The surface.
    pub surface: KioskSurface,
    /// How many pictures were shown.
    pub shown: u32,
    /// How many keys were pressed for nobody, and how many for the surface.
    pub keys: [u32; 2],
}

impl Terminal {
    /// Connects, makes the surface, and watches all inputs.
    pub fn connect(socket: &str) -> wayline::Result<Terminal> {
        let mut client = Client::connect_to(socket)?;
        let manager: KioskManager = client.bind(1)?;
        let surface = manager.create_surface(&mut client)?;
        manager.watch(&mut client, kiosk_manager::Capability::BUTTONS | kiosk_manager::Capability::SCANNER)?;
        Ok(Terminal { client, manager, surface, shown: 0, keys: [0, 0] })
    }

    /// Shows 64 by 48 pixels of one colour.
    pub fn draw(&mut self, shade: u8) -> wayline::Result {
        let (client, size) = (&mut self.client, 64 * 48 * 4);
        let mut memory = Memory::create("picture", size)?;
        memory.fill(0..size, shade)?;
        let pool = self.manager.create_pool(client, memory.try_clone_fd()?, size as i32)?;
        let buffer = pool.create_buffer(client, 0, 64, 48, 64 * 4, PixelFormat::XRGB8888.code)?;
        self.surface.attach(client, Some(buffer))?;
        buffer.destroy(client)?;
        Ok(pool.destroy(client)?)
    }
}

impl HasClient for Terminal {
    fn client(&mut self) -> &mut Client<Terminal> {
        &mut self.client
    }
}

impl EventHandler<KioskManager> for Terminal {
    type Data = ();

    fn event(&mut self, _: KioskManager, event: kiosk_manager::Event<'_>) -> HandlerResult {
        match event {
            kiosk_manager::Event::Input { id, kind } => println!("{id} is {kind:?}"),
            kiosk_manager::Event::Notice { text } => println!("notice: {text:?}"),
        }
        Ok(())
    }
}

impl EventHandler<KioskInput> for Terminal {
    /// The names of its keys.
    type Data = String;

    fn event(&mut self, this: KioskInput, event: kiosk_input::Event<'_>) -> HandlerResult {
        let names = self.client.data(this)?;
        match event {
            kiosk_input::Event::Keymap { fd, size } => {
                let keymap = Pool::import(fd, size as i32, Access::ReadOnly, &Policy::default())?;
                *names = String::from_utf8(keymap.to_vec()?)?;
            }
            kiosk_input::Event::Key { target, code, held } => {
                let name = names.lines().nth(code as usize).unwrap_or("unknown");
                let (is_ours, held) = (target == Some(self.surface), wire::words(held).collect::<Vec<_>>());
                println!("{this}: {name}, for us: {is_ours}, held: {held:?}");
                self.keys[usize::from(is_ours)] += 1;
            }
            kiosk_input::Event::Removed => println!("{this} is removed"),
        }
        Ok(())
    }
}

impl EventHandler<KioskSurface> for Terminal {
    type Data = ();

    fn event(&mut self, _: KioskSurface, event: kiosk_surface::Event) -> HandlerResult {
        let kiosk_surface::Event::Shown { sum } = event;
        println!("shown: {sum}");
        self.shown += 1;
        Ok(())
    }
}

impl EventHandler<KioskPanel> for Terminal {
    type Data = ();

    fn event(&mut self, _: KioskPanel, event: kiosk_panel::Event) -> HandlerResult {
        let kiosk_panel::Event::Placed { surface, kinds } = event;
        println!("placed: {}, inputs: {kinds:?}", surface == self.surface);
        Ok(())
    }
}
