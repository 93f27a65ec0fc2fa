//! The script of a site in a browser: search and themes, driven by a script of the test. Without chromium the tests say that
//! they skip.

use std::path::Path;
use std::process::Command;

use wayline_codegen::doc;

use crate::{html, lamp};

/// What a page's own script does when a reader acts, as JSON in the page.
const DRIVER: &str = r##"
addEventListener("load", async () => {
  const find = (id) => document.getElementById("doc:" + id);
  const said = {};
  const [button, input, results] = [find("theme"), find("search"), find("results")];
  const theme = () => [button.textContent, document.documentElement.dataset.theme ?? "none", getComputedStyle(document.body).backgroundColor];
  const until = async (holds) => {
    for (let turn = 0; turn < 400 && !holds(); turn += 1) await new Promise((done) => setTimeout(done, 10));
  };
  const key = (target, name) => target.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
  const type = (text) => { input.value = text; input.dispatchEvent(new Event("input", { bubbles: true })); };
  const chosen = () => results.querySelector("[aria-selected=true] code")?.textContent ?? "none";
  said.shown = [button.hidden, input.closest("form").hidden];
  said.themes = [theme()];
  for (let turn = 0; turn < 3; turn += 1) { button.click(); said.themes.push(theme()); }
  key(document.body, "/");
  said.focused = document.activeElement === input;
  await until(() => window.waylineSearch);
  type("zlamp_room");
  said.found = [results.hidden, input.getAttribute("aria-expanded"), chosen()];
  key(input, "ArrowDown");
  said.second = chosen();
  key(input, "ArrowUp");
  said.first = chosen();
  type("no such name at all");
  said.none = results.textContent;
  key(input, "Escape");
  said.closed = [results.hidden, document.activeElement === input];
  input.focus();
  type("make_lamp");
  const wanted = results.querySelector("[aria-selected=true]").getAttribute("href");
  input.closest("form").requestSubmit();
  await until(() => location.hash !== "");
  said.went = [wanted, location.hash, results.hidden];
  const out = document.createElement("pre");
  out.id = "driven";
  out.textContent = JSON.stringify(said);
  document.body.append(out);
});
"##;

/// What the driver has said in the end; `None` without chromium.
fn driven(directory: &Path) -> Option<serde_json::Value> {
    // The page itself, so that links to it stay on it.
    let path = directory.join("lamp_unstable_v1.html");
    let page = std::fs::read_to_string(&path).unwrap();
    std::fs::write(directory.join("driver.js"), DRIVER).unwrap();
    std::fs::write(&path, page.replace("</head>", "<script src=\"driver.js\"></script></head>")).unwrap();
    let mut command = Command::new("chromium");
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000", "--dump-dom"]);
    command.arg(format!("--user-data-dir={}", directory.join("profile").display()));
    command.arg(format!("file://{}", path.display()));
    let Ok(output) = command.output() else {
        eprintln!("skipped: chromium is not installed");
        return None;
    };
    let dom = String::from_utf8(output.stdout).unwrap();
    let (_, rest) = dom.split_once("<pre id=\"driven\">").unwrap_or_else(|| {
        panic!("the driver did not end: {}\n{dom}", String::from_utf8_lossy(&output.stderr));
    });
    let json = rest.split_once("</pre>").unwrap().0.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    Some(serde_json::from_str(&json).unwrap())
}

#[test]
fn a_reader_searches_and_switches_the_theme() {
    let directory = tempfile::tempdir().unwrap();
    doc::write(&html(vec![lamp()]), directory.path()).unwrap();
    let Some(said) = driven(directory.path()) else { return };
    assert_eq!(said["shown"], serde_json::json!([false, false]), "they are there with scripts");
    let themes = said["themes"].as_array().unwrap();
    let texts: Vec<_> = themes.iter().map(|theme| (theme[0].as_str().unwrap(), theme[1].as_str().unwrap())).collect();
    let auto = ("Theme: auto", "none");
    assert_eq!(texts, [auto, ("Theme: light", "light"), ("Theme: dark", "dark"), auto]);
    assert_ne!(themes[1][2], themes[2][2], "light and dark look alike");
    assert_eq!(themes[0], themes[3]);

    assert_eq!(said["focused"], true, "`/` leads to the search");
    assert_eq!(said["found"], serde_json::json!([false, "true", "zlamp_room"]));
    assert!(said["second"].as_str().unwrap().starts_with("zlamp_room."), "{said}");
    assert_eq!(said["first"], "zlamp_room");
    assert_eq!(said["none"], "Nothing has this name.");
    assert_eq!(said["closed"], serde_json::json!([true, false]));
    let went = said["went"].as_array().unwrap();
    let hash = went[1].as_str().unwrap();
    assert!(went[0].as_str().unwrap().ends_with(hash) && hash.contains("make_lamp"), "{went:?}");
    assert_eq!(went[2], true, "the list is still there");
}
