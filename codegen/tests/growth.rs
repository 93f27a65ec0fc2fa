//! Time grows with the size of a file, not with its square, whatever the file has much of. Instructions are counted, by
//! valgrind, of this program run on one file, or on two that are compared: at two sizes, and on almost nothing.

use std::path::Path;
use std::process::{Command, Stdio};

use wayline_codegen::Builder;
use wayline_codegen::source::Source;

/// How many of what a file has much of.
const SIZES: [usize; 2] = [250, 1500];

/// How much more the larger file may cost, if it is six times as large: sorting costs a little more than that.
const MOST: u64 = 7;

/// What tells the program which file it is to work on.
const SHAPE: &str = "WAYLINE_GROWTH_SHAPE";
const SIZE: &str = "WAYLINE_GROWTH_SIZE";

fn many(size: usize, one: impl Fn(usize) -> String) -> String {
    (0..size).map(one).collect()
}

fn interface(body: &str) -> String {
    format!("<interface name=\"lamp\" version=\"1\"><request name=\"destroy\" type=\"destructor\"/>{body}</interface>")
}

/// The name with the case of its letters chosen by the bits of a number.
fn cased(number: usize) -> String {
    let letters = "valueofthelamp".chars().enumerate();
    letters.map(|(bit, c)| if number >> bit & 1 == 1 { c.to_ascii_uppercase() } else { c }).collect()
}

fn enums(size: usize) -> String {
    many(size, |n| format!("<enum name=\"e{n}\"><entry name=\"a\" value=\"0\"/></enum>"))
}

/// Requests with one argument each.
fn takes(size: usize, arg: impl Fn(usize) -> String) -> String {
    many(size, |n| format!("<request name=\"take{n}\"><arg name=\"x\" {}/></request>", arg(n)))
}

type Shape = fn(usize) -> String;

/// Files by what there is much of.
const SHAPES: &[(&str, Shape)] = &[
    ("attributes of an element", |size| {
        interface(&format!("<request name=\"a\"{}/>", many(size, |n| format!(" b{n}=\"c\""))))
    }),
    ("namespaces within each other", |size| many(size, |n| format!("<a xmlns:b{n}=\"u{n}\">"))),
    ("faults on one line", |size| interface(&many(size, |n| format!("<request name=\"a{n}\" b=\"c\"/>")))),
    ("descriptions", |size| interface(&"<description summary=\"s\"/>".repeat(size))),
    ("descriptions behind requests", |size| {
        interface(&(takes(size, |_| "type=\"int\"".to_owned()) + &"<description summary=\"s\"/>".repeat(size)))
    }),
    ("entries that differ in case", |size| {
        let entries = many(size, |n| format!("<entry name=\"{}\" value=\"{n}\"/>", cased(n)));
        interface(&format!("<enum name=\"e\">{entries}</enum>"))
    }),
    ("requests that differ in case", |size| interface(&many(size, |n| format!("<request name=\"{}\"/>", cased(n))))),
    ("enums that are referred to", |size| {
        interface(&(enums(size) + &takes(size, |n| format!("type=\"uint\" enum=\"e{n}\""))))
    }),
    ("enums that are not there", |size| {
        interface(&(enums(size) + &takes(size, |n| format!("type=\"uint\" enum=\"f{n}\""))))
    }),
    ("interfaces that refer to others", |size| {
        many(size, |n| {
            let other = (n * 7 + 1) % size;
            let arg = format!("<arg name=\"x\" type=\"object\" interface=\"i{other}\"/>");
            format!("<interface name=\"i{n}\" version=\"1\"><request name=\"a\">{arg}</request></interface>")
        })
    }),
    ("interfaces of one name", |size| {
        interface(&takes(1, |_| "type=\"object\" interface=\"lamp\"".to_owned())).repeat(size)
    }),
    ("prose", |size| {
        let (items, digits) = ("- item of a list\n".repeat(size), "1".repeat(10 * size) + &".".repeat(10 * size));
        let text = format!("{items}\n{digits}\n\n{}\n\n{}", "` ".repeat(size), "    code\n\n".repeat(size));
        interface("").replace("1\">", &format!("1\"><description summary=\"s\">{text}</description>"))
    }),
];

