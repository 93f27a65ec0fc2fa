//! The templates. Every value that they show is escaped for the form of the page; no value is markup.

use std::borrow::Cow;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior, escape_formatter};

/// What pages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Html,
    Markdown,
}

impl Form {
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Markdown => "md",
        }
    }

    /// The page that servers and forges show for a directory.
    pub(super) fn first_page(self) -> &'static str {
        match self {
            Self::Html => "index.html",
            Self::Markdown => "README.md",
        }
    }
}

pub(super) const STYLE: &str = include_str!("../../templates/wayline-doc.css");
pub(super) const SCRIPT: &str = include_str!("../../templates/wayline-doc.js");

macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        const TEMPLATES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../templates/", $name, ".jinja")))),*];
    };
}

templates! {
    "macros.html", "layout.html", "index.html", "protocol.html", "interface.html", "graph.html", "support.html",
    "macros.md", "index.md", "protocol.md", "interface.md", "support.md",
}

/// What minijinja calls escaping of our own.
const MARKDOWN: Cow<'static, str> = Cow::Borrowed("markdown");

/// The templates of one form.
pub(super) struct Templates {
    form: Form,
    environment: Environment<'static>,
}

impl Templates {
    pub(super) fn new(form: Form) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.expect("the default delimiters differ"));
        environment.set_auto_escape_callback(|name| match name.ends_with(".md") {
            true => AutoEscape::Custom(MARKDOWN),
            false => AutoEscape::Html,
        });
        environment.set_formatter(format);
        environment.add_filter("code", |text: String| Value::from_safe_string(code(&text)));
        environment.add_filter("raw", |name: String| Value::from_safe_string(name));
        environment.add_filter("cell", |text: String| Value::from_safe_string(code(&text).replace('|', "\\|")));
        environment.add_filter("fenced", |text: String| Value::from_safe_string(fenced(&text)));
        environment.add_filter("address", |text: String| Value::from_safe_string(address(&text)));
        for (name, text) in TEMPLATES {
            environment.add_template(name, text).expect("templates are well-formed");
        }
        Self { form, environment }
    }

    pub(super) fn render(&self, name: &str, values: Value) -> String {
        let template = self.environment.get_template(&format!("{name}.{}", self.form.ending()));
        let text = template.and_then(|template| template.render(values)).expect("templates and values fit together");
        if self.form == Form::Markdown { sparse(&text) } else { text }
    }
}

/// The text with one blank line where there are several, but for those of code.
fn sparse(text: &str) -> String {
    let mut sparse = String::with_capacity(text.len());
    let mut fence: Option<&str> = None;
    let mut blank = true;
    for line in text.lines() {
        let ticks = &line[..line.len() - line.trim_start_matches('`').len()];
        match fence {
            Some(open) if line == open => fence = None,
            None if ticks.len() >= 3 => fence = Some(ticks),
            _ => {}
        }
        if !line.is_empty() || !blank || fence.is_some() {
            sparse.push_str(line);
            sparse.push('\n');
        }
        blank = line.is_empty();
    }
    sparse.truncate(sparse.trim_end().len());
    sparse + "\n"
}

/// Writes a value as text of the page.
fn format(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if !matches!(state.auto_escape(), AutoEscape::Custom(_)) || value.is_safe() {
        return match (value.is_safe(), value.as_str()) {
            (true, Some(text)) => out.write_str(text).map_err(Error::from),
            _ => escape_formatter(out, state, value),
        };
    }
    match (value.kind(), value.as_str()) {
        (ValueKind::String, Some(text)) => out.write_str(&escaped(text)).map_err(Error::from),
        _ => out.write_str(&escaped(&value.to_string())).map_err(Error::from),
    }
}

/// Text that Markdown takes for nothing but text, wherever on a line it stands.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut word = 0;
    for (at, c) in text.char_indices() {
        if at == 0 || text[..at].ends_with(char::is_whitespace) {
            word = at;
        }
        let is_first = at == word;
        let special = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '~' | '|' | '&' | '$' => true,
            // Inside a word it is no mark.
            '_' => is_first || !text[at + 1..].starts_with(char::is_alphanumeric),
            // These mean something at the start of a line, which any word may come to stand at.
            '#' | '+' | '-' | '=' => is_first,
            '.' | ')' => !is_first && text[word..at].bytes().all(|byte| byte.is_ascii_digit()),
            _ => false,
        };
        if special {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// The longest run of backticks.
fn ticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Text as code inside a line.
fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    let (fence, space) = ("`".repeat(ticks(&text) + 1), if text.contains('`') { " " } else { "" });
    format!("{fence}{space}{text}{space}{fence}")
}

/// Text as lines of code.
fn fenced(text: &str) -> String {
    let fence = "`".repeat((ticks(text) + 1).max(3));
    format!("{fence}text\n{text}\n{fence}")
}

/// The address of a link.
fn address(text: &str) -> String {
    let mut address = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' | ')' | '<' | '>' | '\\' | '`' | '|' | '*' | '[' | ']' => address += &format!("%{:02X}", u32::from(c)),
            c if c.is_whitespace() || c.is_control() => {}
            c => address.push(c),
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_shows_texts_as_they_are() {
        assert_eq!(escaped("a_b _c_ *d* [e](f) <g> h|i"), "a_b \\_c\\_ \\*d\\* \\[e\\](f) \\<g\\> h\\|i");
        assert_eq!(escaped("# 1. - 2) a-b 3.5\n=="), "\\# 1\\. \\- 2\\) a-b 3\\.5\n\\==");
        assert_eq!(code("a `` b"), "``` a `` b ```");
        assert_eq!(fenced("````"), "`````text\n````\n`````");
        assert_eq!(address("https://a/b(c)\n|"), "https://a/b%28c%29%7C");
    }
}
