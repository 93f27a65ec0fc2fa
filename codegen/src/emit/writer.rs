//! Rust text in rustfmt's default style: lines, blocks, and what happens when a list does not fit on a line.
//!
//! Only the constructs that the emitter uses are known here, each by rustfmt's rule for it, so that the result is what
//! rustfmt would make of it under the style of any edition. Knows nothing of protocols.

/// Longest line.
const MAX_WIDTH: usize = 100;
/// Longest argument list of a call, or list in brackets, that stays on one line.
const LIST_WIDTH: usize = 60;
/// Longest chain of calls that stays on one line.
const CHAIN_WIDTH: usize = 60;
/// Longest list of fields of a struct literal that stays on one line.
const FIELDS_WIDTH: usize = 18;
/// Longest element of a list that is filled line by line, not laid out one element a line.
const SHORT_ELEMENT: usize = 10;

/// Text under construction.
#[derive(Debug, Default)]
pub(super) struct Writer {
    text: String,
    depth: usize,
}

/// An expression of constant data.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// Anything that stays on one line.
    Plain(String),
    /// `Name { field: value }`.
    Struct(&'static str, Vec<(&'static str, Value)>),
    /// `prefix(value)`.
    Call(&'static str, Box<Value>),
    /// `&[value, value]`.
    Slice(Vec<Value>),
}

