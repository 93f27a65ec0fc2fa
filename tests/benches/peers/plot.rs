//! Plots as SVG, written by hand: bars and lines over logarithmic axes.

use std::fmt::Write;

use crate::compare::{Comparison, Cost};
use crate::figures::Figures;
use crate::peer::Library;
use crate::report::title;
use crate::work::Work;

/// A file name and its contents.
pub(crate) type Plot = (&'static str, String);

/// What is plotted: bars are sums of client and server, so those that have both.
const PLOTTED: [Library; 5] =
    [Library::Floor, Library::Libwayland, Library::WaylandRs, Library::Wayline, Library::WaylineCalloop];

/// All plots.
pub(crate) fn plots(figures: &Figures) -> Vec<Plot> {
    let of_crowd = |value: fn(&crate::crowd::Crowd) -> f64| -> Vec<Series> {
        PLOTTED
            .into_iter()
            .map(|library| {
                let own = figures.crowds.iter().filter(|crowd| crowd.library == library);
                Series { library, points: own.map(|crowd| (crowd.clients as f64, value(crowd))).collect() }
            })
            .collect()
    };
    vec![
        ("messages.svg", bars(figures)),
        (
            "batches.svg",
            lines("CPU ns for each request, client and server together", "requests in a batch", &batches(figures)),
        ),
        (
            "memory.svg",
            lines("private bytes of the server for each client", "connected clients", &of_crowd(|crowd| crowd.memory)),
        ),
        (
            "idle.svg",
            lines("server CPU ns of a round trip with one client", "connected clients", &of_crowd(|crowd| crowd.trip)),
        ),
    ]
}

/// The points of one library.
struct Series {
    library: Library,
    points: Vec<(f64, f64)>,
}

fn batches(figures: &Figures) -> Vec<Series> {
    let point = |comparison: &Comparison, library| {
        let Work::Batch(size) = comparison.work else { return None };
        Some((f64::from(size), comparison.of(library)?.cpu.iter().sum()))
    };
    let series = |library| Series {
        library,
        points: figures.batches.iter().filter_map(|comparison| point(comparison, library)).collect(),
    };
    PLOTTED.into_iter().map(series).collect()
}

fn colour(library: Library) -> &'static str {
    match library {
        Library::Floor | Library::FloorCalloop | Library::Wayrs | Library::WlProxy => "#8c8c8c",
        Library::Libwayland => "#c8743c",
        Library::WaylandRs => "#4a7ab5",
        Library::Wayline => "#7fc9a4",
        Library::WaylineCalloop => "#1f8a5b",
    }
}

/// Width of a plot in pixels.
pub(crate) const WIDTH: f64 = 760.0;
pub(crate) const LEFT: f64 = 260.0;
pub(crate) const RIGHT: f64 = 60.0;
/// Height of a bar, with the space below it.
pub(crate) const BAR: f64 = 13.0;

/// An SVG under construction.
pub(crate) struct Picture(String);

impl Picture {
    pub(crate) fn new(height: f64, title: &str) -> Picture {
        let mut picture = Picture(String::new());
        picture.add(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
             font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>"
        ));
        picture.text(16.0, 24.0, "start", title);
        picture
    }

    /// Writing to a string cannot fail.
    fn add(&mut self, element: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.0, "{element}");
    }

    pub(crate) fn text(&mut self, x: f64, y: f64, anchor: &str, text: &str) {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        self.add(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"#222222\">{text}</text>"
        ));
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: &str) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.add(format_args!(
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"{colour}\"/>"
        ));
    }

    /// A bar that starts here.
    pub(crate) fn bar(&mut self, (x, y): (f64, f64), width: f64, fill: &str) {
        let height = BAR - 2.0;
        self.add(format_args!(
            "<rect x=\"{x}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height}\" fill=\"{fill}\"/>"
        ));
    }

    /// Names and their colours, side by side.
    pub(crate) fn legend<'a>(&mut self, y: f64, names: impl Iterator<Item = (&'a str, &'a str)>) {
        for (index, (name, fill)) in names.enumerate() {
            let (x, top) = (16.0 + index as f64 * 148.0, y - 11.0);
            self.add(format_args!("<rect x=\"{x}\" y=\"{top}\" width=\"12\" height=\"12\" fill=\"{fill}\"/>"));
            self.text(x + 18.0, y, "start", name);
        }
    }

    pub(crate) fn finish(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }
}