#[cfg(feature = "diff")]
type TwoShapes = fn(usize) -> [String; 2];

/// Pairs of files by what has changed in them.
#[cfg(feature = "diff")]
const CHANGES: &[(&str, TwoShapes)] = &[
    ("interfaces that are gone and new", |size| [interfaces("old", size), interfaces("new", size)]),
    ("interfaces with new names and their own requests", |size| {
        let named = |name: &str| {
            many(size, |n| format!("<interface name=\"{name}{n}\" version=\"1\"><request name=\"r{n}\"/></interface>"))
        };
        [named("old"), named("new")]
    }),
    ("interfaces in another order", |size| {
        let one = |n: usize| format!("<interface name=\"i{n}\" version=\"1\"><event name=\"e\"/></interface>");
        [many(size, one), many(size, |n| one(size - 1 - n))]
    }),
    ("requests in another order", |size| {
        let one = |n: usize| format!("<request name=\"r{n}\"/>");
        [interface(&many(size, one)), interface(&many(size, |n| one(size - 1 - n)))]
    }),
    ("requests with new names", |size| {
        [
            interface(&takes(size, |_| "type=\"int\"".to_owned())),
            interface(&takes(size, |_| "type=\"int\"".to_owned()).replace("take", "give")),
        ]
    }),
    ("requests that are gone and new", |size| {
        let of = |name: &str, kind: &str| {
            interface(&many(size, |n| format!("<event name=\"{name}{n}\"><arg name=\"a\" type=\"{kind}\"/></event>")))
        };
        [of("old", "int"), of("new", "fixed")]
    }),
    ("every other request is gone", |size| {
        let of = |step: usize| many(size / step, |n| format!("<request name=\"r{}\"/>", n * step));
        [interface(&of(1)), interface(&of(2))]
    }),
    ("requests below a long name", |size| {
        let name = "long".repeat(size);
        let of = |kind: &str| interface(&takes(size, |_| format!("type=\"{kind}\""))).replace("lamp", &name);
        [of("int"), of("fixed")]
    }),
    ("arguments in another order", |size| {
        let one = |n: usize| format!("<arg name=\"a{n}\" type=\"int\"/>");
        let of = |args: [String; 2]| {
            interface(&many(size, |n| format!("<event name=\"e{n}\">{}{}</event>", args[0], args[1])))
        };
        [of([one(0), one(1)]), of([one(1), one(0)])]
    }),
    ("enums with new names", |size| {
        let of = |name: &str| {
            interface(&many(size, |n| format!("<enum name=\"{name}{n}\"><entry name=\"a{n}\" value=\"{n}\"/></enum>")))
        };
        [of("old"), of("new")]
    }),
    ("entries with new names and one value", |size| {
        let of = |name: &str| {
            let entries = many(size, |n| format!("<entry name=\"{name}{n}\" value=\"1\"/>"));
            interface(&format!("<enum name=\"e\">{entries}</enum>"))
        };
        [of("old"), of("new")]
    }),
    ("entries that are new", |size| {
        let of = |size: usize| {
            let entries = many(size, |n| format!("<entry name=\"a{n}\" value=\"{n}\"/>"));
            interface(&format!("<enum name=\"e\">{entries}</enum>"))
        };
        [of(1), of(size)]
    }),
    ("prose on one line", |size| {
        let of = |word: &str| {
            interface(&many(size, |n| {
                format!("<event name=\"e{n}\"><description summary=\"s\">{word} is told</description></event>")
            }))
        };
        [of("this"), of("that")]
    }),
];

