//! Tenants see nothing of each other.
