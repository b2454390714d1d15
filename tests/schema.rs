//! The database defends the same rules as the code.
