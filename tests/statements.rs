//! The SQL under queries/: its form, and its plans.
