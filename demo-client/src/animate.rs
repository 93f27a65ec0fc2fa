//! `animate`: moving lights, at the pace of the screen.
//!
//! Frame callbacks set the pace: a picture is drawn when the one before it was shown.

use std::time::{Duration, Instant};

use wayline_toolkit::{Damage, Event, PixelFormat, Setup, Size, StandaloneWindow};

use crate::animation::Animation;
use crate::error::Error;
use crate::options::WindowOptions;
use crate::rate::Rate;
use crate::session::{self, Host, Tally};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Stop after so many pictures.
    #[arg(long, value_name = "N", conflicts_with = "seconds", value_parser = clap::value_parser!(u64).range(1..))]
    frames: Option<u64>,

    /// Stop after so many seconds, such as 2.5.
    #[arg(long, value_name = "S", value_parser = seconds)]
    seconds: Option<Duration>,

    #[command(flatten)]
    window: WindowOptions,
}

const DEFAULT_SIZE: Size = Size::new(400, 300);

pub(crate) fn run(host: Host<'_>, options: &Options) -> Result<(), Error> {
    let mut tally = Tally::start();
    let title = options.window.title.as_deref().unwrap_or("Lights");
    let setup = Setup { app_id: "wayline-animate", title, format: PixelFormat::ARGB8888 };
    let mut window = host.open(&setup)?;
    let result = play(&mut window, options, &mut tally);
    session::finish(window.stats(), window.ended(), &tally, result)
}

fn play(window: &mut StandaloneWindow, options: &Options, tally: &mut Tally) -> Result<(), Error> {
    let preferred = options.window.size.unwrap_or(DEFAULT_SIZE);
    let start = Instant::now();
    let mut rate = Rate::new(start);
    let mut animation = Animation::new(preferred);
    let (mut size, mut due, mut shown) = (None, true, 0);
    loop {
        let left = options.seconds.map(|limit| limit.saturating_sub(start.elapsed()));
        for event in window.wait(left)? {
            match event {
                Event::Configure(configure) => size = Some(configure.size(preferred)),
                Event::Close => return Ok(window.close()?),
                Event::Frame => (due, shown) = (true, shown + 1),
                _ => {}
            }
        }
        if rate.update(shown, Instant::now()) {
            session::say(format_args!("animate: {}", rate.text()))?;
        }
        let done = options.frames.is_some_and(|limit| shown >= limit);
        let late = options.seconds.is_some_and(|limit| start.elapsed() >= limit);
        if done || late {
            return Ok(window.close()?);
        }
        // A picture needs a size, somebody who wants it, and a buffer that nobody reads.
        let Some(size) = size.filter(|_| due) else { continue };
        animation.set(size, start.elapsed().as_secs_f32(), rate.text());
        if window.present(size, &Damage::from(size), |_, y, row| animation.draw_row(y, row))? {
            due = false;
            tally.add(size.pixels());
        }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number such as 2.5 is wanted")?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::seconds;

    #[test]
    fn seconds_are_not_negative() {
        assert_eq!(seconds("2.5"), Ok(Duration::from_millis(2500)));
        assert!(seconds("-1").is_err() && seconds("NaN").is_err() && seconds("soon").is_err());
    }
}
