//! Plays scripts: when their steps are due, and what then happens.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use calloop::generic::Generic;
use calloop::timer::{TimeoutAction, Timer};
use calloop::{Interest, Mode, PostAction};
use wayline_desktop_wayland::input;
use wayline_desktop_wayland::text_input::{self, Text};

use crate::app::{App, Failure};
use crate::process::Typed;
use crate::script::{self, Input};

/// Has the steps of a script wait for their time.
///
/// # Errors
/// If the file cannot be read, or a line of it not be understood.
pub(crate) fn load(app: &mut App, path: &Path) -> Result<(), Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let steps = script::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    // Steps wait as they were written, since that is what goes over to a successor.
    let lines = text.lines().filter(|line| !matches!(script::parse_line(line), Ok(None)));
    let start = Instant::now();
    for (step, line) in steps.iter().zip(lines) {
        app.process.steps.push_back((due(start, step.at)?, line.to_owned()));
    }
    Ok(())
}

/// Has steps read from standard input as they come.
///
/// # Errors
/// If this process has no descriptor left.
pub(crate) fn listen(app: &mut App) -> std::io::Result<()> {
    let from = std::os::fd::AsFd::as_fd(&std::io::stdin()).try_clone_to_owned()?;
    app.process.typed = Some(Typed { from: Arc::new(from), rest: Vec::new() });
    Ok(())
}

/// Plays what waits, also in a process that has it of its predecessor.
///
/// # Errors
/// If the loop takes no more sources.
pub(crate) fn start(app: &mut App) -> Result<(), Failure> {
    let due: Vec<Instant> = app.process.steps.iter().map(|(due, _)| *due).collect();
    due.into_iter().try_for_each(|due| wait(app, due))?;
    let Some(Typed { from, .. }) = app.process.typed.clone() else { return Ok(()) };
    let read = |_, _: &mut _, app: &mut App| read(app);
    app.events.insert_source(Generic::new(from, Interest::READ, Mode::Level), read)?;
    Ok(())
}

/// Reads what there is, and plays whole lines.
fn read(app: &mut App) -> std::io::Result<PostAction> {
    let Some(typed) = &mut app.process.typed else { return Ok(PostAction::Remove) };
    let mut chunk = [0; 4096];
    let count = rustix::io::read(&typed.from, &mut chunk)?;
    typed.rest.extend_from_slice(&chunk[..count]);
    while let Some(Typed { rest, .. }) = &mut app.process.typed
        && let Some(end) = rest.iter().position(|byte| *byte == b'\n')
    {
        let line = String::from_utf8_lossy(&rest[..end]).into_owned();
        rest.drain(..=end);
        if let Err(error) = play(app, &line) {
            tracing::error!("{line}: {error}");
        }
    }
    if count > 0 {
        return Ok(PostAction::Continue);
    }
    app.process.typed = None;
    Ok(PostAction::Remove)
}

/// Plays a line that has just come: now, or as long after that as it says.
fn play(app: &mut App, line: &str) -> Result<(), Failure> {
    let Some(step) = script::parse_line(line)? else { return Ok(()) };
    if step.at.is_zero() {
        perform(app, &step.input);
        return Ok(());
    }
    let due = due(Instant::now(), step.at)?;
    let steps = &mut app.process.steps;
    steps.insert(steps.partition_point(|(other, _)| *other <= due), (due, line.to_owned()));
    wait(app, due)
}

fn due(start: Instant, at: Duration) -> Result<Instant, Failure> {
    start.checked_add(at).ok_or_else(|| "a step that is never due".into())
}

/// Plays the steps that are due when this one is.
fn wait(app: &App, due: Instant) -> Result<(), Failure> {
    let play = move |_, (): &mut (), app: &mut App| {
        while app.process.steps.front().is_some_and(|(other, _)| *other <= due) {
            let line = app.process.steps.pop_front().map(|(_, line)| line).unwrap_or_default();
            // It was understood when it was read.
            if let Ok(Some(step)) = script::parse_line(&line) {
                perform(app, &step.input);
            }
        }
        TimeoutAction::Drop
    };
    app.events.insert_source(Timer::from_deadline(due), play)?;
    Ok(())
}

fn perform(app: &mut App, what: &Input) {
    match what {
        Input::Device(action) => input(app, *action),
        Input::Text(text) => {
            let text = Text { insert: Some(text), ..Text::default() };
            if !text_input::write(app, &text) {
                tracing::warn!("no text field takes {text:?}");
            }
        }
    }
}
