//! The schema, brought up to date by whoever comes first.
