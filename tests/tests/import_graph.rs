//! Modules depend on each other in one direction. Read from the sources: `use` items, and paths from `crate`, `super` and
//! `self`, outside of tests. What a module takes from the modules it is inside of does not count, and neither does what a
//! crate's root names. Text only: what a macro or the type of a value hides is not seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of a crate by their paths, `a::b`, each with its code. The root has the empty path.
type Modules = BTreeMap<String, String>;

#[test]
fn no_crate_has_a_cycle_of_modules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let members = manifest.lines().find_map(|line| line.strip_prefix("members = [")).unwrap();
    let members: Vec<&str> = members.trim_end_matches(']').split(", ").map(|name| name.trim_matches('"')).collect();
    assert!(members.contains(&"runtime") && members.len() >= 8, "{members:?}");
    // The guide has listings and no modules.
    for member in members.into_iter().filter(|&member| member != "docs") {
        let modules = modules(&root.join(member).join("src"));
        assert!(!modules.is_empty(), "{member} has no sources");
        let cycles = cycles(&graph(&modules));
        assert!(cycles.is_empty(), "modules of {member} that depend on each other: {cycles:#?}");
    }
}

#[test]
fn a_cycle_is_found_however_it_is_written() {
    fn found(texts: &[(&str, &str)]) -> Vec<Vec<String>> {
        let modules = texts.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect();
        cycles(&graph(&modules)).into_iter().map(Vec::from_iter).collect()
    }
    let one = ("one", "use crate::two::{Two, three::{self, Three as Other}};");
    assert_eq!(found(&[("", "pub use one::One;"), one, ("two", "fn f() -> u8 { super::one::ONE }")]), [["one", "two"]]);
    assert_eq!(found(&[one, ("two", ""), ("two::three", "use super::super::one;")]), [["one", "two::three"]]);
    let inside = [("a", "use b::B; use c::C;"), ("a::b", "use super::A; use super::c::C;"), ("a::c", "")];
    assert_eq!(found(&inside), Vec::<Vec<String>>::new());
    let quiet = "// use crate::one;\n/// crate::one\nconst TEXT: &str = \"crate::one\"; const QUOTE: char = '\"';\n\
                 #[cfg(test)]\nmod tests { use crate::one::One; }\n#[cfg(test)] use crate::one;";
    assert_eq!(found(&[one, ("two", quiet)]), Vec::<Vec<String>>::new());
}

fn modules(source: &Path) -> Modules {
    let mut modules = Modules::new();
    for file in files(source) {
        let path = file.strip_prefix(source).unwrap().with_extension("");
        let mut names: Vec<_> = path.iter().map(|name| name.to_str().unwrap()).collect();
        if matches!(names.last(), Some(&("mod" | "lib" | "main"))) {
            names.pop();
        }
        if !names.contains(&"tests") {
            // A library and a program beside it share the root.
            *modules.entry(names.join("::")).or_default() += &fs::read_to_string(file).unwrap();
        }
    }
    modules
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let found = entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] });
    found.filter(|path| path.extension().is_some_and(|ending| ending == "rs")).collect()
}

/// Which modules each module names.
fn graph(modules: &Modules) -> BTreeMap<&str, BTreeSet<&str>> {
    let inside = |module: &str, outer: &str| outer.is_empty() || module.starts_with(&format!("{outer}::"));
    let mut graph = BTreeMap::new();
    for (module, text) in modules {
        let targets = paths(text).into_iter().filter_map(|path| resolve(modules, module, &path));
        let targets = targets.filter(|target| target != module && !inside(module, target) && !module.is_empty());
        graph.insert(module.as_str(), targets.collect());
    }
    graph
}

/// The module that a path begins with, as far as this crate has it.
fn resolve<'a>(modules: &'a Modules, module: &str, path: &[String]) -> Option<&'a str> {
    let mut place: Vec<&str> = module.split("::").filter(|name| !name.is_empty()).collect();
    let is_anchor = |name: &&String| matches!(name.as_str(), "crate" | "self" | "super");
    for anchor in path.iter().take_while(is_anchor) {
        match anchor.as_str() {
            "crate" => place.clear(),
            "super" => drop(place.pop()),
            _ => {}
        }
    }
    let anchored = path.first().is_some_and(|name| is_anchor(&name));
    let own = place.len();
    place.extend(path.iter().skip_while(|name| is_anchor(name)).map(String::as_str));
    let shortest = if anchored { 0 } else { own + 1 };
    (shortest..=place.len())
        .rev()
        .find_map(|length| Some(modules.get_key_value(&place[..length].join("::"))?.0.as_str()))
}

