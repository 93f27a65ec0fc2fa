//! What is public in each library is listed in `tests/api`, so that every change of it is seen. The lint `unreachable_pub`
//! makes `pub` mean that users can reach an item, by its module or by a `pub use`. Generated code is not listed: the
//! protocol files say what it is.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, Block, Fields, ImplItem, Item, Meta, TraitItem, Type, Visibility};

const LIBRARIES: [(&str, &str); 6] = [
    ("wayline", "runtime"),
    ("wayline-codegen", "codegen"),
    ("wayline-desktop", "desktop/core"),
    ("wayline-desktop-wayland", "desktop/wayland"),
    ("wayline-pixels", "desktop/pixels"),
    ("wayline-toolkit", "desktop/toolkit"),
];

#[test]
fn public_items_are_those_that_are_listed() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../api");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (name, place) in LIBRARIES {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(place).join("src");
        settings.bind(|| insta::assert_snapshot!(name, list(&source)));
    }
}

/// The public items of a crate, file by file.
fn list(source: &Path) -> String {
    let mut files: Vec<_> = sources(source);
    files.sort();
    let mut parsed: Vec<_> =
        files.iter().map(|path| (path, syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap())).collect();
    let types = parsed.iter().flat_map(|(_, file)| &file.items).filter_map(public_type).collect::<BTreeSet<_>>();
    let mut text = String::new();
    for (path, file) in &mut parsed {
        let items = std::mem::take(&mut file.items);
        file.items = items.into_iter().filter_map(|item| shown(item, &types)).collect();
        file.attrs.clear();
        if !file.items.is_empty() {
            let path = path.strip_prefix(source).unwrap().display();
            write!(text, "// {path}\n{}\n", prettyplease::unparse(file).replace(" {}\n", "\n")).unwrap();
        }
    }
    text
}

fn sources(dir: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let paths = paths.filter(|path| path.file_stem().is_none_or(|stem| stem != "tests" && stem != "main"));
    paths
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
        .filter(|path| is_rust(path))
        .collect()
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn public_type(item: &Item) -> Option<String> {
    let (visibility, name) = match item {
        Item::Enum(item) => (&item.vis, &item.ident),
        Item::Struct(item) => (&item.vis, &item.ident),
        Item::Trait(item) => (&item.vis, &item.ident),
        Item::Type(item) => (&item.vis, &item.ident),
        _ => return None,
    };
    is_public(visibility).then(|| name.to_string())
}

/// Keeps of the attributes what is a promise. `None` for an item that is for tests or for generated code alone.
fn promises(attrs: &mut Vec<Attribute>) -> Option<()> {
    let says = |attr: &Attribute, path: &str, word: &str| {
        let Meta::List(list) = &attr.meta else { return false };
        list.path.is_ident(path) && list.tokens.to_string() == word
    };
    if attrs.iter().any(|attr| says(attr, "cfg", "test") || says(attr, "doc", "hidden")) {
        return None;
    }
    let kept = ["cfg", "derive", "macro_export", "must_use", "non_exhaustive", "repr"];
    attrs.retain(|attr| kept.iter().any(|name| attr.path().is_ident(name)));
    Some(())
}

fn empty() -> Block {
    Block { brace_token: syn::token::Brace::default(), stmts: Vec::new() }
}

fn keep_public(fields: &mut Fields) {
    match fields {
        Fields::Named(fields) => {
            let all = std::mem::take(&mut fields.named);
            fields.named = all.into_iter().filter(|field| is_public(&field.vis)).collect();
            fields.named.iter_mut().for_each(|field| field.attrs.clear());
        }
        Fields::Unnamed(fields) => fields.unnamed.iter_mut().for_each(|field| field.attrs.clear()),
        Fields::Unit => {}
    }
}

/// An item as users see it: without documentation, bodies and private parts. `None` if they do not.
fn shown(mut item: Item, types: &BTreeSet<String>) -> Option<Item> {
    let (attrs, visible) = match &mut item {
        Item::Const(item) => (&mut item.attrs, is_public(&item.vis)),
        Item::Enum(item) => (&mut item.attrs, is_public(&item.vis)),
        Item::Fn(item) => (&mut item.attrs, is_public(&item.vis)),
        Item::Mod(item) => (&mut item.attrs, is_public(&item.vis)),
        Item::Struct(item) => (&mut item.attrs, is_public(&item.vis)),
        Item::Trait(item) => (&mut item.attrs, is_public(&item.vis)),
        Item::Type(item) => (&mut item.attrs, is_public(&item.vis)),
        Item::Use(item) => (&mut item.attrs, is_public(&item.vis)),
        Item::Macro(item) => {
            let exported = item.attrs.iter().any(|attr| attr.path().is_ident("macro_export"));
            (&mut item.attrs, exported)
        }
        Item::Impl(item) => {
            let own = matches!(&*item.self_ty, Type::Path(path)
                if path.path.segments.last().is_some_and(|last| types.contains(&last.ident.to_string())));
            (&mut item.attrs, own)
        }
        _ => return None,
    };
    promises(attrs).filter(|()| visible)?;
    match &mut item {
        Item::Fn(item) => *item.block = empty(),
        Item::Struct(item) => keep_public(&mut item.fields),
        Item::Macro(item) => item.mac.tokens = Default::default(),
        Item::Enum(item) => {
            for variant in &mut item.variants {
                promises(&mut variant.attrs);
                variant.fields.iter_mut().for_each(|field| field.attrs.clear());
            }
        }
        Item::Mod(item) => {
            if let Some((_, items)) = &mut item.content {
                *items = std::mem::take(items).into_iter().filter_map(|item| shown(item, types)).collect();
            }
        }
        Item::Trait(item) => item.items.retain_mut(|item| match item {
            TraitItem::Fn(item) => {
                item.default = item.default.as_ref().map(|_| empty());
                promises(&mut item.attrs).is_some()
            }
            TraitItem::Type(item) => promises(&mut item.attrs).is_some(),
            TraitItem::Const(item) => promises(&mut item.attrs).is_some(),
            _ => false,
        }),
        Item::Impl(item) => {
            let of_trait = item.trait_.is_some();
            item.items.retain_mut(|item| match item {
                ImplItem::Fn(item) => {
                    item.block = empty();
                    !of_trait && is_public(&item.vis) && promises(&mut item.attrs).is_some()
                }
                ImplItem::Type(item) => of_trait && promises(&mut item.attrs).is_some(),
                ImplItem::Const(item) => !of_trait && is_public(&item.vis) && promises(&mut item.attrs).is_some(),
                _ => false,
            });
            if !of_trait && item.items.is_empty() {
                return None;
            }
        }
        _ => {}
    }
    Some(item)
}
