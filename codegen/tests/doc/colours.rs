//! Text can be read in both themes: a contrast of at least 4.5, as WCAG 2 asks for.

use std::collections::BTreeMap;

use crate::{html, lamp, text};

/// The luminance of `#rrggbb`.
fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

#[test]
fn text_differs_from_what_is_behind_it_in_light_and_dark() {
    let pages = html(vec![lamp()]);
    let colours: BTreeMap<_, _> = text(&pages, "wayline-doc.css")
        .lines()
        .filter_map(|line| line.trim().strip_prefix("--")?.split_once(": light-dark("))
        .map(|(name, colours)| (name, colours.trim_end_matches(");").split_once(", ").unwrap()))
        .collect();
    let surfaces = ["page", "raised", "sunken"];
    let on_surfaces = ["text", "faint", "link"].into_iter().flat_map(|text| surfaces.map(|behind| (text, behind)));
    let badges = ["since", "warn", "stop", "note"].map(|name| (format!("{name}-text"), name));
    let on_mark = ["text", "faint", "link"].map(|text| (text, "mark"));
    let pairs = on_surfaces.chain(on_mark).chain([("accent", "page")]).map(|(text, behind)| (text.to_owned(), behind));
    for (text, behind) in pairs.chain(badges) {
        let ((light, dark), (light_behind, dark_behind)) = (colours[text.as_str()], colours[behind]);
        for (one, other) in [(light, light_behind), (dark, dark_behind)] {
            let (one, other) = (luminance(one), luminance(other));
            let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
            assert!(contrast >= 4.5, "{text} on {behind}: {contrast}");
        }
    }
}