/// All paths of `use` items, and others from `crate`, `self` and `super`.
fn paths(text: &str) -> Vec<Vec<String>> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at].as_str() {
            "#" if tokens[at..].starts_with(&["#", "[", "cfg", "(", "test", ")", "]"].map(String::from)) => {
                at = after_item(&tokens, at + 7);
            }
            "use" => at = tree(&tokens, at + 1, &[], &mut found),
            "crate" | "self" | "super" if tokens.get(at + 1).is_some_and(|next| next == "::") => {
                at = tree(&tokens, at, &[], &mut found);
            }
            _ => at += 1,
        }
    }
    found
}

/// Reads a tree of paths as in `a::{b, c::d as e}`. Returns where it ends.
fn tree(tokens: &[String], mut at: usize, outer: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut path = outer.to_vec();
    loop {
        match tokens.get(at).map(String::as_str) {
            Some("::") => at += 1,
            Some("{") => {
                at += 1;
                while tokens.get(at).is_some_and(|token| token != "}") {
                    at = tree(tokens, at, &path, found).max(at + 1);
                    at += usize::from(tokens.get(at).is_some_and(|token| token == ","));
                }
                return at + 1;
            }
            Some(name) if name.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
                // `a::self` is `a`.
                if name != "self" || path.is_empty() {
                    path.push(name.to_owned());
                }
                at += 1;
                if tokens.get(at).is_none_or(|next| next != "::") {
                    break;
                }
            }
            _ => break,
        }
    }
    found.push(path);
    if tokens.get(at).is_some_and(|next| next == "as") { at + 2 } else { at }
}

/// Where an item ends that begins here: at its semicolon, or at the end of its braces.
fn after_item(tokens: &[String], start: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            "}" => {
                depth -= 1;
                // Braces of `use` have a semicolon behind them.
                if depth == 0 && tokens.get(at + 1).is_none_or(|next| next != ";") {
                    return at + 1;
                }
            }
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// Names and punctuation, without comments, strings, characters and numbers.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("r\"") || rest.starts_with("r#\"") {
            let end = if rest.starts_with("r\"") { "\"" } else { "\"#" };
            let start = rest.find('"').unwrap_or(0) + 1;
            rest[start..].find(end).map_or(rest.len(), |at| start + at + end.len())
        } else if first == '"' {
            let mut escaped = false;
            let end = rest[1..].find(|c| {
                let is_end = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                is_end
            });
            end.map_or(rest.len(), |at| at + 2)
        } else if first == '\'' {
            // A character, or a lifetime.
            let mut inside = rest.chars().skip(1);
            match (inside.next(), inside.next()) {
                (Some('\\'), Some(_)) => rest[3..].find('\'').map_or(rest.len(), |at| at + 4),
                (Some(c), Some('\'')) => c.len_utf8() + 2,
                _ => 1,
            }
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push(rest[..end].to_owned());
            end
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// All modules that one leads to.
fn reached<'a>(graph: &BTreeMap<&'a str, BTreeSet<&'a str>>, from: &'a str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(module) = open.pop() {
        open.extend(graph.get(module).into_iter().flatten().filter(|&&target| reached.insert(target)));
    }
    reached
}

/// The sets of modules of which each reaches all others.
fn cycles(graph: &BTreeMap<&str, BTreeSet<&str>>) -> BTreeSet<BTreeSet<String>> {
    let reach: BTreeMap<&str, BTreeSet<&str>> = graph.keys().map(|&module| (module, reached(graph, module))).collect();
    let in_cycle = reach.iter().filter(|(module, reached)| reached.contains(*module));
    let mutual = in_cycle.map(|(module, reached)| {
        let back = reached.iter().filter(|other| reach.get(*other).is_some_and(|there| there.contains(module)));
        back.map(|&other| other.to_owned()).collect()
    });
    mutual.collect()
}