/// Files by what pages of them have much of.
#[cfg(feature = "doc")]
const PAGES: &[(&str, Shape)] = &[
    ("references in a description", |size| {
        let text = "wl_other lamp.e lamp.e.a0 a_b.c `d e` https://f *g* ".repeat(size);
        let entries = many(size, |n| format!("<entry name=\"a{n}\" value=\"{n}\"/>"));
        interface(&format!("<enum name=\"e\"><description summary=\"s\">{text}</description>{entries}</enum>"))
    }),
    ("lists and blank lines", |size| {
        let text = "- item\n\n  more\n\n      code\n".repeat(size);
        interface("").replace("1\">", &format!("1\"><description summary=\"s\">{text}</description>"))
    }),
    ("interfaces that make each other", |size| {
        many(size, |n| {
            let arg = |n: usize| format!("<arg name=\"x\" type=\"new_id\" interface=\"i{}\"/>", n % size);
            let request = |n: usize| format!("<request name=\"r{n}\">{}</request>", arg(n));
            format!("<interface name=\"i{n}\" version=\"1\">{}{}</interface>", request(n + 1), request(n * 7 + 3))
        })
    }),
    ("entries that are new in a version of their own", |size| {
        let entries = many(size, |n| format!("<entry name=\"a{n}\" value=\"{n}\" since=\"{}\"/>", n + 1));
        interface(&format!("<enum name=\"e\">{entries}</enum>")).replace("version=\"1\"", "version=\"9999\"")
    }),
    ("arguments of one enum", |size| interface(&(enums(1) + &takes(size, |_| "type=\"uint\" enum=\"e0\"".to_owned())))),
];

/// Describes one file in both forms.
#[cfg(feature = "doc")]
#[test]
fn pages_in_a_process_of_their_own() {
    let (Ok(name), Ok(size)) = (std::env::var(SHAPE), std::env::var(SIZE)) else { return };
    let Some((_, shape)) = PAGES.iter().find(|(known, _)| *known == name) else { return };
    let text = format!("<protocol name=\"p\">{}</protocol>", shape(size.parse().unwrap()));
    let site = wayline_codegen::doc::Site::new(vec![Source::new("p.xml", text.into_bytes())]);
    assert!(site.html().is_ok() && site.markdown().is_ok());
}

/// Interfaces without a partner that they could be taken for.
#[cfg(feature = "diff")]
fn interfaces(name: &str, size: usize) -> String {
    many(size, |n| format!("<interface name=\"{name}{n}\" version=\"1\"><event name=\"same\"/></interface>"))
}

/// Compares two files.
#[cfg(feature = "diff")]
#[test]
fn two_files_in_a_process_of_its_own() {
    let (Ok(name), Ok(size)) = (std::env::var(SHAPE), std::env::var(SIZE)) else { return };
    let Some((_, shape)) = CHANGES.iter().find(|(known, _)| *known == name) else { return };
    let files = shape(size.parse().unwrap()).map(|body| format!("<protocol name=\"p\">{body}</protocol>"));
    let [old, new] = files.map(|text| vec![Source::new("p.xml", text.into_bytes())]);
    let changes = wayline_codegen::diff::compare(old, new).unwrap();
    assert!(!changes.is_empty() || size == "1" || name.contains("another order"), "{name} of {size}");
}

/// Reads, checks and generates, and finds the place of every fault; this is what is counted.
#[test]
fn one_file_in_a_process_of_its_own() {
    let (Ok(name), Ok(size)) = (std::env::var(SHAPE), std::env::var(SIZE)) else { return };
    let Some((_, shape)) = SHAPES.iter().find(|(known, _)| *known == name) else { return };
    let text = format!("<protocol name=\"p\">{}</protocol>", shape(size.parse().unwrap()));
    let builder = Builder::new().source(Source::new("p.xml", text.into_bytes())).message_values(true);
    let report = builder.check();
    let columns: usize = report.diagnostics().iter().map(|found| report.position(found).column).sum();
    assert!(columns > 0 || builder.version("lamp", 1).generate().is_ok() || name.starts_with("interfaces"));
}

