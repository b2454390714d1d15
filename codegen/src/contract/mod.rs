//! Refuses contracts that the templates in codegen/templates do not express.
//!
//! openapi-generator drops or mistranslates in silence what a template does not mention: a `oneOf`
//! becomes one struct with the members of all alternatives, a `default` of a body member vanishes,
//! and a path parameter in camel case makes a route that no request reaches. This check runs before
//! it. It has an allow list for each kind of object in the contract (`Keys`), and rules for the
//! combinations; it collects all faults, each with its place and one sentence.
//!
//! **Invariant:** a contract that passes is generated in full. What the generated code ignores is
//! documentation (descriptions, examples, bounds of members in responses, webhooks), or is written
//! by the service itself (errors: responses without `x-variant`, and their headers).
//!
//! `tests/` has a contract for every construct: refused ones with place and sentence, supported
//! ones in a crate that is generated, compiled and sent requests.

mod body;
mod checker;
mod decoded;
mod document;
mod keys;
mod model;
mod names;
mod node;
mod operation;
mod parameter;
mod recursion;
mod response;
mod security;
mod shape;
#[cfg(test)]
mod tests;

use std::path::Path;

use anyhow::{Result, bail};
use serde_yaml_ng::Value;

use self::checker::{Checker, Fault};

/// Refuses a contract, read from `file`, with all its faults.
pub fn check(file: &Path, contract: &Value) -> Result<()> {
    let faults = faults(contract);
    if faults.is_empty() {
        return Ok(());
    }
    let list: Vec<_> = faults.iter().map(Fault::to_string).collect();
    bail!(
        "the templates do not express {}:\n{}",
        file.display(),
        list.join("\n")
    )
}

fn faults(contract: &Value) -> Vec<Fault> {
    let checker = Checker::new(contract);
    document::check(&checker);
    checker.into_faults()
}
