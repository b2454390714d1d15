// This file was generated from queries/. Do not modify.

//! All statements of `queries/`.

use std::{collections::HashMap, sync::LazyLock};

use postgres_types::Type;

use crate::queries;

/// The text of each statement, and the types of its parameters.
pub fn all() -> impl Iterator<Item = (&'static str, &'static [Type])> {
    [
        queries::idempotency_keys::statements(),
        queries::orders::statements(),
        queries::outbox::statements(),
        queries::session::statements(),
    ]
    .into_iter()
    .flatten()
}

/// The types of the parameters of a statement. None if the text is not of `queries/`.
pub fn parameter_types(query: &str) -> Option<&'static [Type]> {
    static TYPES: LazyLock<HashMap<&'static str, &'static [Type]>> =
        LazyLock::new(|| all().collect());
    TYPES.get(query).copied()
}