impl Writer {
    /// A writer for what stands inside a module.
    pub(super) fn inside() -> Self {
        Self { text: String::new(), depth: 1 }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// One line; an empty one has no indentation.
    pub(super) fn line(&mut self, line: impl AsRef<str>) {
        let line = line.as_ref();
        if !line.is_empty() {
            self.indent();
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    pub(super) fn lines<T: AsRef<str>>(&mut self, lines: impl IntoIterator<Item = T>) {
        lines.into_iter().for_each(|line| self.line(line));
    }

    /// Text that is laid out already.
    pub(super) fn raw(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn indent(&mut self) {
        self.text.extend(std::iter::repeat_n("    ", self.depth));
    }

    /// Width that is left on a line.
    pub(super) fn room(&self) -> usize {
        MAX_WIDTH.saturating_sub(self.depth * 4)
    }

    pub(super) fn deeper(&mut self, body: impl FnOnce(&mut Self)) {
        self.depth += 1;
        body(self);
        self.depth -= 1;
    }

    /// `head {`, the body, and `tail`.
    pub(super) fn block(&mut self, head: &str, tail: &str, body: impl FnOnce(&mut Self)) {
        self.line(format!("{head} {{"));
        self.deeper(body);
        self.line(tail);
    }

    /// A block whose head ends with where-clauses.
    pub(super) fn bounded_block(&mut self, head: &str, bounds: &[String], body: impl FnOnce(&mut Self)) {
        if bounds.is_empty() {
            return self.block(head, "}", body);
        }
        self.line(head);
        self.line("where");
        self.deeper(|w| bounds.iter().for_each(|bound| w.typed(bound)));
        self.line("{");
        self.deeper(body);
        self.line("}");
    }

    /// A function: `head(parameters) -> result where bounds { body }`.
    pub(super) fn function(
        &mut self,
        head: &str,
        parameters: &[String],
        result: &str,
        bounds: &[String],
        body: impl FnOnce(&mut Self),
    ) {
        let line = format!("{head}({}){result}", parameters.join(", "));
        let brace = if bounds.is_empty() { " {".len() } else { 0 };
        if line.chars().count() + brace <= self.room() {
            return self.bounded_block(&line, bounds, body);
        }
        self.line(format!("{head}("));
        self.deeper(|w| parameters.iter().for_each(|parameter| w.typed(parameter)));
        self.bounded_block(&format!("){result}"), bounds, body);
    }

    /// `name: type,`, the type on the next line if only that makes it fit.
    pub(super) fn typed(&mut self, declaration: &str) {
        match declaration.split_once(": ") {
            Some((name, kind)) if declaration.chars().count() + 1 > self.room() => {
                self.line(format!("{name}:"));
                self.deeper(|w| w.line(format!("{kind},")));
            }
            _ => self.line(format!("{declaration},")),
        }
    }

    /// `start expression;`, the expression on the next line if only that makes it fit. As in chains, rustfmt counts a
    /// question mark at the end twice.
    pub(super) fn assign(&mut self, start: &str, expression: &str) {
        let line = format!("{start} {expression};");
        if line.chars().count() + usize::from(expression.ends_with('?')) <= self.room() {
            self.line(line);
        } else {
            self.line(start);
            self.deeper(|w| w.line(format!("{expression};")));
        }
    }

    /// `start a + b + c;`
    pub(super) fn sum(&mut self, start: &str, terms: &[String]) {
        let sum = terms.join(" + ");
        if sum.chars().count() + "    ;".len() <= self.room() {
            return self.assign(start, &sum);
        }
        let Some((first, rest)) = terms.split_first() else { return };
        self.line(format!("{start} {first}"));
        let last = rest.len().saturating_sub(1);
        self.deeper(|w| {
            for (at, term) in rest.iter().enumerate() {
                w.line(format!("+ {term}{}", if at == last { ";" } else { "" }));
            }
        });
    }

    /// `start receiver.a().b().c();`; `calls` are without their dots.
    pub(super) fn chain(&mut self, start: &str, receiver: &str, calls: &[String]) {
        let chain = format!("{receiver}.{}", calls.join("."));
        let line = format!("{start}{chain};");
        if is_short_chain(&chain) && line.chars().count() <= self.room() {
            return self.line(line);
        }
        self.line(format!("{start}{receiver}"));
        let last = calls.len() - 1;
        self.deeper(|w| {
            for (at, call) in calls.iter().enumerate() {
                w.line(format!(".{call}{}", if at == last { ";" } else { "" }));
            }
        });
    }

    /// `start[elements]end`, as in `sender.words([a, b]);`.
    pub(super) fn list(&mut self, start: &str, elements: &[String], end: &str) {
        let list = elements.join(", ");
        let fits = start.chars().count() + list.chars().count() + end.chars().count() + 2 <= self.room();
        if fits && list.chars().count() <= LIST_WIDTH {
            return self.line(format!("{start}[{list}]{end}"));
        }
        self.line(format!("{start}["));
        self.deeper(|w| {
            if elements.iter().all(|element| element.chars().count() <= SHORT_ELEMENT) {
                w.fill(elements, 1);
            } else {
                w.lines(elements.iter().map(|element| format!("{element},")));
            }
        });
        self.line(format!("]{end}"));
    }

    /// `use path::{names};`
    pub(super) fn import(&mut self, path: &str, names: &[&str]) {
        if let [only] = names {
            return self.line(format!("use {path}::{only};"));
        }
        let line = format!("use {path}::{{{}}};", names.join(", "));
        // rustfmt leaves room for a comma and a bracket more than there are.
        if line.len() + 2 <= self.room() {
            return self.line(line);
        }
        self.line(format!("use {path}::{{"));
        self.deeper(|w| w.fill(names, 0));
        self.line("};");
    }

    /// As many elements on each line as fit, each with its comma. One column stays free, but on the last line only if the
    /// margin says so.
    fn fill(&mut self, elements: &[impl AsRef<str>], last_margin: usize) {
        let mut line = String::new();
        for (at, element) in elements.iter().map(AsRef::as_ref).enumerate() {
            let margin = if at + 1 == elements.len() { last_margin } else { 1 };
            if !line.is_empty() && line.chars().count() + element.chars().count() + 2 + margin > self.room() {
                self.line(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(element);
            line.push(',');
        }
        self.line(line);
    }

    /// `start value;`
    pub(super) fn value(&mut self, start: &str, value: &Value) {
        let column = self.depth * 4;
        let behind = column + start.chars().count() + 1;
        match value.one_line() {
            Some(line) if behind + line.chars().count() + 1 > MAX_WIDTH => self.assign(start, &line),
            _ => {
                let text = value.layout(column, behind, 1);
                self.line(format!("{start} {text};"));
            }
        }
    }

    /// `Name { fields }` as the last expression of a block; each field is `name` or `name: expression`.
    pub(super) fn literal(&mut self, name: &str, fields: &[String]) {
        if fields.is_empty() {
            return self.line(name);
        }
        let list = fields.join(", ");
        let line = format!("{name} {{ {list} }}");
        if list.chars().count() <= FIELDS_WIDTH && line.chars().count() <= self.room() {
            return self.line(line);
        }
        self.block(name, "}", |w| w.lines(fields.iter().map(|field| format!("{field},"))));
    }
}

/// Whether the arguments of a call stay on one line.
pub(super) fn is_short_call(arguments: &str) -> bool {
    arguments.chars().count() <= LIST_WIDTH
}

/// Whether a chain of calls stays on one line. rustfmt counts a question mark at its end twice.
pub(super) fn is_short_chain(chain: &str) -> bool {
    chain.chars().count() + usize::from(chain.ends_with('?')) <= CHAIN_WIDTH
}

impl Value {
    pub(super) fn plain(text: impl std::fmt::Display) -> Self {
        Self::Plain(text.to_string())
    }

    /// The value without line breaks, if its parts allow that.
    fn one_line(&self) -> Option<String> {
        match self {
            Self::Plain(text) => Some(text.clone()),
            Self::Struct(name, fields) => {
                let fields: Option<Vec<_>> =
                    fields.iter().map(|(name, value)| Some(format!("{name}: {}", value.one_line()?))).collect();
                let list = fields?.join(", ");
                (list.len() <= FIELDS_WIDTH).then(|| format!("{name} {{ {list} }}"))
            }
            Self::Call(name, value) => Some(format!("{name}({})", value.one_line()?)),
            Self::Slice(values) => {
                let list = values.iter().map(Self::one_line).collect::<Option<Vec<_>>>()?.join(", ");
                (list.len() <= LIST_WIDTH).then(|| format!("&[{list}]"))
            }
        }
    }

    /// The value as it stands behind `start` columns, with `after` columns behind it, its lines indented by `indent`.
    fn layout(&self, indent: usize, start: usize, after: usize) -> String {
        if let Some(line) = self.one_line().filter(|line| start + line.chars().count() + after <= MAX_WIDTH) {
            return line;
        }
        let outer = " ".repeat(indent);
        let inner = " ".repeat(indent + 4);
        match self {
            Self::Plain(text) => text.clone(),
            Self::Struct(name, fields) => {
                let mut text = format!("{name} {{\n");
                for (name, value) in fields {
                    let value = value.layout(indent + 4, indent + 4 + name.len() + 2, 1);
                    text.push_str(&format!("{inner}{name}: {value},\n"));
                }
                text + &outer + "}"
            }
            Self::Call(name, value) => {
                format!("{name}(\n{inner}{},\n{outer})", value.layout(indent + 4, indent + 4, 1))
            }
            // A single element shares its lines with the brackets.
            Self::Slice(values) if values.len() == 1 && matches!(values[0], Self::Struct(..)) => {
                format!("&[{}]", values[0].layout(indent, start + 2, after + 1))
            }
            Self::Slice(values) => {
                let mut text = "&[\n".to_owned();
                for value in values {
                    text.push_str(&format!("{inner}{},\n", value.layout(indent + 4, indent + 4, 1)));
                }
                text + &outer + "]"
            }
        }
    }
}
