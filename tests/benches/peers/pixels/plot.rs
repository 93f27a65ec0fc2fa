//! The plot of composing: bars.

use super::Pixels;
use super::compositor::Kind;
use super::measure::Measured;
use crate::plot::{BAR, LEFT, Picture, RIGHT, WIDTH};
use crate::table::figure;

fn colour(who: Measured) -> &'static str {
    match who {
        Measured::Copy => "#8c8c8c",
        Measured::By(Kind::Weston) => "#c8743c",
        Measured::By(Kind::Sway) => "#4a7ab5",
        Measured::By(Kind::Wayline) => "#1f8a5b",
    }
}

/// CPU of a frame, for each picture and each compositor.
pub(crate) fn plot(pixels: &Pixels) -> String {
    let bars: usize = pixels.rows.iter().map(|row| row.costs.len() + 1).sum();
    let bottom = 44.0 + bars as f64 * BAR;
    let mut picture = Picture::new(bottom + 50.0, "CPU of the compositor for a frame of 1920×1080, in milliseconds");
    let longest = pixels.rows.iter().flat_map(|row| &row.costs).map(|(_, cost)| *cost).fold(1.0, f64::max);
    let at = |cost: f64| LEFT + cost / longest * (WIDTH - RIGHT - LEFT);
    let mut y = 44.0;
    for row in &pixels.rows {
        picture.text(LEFT - 8.0, y + BAR * row.costs.len() as f64 / 2.0 + 4.0, "end", &row.show.title());
        for (who, cost) in &row.costs {
            picture.bar((LEFT, y), at(*cost) - LEFT, colour(*who));
            picture.text(at(*cost) + 4.0, y + BAR - 3.0, "start", &figure(cost / 1e3));
            y += BAR;
        }
        y += BAR;
    }
    let known = pixels.rows.iter().flat_map(|row| &row.costs).map(|(who, _)| *who);
    let mut names: Vec<Measured> = Vec::new();
    known.for_each(|who| {
        if !names.contains(&who) {
            names.push(who);
        }
    });
    picture.legend(bottom + 26.0, names.into_iter().map(|who| (who.name(), colour(who))));
    picture.finish()
}
