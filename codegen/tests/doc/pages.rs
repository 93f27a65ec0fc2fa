//! The pages of a small protocol that has everything.

use wayline_codegen::doc::{Site, Support};

use crate::{by_id, html, lamp, one, parse, text, words};

/// The elements of a page, each with what identifies it, and its texts.
fn outline(node: roxmltree::Node<'_, '_>, depth: usize, lines: &mut String) {
    let indent = "  ".repeat(depth);
    if let Some(text) = node.text().filter(|text| node.is_text() && !text.trim().is_empty()) {
        *lines += &format!("{indent}\"{}\"\n", text.trim().replace('\n', "\\n"));
    }
    if !node.is_element() {
        return;
    }
    let shown = ["id", "class", "href", "src", "aria-labelledby", "d", "x", "y"];
    let attributes = node.attributes().filter(|attribute| shown.contains(&attribute.name()));
    let attributes: String = attributes.map(|one| format!(" {}={}", one.name(), one.value())).collect();
    *lines += &format!("{indent}{}{attributes}\n", node.tag_name().name());
    node.children().for_each(|child| outline(child, depth + 1, lines));
}

#[test]
fn a_page_of_html_has_everything_of_a_protocol() {
    let pages = html(vec![lamp()]);
    let document = parse(text(&pages, "lamp_unstable_v1.html"));
    let mut lines = String::new();
    outline(document.root_element(), 0, &mut lines);
    insta::assert_snapshot!(lines);
}

#[test]
fn a_page_of_markdown_has_everything_of_a_protocol() {
    let pages = Site::new(vec![lamp()]).markdown().unwrap();
    insta::assert_snapshot!(text(&pages, "lamp_unstable_v1.md"));
    insta::assert_snapshot!(text(&pages, "README.md"), @r"
    # lamp_unstable_v1

    | Protocol | Interfaces |
    |---|---|
    | [lamp_unstable_v1](lamp_unstable_v1.md) (unstable): lamps \& their light | [`zlamp_room`](lamp_unstable_v1.md#zlamp_room) 2, [`zlamp`](lamp_unstable_v1.md#zlamp) 4 |
    ");
}

#[test]
fn references_are_links_where_they_resolve() {
    let pages = html(vec![
        lamp(),
        one(1, "<request name=\"see\"><description summary=\"s\">zlamp.set and lamp.</description></request>"),
    ]);
    let document = parse(text(&pages, "lamp_unstable_v1.html"));
    let links = |id: &str| -> Vec<(String, String)> {
        let article = by_id(&document, id).parent().unwrap();
        let paragraphs = article.children().filter(|node| node.has_tag_name("p") && node.attribute("class").is_none());
        let links = paragraphs.flat_map(|node| node.descendants()).filter(|node| node.has_tag_name("a"));
        links.map(|link| (words(link), link.attribute("href").unwrap().to_owned())).collect()
    };
    let expected = [("zlamp.shining", "#zlamp:event:shining"), ("make_any", "#zlamp_room:request:make_any")];
    assert_eq!(links("zlamp_room:request:make_lamp"), expected.map(|(text, href)| (text.to_owned(), href.to_owned())));
    let other = parse(text(&pages, "lamps.html"));
    let link = other.descendants().find(|node| node.has_tag_name("a") && words(*node) == "zlamp.set").unwrap();
    assert_eq!(link.attribute("href"), Some("lamp_unstable_v1.html#zlamp:request:set"));
}

#[test]
fn support_is_shown_with_each_interface_and_in_a_table() {
    let support = |name: &str, version: u32| {
        let json = format!(
            r#"{{"format":1,"compositor":"{name}","globals":[{{"interface":"zlamp_room","version":{version}}},{{"interface":"other<b>","version":1}}]}}"#
        );
        Support::read("a.json", json.as_bytes()).unwrap()
    };
    let none = Support::read("dark.json", br#"{"format":1,"globals":[]}"#).unwrap();
    let site = Site::new(vec![lamp()]).support(support("west & co", 1)).support(support("sway", 2)).support(none);
    let pages = site.html().unwrap();
    let document = parse(text(&pages, "lamp_unstable_v1.html"));
    let offered: Vec<_> =
        document.descendants().filter(|node| node.has_tag_name("dt") && words(*node) == "Offered by").collect();
    assert_eq!(offered.len(), 1, "a lamp is no global");
    assert_eq!(words(offered[0].next_sibling_element().unwrap()), "west & co v1 of 2sway v2dark no");
    let document = parse(text(&pages, "support.html"));
    let rows: Vec<_> = document
        .descendants()
        .filter(|node| node.has_tag_name("tr"))
        .map(|row| row.children().filter(roxmltree::Node::is_element).map(words).collect::<Vec<_>>().join(" | "))
        .collect();
    assert_eq!(
        rows,
        [
            "Interface | Described | west & co | sway | dark",
            "zlamp_room | 2 | 1 | 2 | –",
            "other<b> | not here | 1 | 1 | –"
        ]
    );
    let pages = site.markdown().unwrap();
    assert!(text(&pages, "support.md").ends_with("| Interface | Described | west \\& co | sway | dark |\n|---|---|---|---|---|\n| [`zlamp_room`](lamp_unstable_v1.md#zlamp_room) | 2 | 1 | 2 | – |\n| `other<b>` | not here | 1 | 1 | – |\n"), "{}", text(&pages, "support.md"));
}

#[test]
fn files_with_interfaces_of_one_name_have_a_page_each() {
    let pages = html(vec![one(1, "<request name=\"a\"/>"), one(1, "<request name=\"b\"/>")]);
    assert!(text(&pages, "lamps.html").contains("id=\"lamp:request:a\""));
    assert!(text(&pages, "lamps-2.html").contains("id=\"lamp:request:b\""));
}