/// Files by what the linter has much to say about.
#[cfg(feature = "lint")]
const LINTED: &[(&str, Shape)] = &[
    ("numbers without an enum", |size| {
        interface(&(takes(size, |n| format!("type=\"uint\" summary=\"e{n}\"")) + &enums(size)))
    }),
    ("interfaces that make each other", |size| {
        many(size, |n| {
            let arg = format!("<arg name=\"x\" type=\"new_id\" interface=\"i{}\"/>", (n * 7 + 1) % size);
            format!("<interface name=\"i{n}\" version=\"2\"><event name=\"a\">{arg}</event></interface>")
        })
    }),
    ("comments in front of one request", |size| {
        interface(
            &(many(size, |_| "<!-- wayline: allow keyword: k -->".to_owned())
                + &takes(size, |_| "type=\"int\"".to_owned())),
        )
    }),
    ("comments that are of use", |size| {
        interface(&many(size, |n| format!("<!-- wayline: allow name-style: k --><request name=\"take_{n}_\"/>")))
    }),
    ("one comment for many", |size| {
        let requests = many(size, |n| format!("<request name=\"take_{n}_\"/>"));
        format!("<!-- wayline: allow name-style: k -->{}", interface(&requests))
    }),
    ("attributes of another name", |size| {
        interface(&many(size, |n| format!("<request name=\"take{n}\" version=\"1\"/>")))
    }),
    ("entries of one value below a long name", |size| {
        let entries = many(size, |n| format!("<entry name=\"a{n}\" value=\"1\"/>"));
        interface(&format!("<enum name=\"{}\">{entries}</enum>", "long".repeat(size)))
    }),
    ("summaries on many lines", |size| {
        let entries = many(size, |n| format!("<entry name=\"a{n}\" value=\"{n}\" summary=\"s\n   t\"/>"));
        interface(&format!("<enum name=\"e\">{entries}</enum>"))
    }),
    ("elements that are not known, within each other", |size| {
        interface(&("<x>".repeat(size) + &"</x>".repeat(size) + &many(size, |n| format!("<request name=\"R{n}\"/>"))))
    }),
];

/// Looks for what is legal and harms, and mends it.
#[cfg(feature = "lint")]
#[test]
fn one_file_in_a_process_of_the_linter() {
    use wayline_codegen::lint::{Levels, lint};

    let (Ok(name), Ok(size)) = (std::env::var(SHAPE), std::env::var(SIZE)) else { return };
    let Some((_, shape)) = LINTED.iter().find(|(known, _)| *known == name) else { return };
    let text = format!("<protocol name=\"p\">{}</protocol>", shape(size.parse().unwrap()));
    let report = lint(vec![Source::new("p.xml", text.into_bytes())], &Levels::default());
    assert!(!report.findings().is_empty());
    report.fixed();
}

/// The instructions of this program on one file.
fn count(test: &str, name: &str, size: usize, directory: &Path) -> u64 {
    let file = directory.join("counted");
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--log-file=/dev/null"])
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--quiet"])
        .stdout(Stdio::null())
        .envs([(SHAPE, name), (SIZE, &size.to_string())])
        .status()
        .unwrap();
    assert!(status.success(), "{name} of {size}: {status}");
    let text = std::fs::read_to_string(file).unwrap();
    let totals = text.lines().find_map(|line| line.strip_prefix("totals: "));
    totals.and_then(|totals| totals.trim().parse().ok()).expect("callgrind counts")
}

#[test]
fn time_grows_with_the_size_of_a_file() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        eprintln!("skipped: valgrind is not installed");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mut wrong = String::new();
    #[cfg(feature = "diff")]
    let changes = CHANGES.iter().map(|(name, _)| ("two_files_in_a_process_of_its_own", *name));
    #[cfg(not(feature = "diff"))]
    let changes = std::iter::empty();
    #[cfg(feature = "doc")]
    let pages = PAGES.iter().map(|(name, _)| ("pages_in_a_process_of_their_own", *name));
    #[cfg(not(feature = "doc"))]
    let pages = std::iter::empty();
    let shapes = SHAPES.iter().map(|(name, _)| ("one_file_in_a_process_of_its_own", *name));
    #[cfg(feature = "lint")]
    let linted = LINTED.iter().map(|(name, _)| ("one_file_in_a_process_of_the_linter", *name));
    #[cfg(not(feature = "lint"))]
    let linted = std::iter::empty();
    for (test, name) in shapes.chain(changes).chain(linted).chain(pages) {
        let [least, small, large] = [1, SIZES[0], SIZES[1]].map(|size| count(test, name, size, directory.path()));
        let (small, large) = (small.saturating_sub(least), large.saturating_sub(least));
        eprintln!("{name}: {small} instructions, six times as many: {large}");
        // What is refused for its number costs next to nothing, and then the pages it lies in count.
        if large > 10_000_000 && large > MOST * small {
            wrong += &format!("{name}: {small}, then {large}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