/// A logarithmic scale from values to pixels.
struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// Covers `values` in whole powers of ten, `from` and `to` being pixels.
    fn tens(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Scale {
        let (low, high) = values
            .filter(|value| *value > 0.0)
            .fold((f64::MAX, f64::MIN_POSITIVE), |(low, high), value| (low.min(value), high.max(value)));
        Scale { low: low.log10().floor(), high: high.log10().ceil().max(low.log10().floor() + 1.0), from, to }
    }

    fn at(&self, value: f64) -> f64 {
        self.from + (value.log10() - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// The powers of ten.
    fn ticks(&self) -> impl Iterator<Item = f64> + use<> {
        (self.low as i32..=self.high as i32).map(|power| 10f64.powi(power))
    }
}

/// Cost of each message, all libraries as bars.
fn bars(figures: &Figures) -> String {
    pub(crate) const BAR: f64 = 13.0;
    let costs =
        |comparison: &Comparison| PLOTTED.into_iter().filter_map(|library| comparison.of(library).copied()).collect();
    let groups: Vec<(Work, Vec<Cost>)> =
        figures.messages.iter().map(|comparison| (comparison.work, costs(comparison))).collect();
    let rows: usize = groups.iter().map(|(_, costs)| costs.len() + 1).sum();
    let bottom = 44.0 + rows as f64 * BAR;
    let mut picture = Picture::new(bottom + 60.0, "CPU ns for each message, client and server together (logarithmic)");
    let total = |cost: &Cost| cost.cpu.iter().sum::<f64>();
    let scale = Scale::tens(groups.iter().flat_map(|(_, costs)| costs).map(total), LEFT, WIDTH - RIGHT);
    for tick in scale.ticks() {
        picture.line((scale.at(tick), 36.0), (scale.at(tick), bottom), "#dddddd");
        picture.text(scale.at(tick), bottom + 16.0, "middle", &tick.to_string());
    }
    let mut y = 44.0;
    for (work, costs) in &groups {
        picture.text(LEFT - 8.0, y + BAR * costs.len() as f64 / 2.0 + 4.0, "end", &title(*work));
        for cost in costs {
            let end = scale.at(total(cost));
            picture.bar((LEFT, y), end - LEFT, colour(cost.library));
            picture.text(end + 4.0, y + BAR - 3.0, "start", &crate::table::figure(total(cost)));
            y += BAR;
        }
        y += BAR;
    }
    legend(&mut picture, bottom + 42.0);
    picture.finish()
}

/// Lines over a logarithmic axis.
fn lines(what: &str, over: &str, series: &[Series]) -> String {
    const TOP: f64 = 44.0;
    const BOTTOM: f64 = 340.0;
    let mut picture = Picture::new(BOTTOM + 80.0, &format!("{what} (logarithmic)"));
    let points = || series.iter().flat_map(|series| &series.points);
    let x = Scale::tens(points().map(|(x, _)| *x), 80.0, WIDTH - RIGHT);
    let y = Scale::tens(points().map(|(_, y)| *y), BOTTOM, TOP);
    for tick in x.ticks() {
        picture.line((x.at(tick), TOP), (x.at(tick), BOTTOM), "#eeeeee");
        picture.text(x.at(tick), BOTTOM + 16.0, "middle", &tick.to_string());
    }
    for tick in y.ticks() {
        picture.line((80.0, y.at(tick)), (WIDTH - RIGHT, y.at(tick)), "#dddddd");
        picture.text(72.0, y.at(tick) + 4.0, "end", &tick.to_string());
    }
    picture.text(f64::midpoint(80.0, WIDTH - RIGHT), BOTTOM + 36.0, "middle", over);
    for series in series {
        let stroke = colour(series.library);
        // A logarithmic axis has no place for zero.
        let points = || series.points.iter().filter(|&&(_, b)| b > 0.0);
        let path: Vec<String> = points().map(|&(a, b)| format!("{:.1},{:.1}", x.at(a), y.at(b))).collect();
        picture.add(format_args!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"2\"/>",
            path.join(" ")
        ));
        for &(a, b) in points() {
            picture.add(format_args!(
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{stroke}\"/>",
                x.at(a),
                y.at(b)
            ));
        }
    }
    legend(&mut picture, BOTTOM + 64.0);
    picture.finish()
}

fn legend(picture: &mut Picture, y: f64) {
    picture.legend(y, PLOTTED.into_iter().map(|library| (library.name(), colour(library))));
}
