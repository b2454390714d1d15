//! The list of all statements with the types of their parameters, so that a client can prepare
//! every statement, or send it without preparing it. No such list is kept by hand.

use std::{fmt::Write, fs, path::Path};

use anyhow::{Context, Result, ensure};
use postgres::{Client, types::Type};
use syn::{Expr, Item, Lit, Stmt};

/// Adds a function `statements` to the module of each file of `queries/`, because only there the
/// texts are visible, and a module that joins them.
pub fn write(client: &mut Client, source: &Path) -> Result<()> {
    let mut calls = Vec::new();
    for module in modules(&fs::read_to_string(source.join("queries.rs"))?)? {
        let path = source.join(format!("queries/{module}.rs"));
        let generated = fs::read_to_string(&path)?;
        let added = function(client, &generated).with_context(|| module.clone())?;
        fs::write(path, generated + &added)?;
        calls.push(format!("queries::{module}::statements()"));
    }
    let all = format!("[{}].into_iter().flatten()", calls.join(", "));
    fs::write(source.join("statements.rs"), text(&all))?;
    let lib = source.join("lib.rs");
    let declared = fs::read_to_string(&lib)? + "pub mod statements;\n";
    Ok(fs::write(lib, declared)?)
}

/// The names of the modules that this file declares.
fn modules(file: &str) -> Result<Vec<String>> {
    let items = syn::parse_file(file)?.items.into_iter();
    Ok(items
        .filter_map(|item| match item {
            Item::Mod(module) => Some(module.ident.to_string()),
            _ => None,
        })
        .collect())
}

/// The function `statements` for a module of cornucopia, whose other functions are
/// `fn name() -> NameStmt { NameStmt("text", None) }`.
fn function(client: &mut Client, module: &str) -> Result<String> {
    let mut list = String::new();
    for item in syn::parse_file(module)?.items {
        let Item::Fn(function) = item else { continue };
        let name = function.sig.ident.to_string();
        let text = statement_text(&function.block.stmts);
        let text = text.with_context(|| format!("{name} does not have the expected form"))?;
        let prepared = client.prepare(&text).with_context(|| name.clone())?;
        for column in prepared.columns() {
            // The client would look the type up with a statement that it prepares.
            constant(column.type_()).with_context(|| format!("{name}: {}", column.name()))?;
        }
        let types = prepared.params().iter().map(constant);
        let types = types
            .collect::<Result<Vec<_>>>()
            .with_context(|| name.clone())?;
        write!(list, "({name}().0, &[{}] as &[Type]),", types.join(", "))?;
    }
    Ok(format!(
        "/// The text of each statement of this file, and the types of its parameters.\n\
         pub fn statements() -> Vec<(&'static str, &'static [postgres_types::Type])> {{\n\
         use postgres_types::Type;\nvec![{list}]\n}}\n"
    ))
}

fn statement_text(body: &[Stmt]) -> Option<String> {
    let [Stmt::Expr(Expr::Call(call), None)] = body else {
        return None;
    };
    match call.args.first()? {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// The constant of `postgres_types::Type` for a type of PostgreSQL itself.
fn constant(of: &Type) -> Result<String> {
    ensure!(
        of.schema() == "pg_catalog" && Type::from_oid(of.oid()).is_some(),
        "{of} is no type of PostgreSQL itself: cast it to text"
    );
    let name = of.name().to_uppercase();
    Ok(match name.strip_prefix('_') {
        Some(element) => format!("Type::{element}_ARRAY"),
        None => format!("Type::{name}"),
    })
}

fn text(all: &str) -> String {
    format!(
        "// This file was generated from queries/. Do not modify.\n\n\
         //! All statements of `queries/`.\n\n\
         use std::{{collections::HashMap, sync::LazyLock}};\n\n\
         use postgres_types::Type;\n\n\
         use crate::queries;\n\n\
         /// The text of each statement, and the types of its parameters.\n\
         pub fn all() -> impl Iterator<Item = (&'static str, &'static [Type])> {{\n{all}\n}}\n\n\
         /// The types of the parameters of a statement. None if the text is not of `queries/`.\n\
         pub fn parameter_types(query: &str) -> Option<&'static [Type]> {{\n\
         static TYPES: LazyLock<HashMap<&'static str, &'static [Type]>> = LazyLock::new(|| all().collect());\n\
         TYPES.get(query).copied()\n}}\n"
    )
}
