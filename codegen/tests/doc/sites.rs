//! Sites of our own protocols and of those that are installed: every link leads somewhere, and nothing leads out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use wayline_codegen::doc::{Page, Site};
use wayline_codegen::source::Source;

use crate::{here, lamp, parse, source, text};

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "xml") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn sources(directories: &[&Path]) -> Vec<Source> {
    directories.iter().flat_map(|directory| files(directory)).map(|path| source(&path)).collect()
}

/// Everything that can be described here.
fn sites() -> Vec<(&'static str, Vec<Source>)> {
    let root = here("../..");
    let own = [root.join("protocols/protocols/xml"), root.join("protocols/wayland")];
    let mut sites = vec![
        ("lamp.xml", vec![lamp()]),
        ("every_feature.xml", vec![source(&here("every_feature.xml"))]),
        ("protocol.xml", vec![source(&root.join("protocol.xml"))]),
        ("protocols", sources(&own.each_ref().map(PathBuf::as_path))),
    ];
    let installed = sources(&["/usr/share/wayland", "/usr/share/wayland-protocols"].map(Path::new));
    if installed.is_empty() {
        eprintln!("skipped: no protocols are installed");
    } else {
        sites.push(("installed", installed));
    }
    assert!(sites[3].1.len() > 20);
    sites
}

/// The ids of each page of HTML; each is there once.
fn ids(pages: &[Page]) -> BTreeMap<&str, BTreeSet<String>> {
    let mut ids = BTreeMap::new();
    for page in pages.iter().filter(|page| page.path.ends_with(".html")) {
        let document = parse(&page.text);
        let found: &mut BTreeSet<_> = ids.entry(page.path.as_str()).or_default();
        for id in document.descendants().filter_map(|node| node.attribute("id")) {
            assert!(found.insert(id.to_owned()), "{}: {id} is there twice", page.path);
        }
    }
    ids
}

fn assert_leads_somewhere(from: &str, href: &str, pages: &[Page], ids: &BTreeMap<&str, BTreeSet<String>>) {
    let (path, id) = href.split_once('#').map_or((href, None), |(path, id)| (path, Some(id)));
    let path = if path.is_empty() { from } else { path };
    assert!(pages.iter().any(|page| page.path == path), "{from}: {href}");
    assert!(id.is_none_or(|id| ids[path].contains(id)), "{from}: {href}");
}

#[test]
fn every_link_of_a_site_leads_somewhere_and_every_id_is_there_once() {
    for (name, sources) in sites() {
        let pages = Site::new(sources).html().unwrap();
        let ids = ids(&pages);
        let mut count = 0;
        for page in pages.iter().filter(|page| page.path.ends_with(".html")) {
            let document = parse(&page.text);
            for node in document.descendants().filter(roxmltree::Node::is_element) {
                for reference in ["aria-labelledby", "aria-controls", "for"] {
                    let Some(id) = node.attribute(reference) else { continue };
                    assert!(ids[page.path.as_str()].contains(id), "{}: {reference}={id}", page.path);
                }
                let Some(href) = node.attribute("href").or(node.attribute("src")) else { continue };
                count += 1;
                if !href.starts_with("https://") && !href.starts_with("http://") && href != "data:," {
                    assert_leads_somewhere(&page.path, href, &pages, &ids);
                }
            }
        }
        assert!(count > 50, "{name}");
        let index = text(&pages, "wayline-search.js").strip_prefix("window.waylineSearch = ").unwrap();
        let rows: serde_json::Value = serde_json::from_str(index.trim_end().trim_end_matches(';')).unwrap();
        for row in rows.as_array().unwrap() {
            assert_leads_somewhere("index.html", row[2].as_str().unwrap(), &pages, &ids);
        }
    }
}

/// What a browser fetches without being asked to.
#[test]
fn pages_load_nothing_from_elsewhere() {
    for (_, sources) in sites() {
        for page in Site::new(sources).html().unwrap() {
            match page.path.rsplit_once('.').unwrap().1 {
                "html" => {
                    for node in parse(&page.text).descendants().filter(|node| !node.has_tag_name("a")) {
                        for loads in ["src", "href", "srcset", "data", "poster", "action", "style", "background"] {
                            let value = node.attribute(loads).unwrap_or_default();
                            let allowed = ["", "data:,", "wayline-doc.css", "wayline-doc.js"].contains(&value);
                            assert!(allowed, "{}: {loads}={value}", page.path);
                        }
                        assert!(!node.has_tag_name("base") && !node.has_tag_name("style"));
                    }
                }
                "css" => assert!(!page.text.contains("url(") && !page.text.contains("@import")),
                _ if page.path == "wayline-doc.js" => {
                    assert!(
                        ["http", "fetch(", "XMLHttp", "import", "innerHTML", "eval("]
                            .iter()
                            .all(|word| !page.text.contains(word))
                    );
                }
                _ => {}
            }
        }
    }
}

/// Landmarks, one title, headings without gaps, tables with heads, and a name for every link and button.
#[test]
fn pages_have_the_structure_that_screen_readers_go_by() {
    for (_, sources) in sites() {
        for page in Site::new(sources).html().unwrap().iter().filter(|page| page.path.ends_with(".html")) {
            let document = parse(&page.text);
            let count = |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).count();
            assert_eq!([count("main"), count("h1"), count("header"), count("footer"), count("head")], [1; 5]);
            // Pictures have titles of their own.
            let head = document.descendants().find(|node| node.has_tag_name("head")).unwrap();
            assert_eq!(head.children().filter(|node| node.has_tag_name("title")).count(), 1);
            assert_eq!(document.root_element().attribute("lang"), Some("en"));
            let mut level = 0;
            for node in document.descendants() {
                let name = node.tag_name().name();
                if let Some(number) = name.strip_prefix('h').and_then(|number| number.parse::<usize>().ok()) {
                    assert!(number <= level + 1, "{}: {name} {}", page.path, crate::words(node));
                    level = number;
                }
                match name {
                    "a" | "button" => {
                        assert!(!crate::words(node).is_empty() || node.has_attribute("aria-label"), "{}", page.path);
                    }
                    "input" => assert!(node.has_attribute("aria-label")),
                    "table" => assert!(node.descendants().any(|node| node.attribute("scope") == Some("col"))),
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn every_link_of_markdown_leads_somewhere() {
    for (name, sources) in sites() {
        let pages = Site::new(sources).markdown().unwrap();
        let mut count = 0;
        for page in &pages {
            for (at, _) in page.text.match_indices("](") {
                let href = page.text[at + 2..].split(')').next().unwrap();
                if href.starts_with("http") {
                    continue;
                }
                let (path, id) = href.split_once('#').unwrap_or((href, ""));
                let target = text(&pages, if path.is_empty() { &page.path } else { path });
                assert!(id.is_empty() || target.contains(&format!("<a id=\"{id}\"></a>")), "{}: {href}", page.path);
                count += 1;
            }
        }
        assert!(count > 20, "{name}");
    }
}
