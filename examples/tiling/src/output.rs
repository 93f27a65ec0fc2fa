//! Where frames go: into a picture file, or into a window of the compositor that this one is started in.

use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use wayline_desktop::{Action, Frame, Rect, Scroll};
use wayline_toolkit::{Client, Damage, Error, Event, PixelFormat, Protocol, Setup, Size, StandaloneWindow};

/// The screen.
pub(crate) enum Output {
    /// A PNG file that always has the latest frame.
    Picture(PathBuf),
    /// A window, and what it does not show yet.
    Window(Box<StandaloneWindow>, Damage),
}

impl Output {
    /// Opens a window on the compositor that `WAYLAND_DISPLAY` names.
    pub(crate) fn window() -> Result<Output, Error> {
        let setup = Setup { app_id: "wayline.tiling", title: "Tiling", format: PixelFormat::XRGB8888 };
        let mut window = StandaloneWindow::open(Client::connect()?, Protocol::Any, &setup)?;
        window.listen_to_input()?;
        while !window.wait(None)?.iter().any(|event| matches!(event, Event::Configure(_))) {}
        Ok(Output::Window(Box::new(window), Damage::default()))
    }

    /// Readable when there is something to do for [`Output::turn`].
    pub(crate) fn poll_fd(&self) -> Option<OwnedFd> {
        match self {
            Output::Picture(_) => None,
            Output::Window(window, _) => window.as_fd().try_clone_to_owned().ok(),
        }
    }

    /// What the user did; `None` once the window is closed.
    pub(crate) fn turn(&mut self, frame: &Frame) -> Option<Vec<Action>> {
        let Output::Window(window, _) = self else { return Some(Vec::new()) };
        let mut actions = Vec::new();
        for event in window.wait(Some(Duration::ZERO)).ok()? {
            match event {
                Event::Pointer { x, y } => actions.push(Action::Move { x, y }),
                Event::Button { code, pressed } => actions.push(Action::Button { code, pressed }),
                Event::Scroll { horizontal, distance } => {
                    actions.push(Action::Scroll(Scroll::wheel(horizontal, distance)));
                }
                Event::Key { code, pressed } => actions.push(Action::Key { code, pressed }),
                Event::Configure(_) => window.commit().ok()?,
                Event::Close => return None,
                _ => {}
            }
        }
        self.show(frame, &[]);
        Some(actions)
    }

    /// Shows a frame, of which `damage` is new.
    pub(crate) fn show(&mut self, frame: &Frame, damage: &[Rect]) {
        let shown = match self {
            Output::Picture(path) => save(frame, path).map_err(|error| format!("{}: {error}", path.display())),
            Output::Window(window, late) => present(window, late, frame, damage).map_err(|error| error.to_string()),
        };
        if let Err(error) = shown {
            eprintln!("tiling: {error}");
        }
    }
}

fn present(window: &mut StandaloneWindow, late: &mut Damage, frame: &Frame, damage: &[Rect]) -> Result<(), Error> {
    late.extend(damage.iter().copied());
    if late.is_empty() {
        return Ok(());
    }
    let (width, height) = frame.size();
    let draw = |rect: Rect, y: u32, row: &mut [u8]| {
        let pixels = frame.row(y.cast_signed(), rect.left(), rect.right());
        for (bytes, pixel) in row.as_chunks_mut::<4>().0.iter_mut().zip(pixels) {
            *bytes = pixel.to_le_bytes();
        }
    };
    if window.present(Size::new(width, height), late, draw)? {
        *late = Damage::default();
    }
    Ok(())
}

/// Replaces the file at once: who looks at it never sees a part.
fn save(frame: &Frame, path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let part = path.with_extension("part");
    let (width, height) = frame.size();
    let mut encoder = png::Encoder::new(std::fs::File::create(&part)?, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let bytes: Vec<u8> = frame.pixels().iter().flat_map(|pixel| pixel.to_be_bytes().into_iter().skip(1)).collect();
    encoder.write_header()?.write_image_data(&bytes)?;
    Ok(std::fs::rename(part, path)?)
}
