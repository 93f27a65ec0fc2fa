//! Nothing that an author writes becomes markup.

use std::collections::BTreeSet;

use wayline_codegen::doc::{Site, Support};
use wayline_codegen::source::Source;

use crate::{html, lamp, parse, words};

const ATTACKS: [&str; 7] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "javascript:alert(1) [x](javascript:alert(1))",
    "https://example.org/\"onmouseover=alert(1)//<b>",
    "`</code><img src=x>` {{ 7 * 7 }} {% raw %} {# #}",
    "</pre></section><!-- --><![CDATA[ ]]> &amp; &#x3c;b&#x3e;",
    "| a | <details open ontoggle=alert(1)> ```` ~~~ <a id=x>",
];

/// A protocol with these words in every place that takes any.
fn protocol(attack: &str) -> Source {
    let escaped = attack.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let description = |indent: &str| {
        format!(
            "<description summary=\"{escaped}\">\n{indent}{escaped}\n\n- {escaped}\n\n{escaped}\n----\n</description>"
        )
    };
    let (flowing, code) = (description(""), description("      "));
    Source::new("lamp.xml", format!(
        "<protocol name=\"lamps\"><copyright>{escaped}</copyright>{flowing}<interface name=\"lamp\" version=\"2\">{code}\
         <request name=\"set\" since=\"2\">{flowing}<arg name=\"a\" type=\"int\" summary=\"{escaped}\">{code}</arg></request>\
         <enum name=\"e\">{flowing}<entry name=\"b\" value=\"1\" since=\"2\" summary=\"{escaped}\">{code}</entry></enum>\
         </interface></protocol>"
    ).into_bytes())
}

#[test]
fn descriptions_add_no_elements_attributes_or_scripts_to_pages() {
    let parts = |sources: Vec<Source>| -> BTreeSet<String> {
        let pages = html(sources);
        let mut parts = BTreeSet::new();
        for page in pages.iter().filter(|page| page.path.ends_with(".html")) {
            for node in parse(&page.text).descendants().filter(roxmltree::Node::is_element) {
                parts.insert(node.tag_name().name().to_owned());
                parts.extend(node.attributes().map(|attribute| format!("@{}", attribute.name())));
                let href = node.attribute("href").unwrap_or("#");
                let scheme = href.split_once(':').map_or("", |(scheme, _)| scheme);
                assert!(["", "http", "https", "data"].contains(&scheme) || href.contains('#'), "{href}");
                assert!(!node.has_tag_name("script") || node.text().is_none());
            }
        }
        parts
    };
    let harmless = parts(vec![lamp(), protocol("harmless words")]);
    for attack in ATTACKS {
        let found = parts(vec![protocol(attack)]);
        assert!(found.is_subset(&harmless), "{attack}: {:?}", found.difference(&harmless));
    }
}

#[test]
fn descriptions_are_shown_as_they_are_written() {
    for attack in ATTACKS {
        let pages = html(vec![protocol(attack)]);
        let document = parse(&pages[0].text);
        let summaries = document.descendants().filter(|node| node.attribute("class") == Some("summary"));
        let expected: String = attack.split_whitespace().collect::<Vec<_>>().join(" ");
        // Backticks make code.
        let plain = |text: &str| text.replace('`', "");
        assert!(summaries.clone().count() >= 3);
        summaries.for_each(|node| assert_eq!(plain(&words(node)), plain(&expected)));
    }
}

#[test]
fn the_search_index_is_data_alone() {
    for attack in ATTACKS {
        let pages = html(vec![protocol(attack)]);
        let index = pages.iter().find(|page| page.path == "wayline-search.js").unwrap();
        let rows =
            index.text.strip_prefix("window.waylineSearch = ").and_then(|text| text.strip_suffix(";\n")).unwrap();
        let rows: serde_json::Value = serde_json::from_str(rows).unwrap();
        assert_eq!(rows.as_array().unwrap().len(), 5);
    }
}

#[test]
fn descriptions_add_no_html_to_markdown() {
    for attack in ATTACKS {
        for page in Site::new(vec![protocol(attack)]).markdown().unwrap() {
            let mut fence = None;
            for line in page.text.lines() {
                let ticks = line.len() - line.trim_start_matches('`').len();
                match fence {
                    Some(length) if ticks >= length && line.trim_matches('`').is_empty() => fence = None,
                    None if ticks >= 3 => fence = Some(ticks),
                    Some(_) => {}
                    None => {
                        // Outside of code every bracket is ours or escaped.
                        for (at, _) in line.match_indices('<') {
                            let is_ours = line[at..].starts_with("<a id=\"lamp") || line[at..].starts_with("</a>");
                            let is_code = line[..at].matches('`').count() % 2 == 1;
                            assert!(is_ours || is_code || line[..at].ends_with('\\'), "{attack}: {line}");
                        }
                        assert!(!line.replace("\\]", "").contains("](javascript"), "{attack}: {line}");
                    }
                }
            }
            assert_eq!(fence, None, "{attack}");
        }
    }
}

#[test]
fn names_of_compositors_are_text() {
    let json = r#"{"format":1,"compositor":"<script>x</script>","globals":[{"interface":"<img src=x>","version":1}]}"#;
    let site = Site::new(vec![lamp()]).support(Support::read("a.json", json.as_bytes()).unwrap());
    let pages = site.html().unwrap();
    let page = parse(&pages.iter().find(|page| page.path == "support.html").unwrap().text);
    assert!(!page.descendants().any(|node| node.has_tag_name("img")));
    assert_eq!(page.descendants().filter(|node| node.has_tag_name("script")).count(), 1);
}
