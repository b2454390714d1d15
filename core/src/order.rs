//! The life of an order, and why a step in it may be refused.
//!
//! The server's UPDATE carries [`Transition::from`], [`Transition::to`] and the expected versions
//! as parameters. Only when it touches no row does the server reread the order and ask
//! [`Snapshot::refusal`] for the reason, so the database decides and core explains, by one rule.

use core::fmt;

use thiserror::Error;
use uuid::{Uuid, fmt::Hyphenated};

use crate::version::{Precondition, Version};

/// Where an order is in its life (the contract).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Created; has no total yet.
    Draft,
    /// Has a total.
    Confirmed,
    /// Done: nothing leads out of here.
    Closed,
}

/// A step in the life of an order (the contract).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transition {
    /// Sets the total.
    Confirm,
    /// Ends the life and announces it.
    Close,
}

/// What a refusal is judged on: the order as it was when it was reread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Status when reread.
    pub status: Status,
    /// Version when reread.
    pub version: Version,
}

/// Why a transition does not happen. Both are a 409 in the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The caller has not seen the order's latest change (RFC 9110 §13.1.1).
    #[error("stale version")]
    StaleVersion {
        /// The version the caller named, if it named exactly one.
        expected: Option<Version>,
        /// The order that the caller should look at.
        current: Snapshot,
    },
    /// The life cycle has no such step from here.
    #[error("cannot {transition} an order that is {}", .current.status)]
    InvalidTransition {
        /// The step that was asked for.
        transition: Transition,
        /// The order that the caller should look at.
        current: Snapshot,
    },
}

/// The text names no status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not an order status")]
pub struct UnknownStatus;

/// The text names no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an order's id is a UUID in its hyphenated form")]
pub struct InvalidOrderId;

/// Reads the id of an order: the hyphenated form only, in either case (RFC 9562 §4). O(1); never
/// panics.
///
/// # Errors
/// [`InvalidOrderId`] for any other text.
pub fn parse_id(text: &str) -> Result<Uuid, InvalidOrderId> {
    // Among the forms that `Uuid` reads, it alone has this length.
    let hyphenated = text.len() == Hyphenated::LENGTH;
    let id = hyphenated.then(|| Uuid::try_parse(text).ok()).flatten();
    id.ok_or(InvalidOrderId)
}

// === impl Status ===

impl Status {
    /// Every status, in the order of a life.
    pub const ALL: [Self; 3] = [Self::Draft, Self::Confirmed, Self::Closed];

    /// The word used on the wire and in the database. O(1); never panics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Confirmed => "confirmed",
            Self::Closed => "closed",
        }
    }

    /// The inverse of [`Status::as_str`]; case-sensitive. O(1); never panics.
    ///
    /// # Errors
    /// [`UnknownStatus`] for any other text.
    pub fn parse(text: &str) -> Result<Self, UnknownStatus> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or(UnknownStatus)
    }

    /// The steps that lead out of this status. O(1); never panics.
    pub fn allowed_transitions(self) -> impl Iterator<Item = Transition> {
        Transition::ALL
            .into_iter()
            .filter(move |transition| transition.from() == self)
    }
}

/// O(1); never panics.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

// === impl Transition ===

impl Transition {
    /// Every transition, in the order of a life.
    pub const ALL: [Self; 2] = [Self::Confirm, Self::Close];

    /// The life cycle: name, from, to. The one place where it is spelt. O(1); never panics.
    const fn rule(self) -> (&'static str, Status, Status) {
        match self {
            Self::Confirm => ("confirm", Status::Draft, Status::Confirmed),
            Self::Close => ("close", Status::Confirmed, Status::Closed),
        }
    }

    /// The last segment of the step's URL. O(1); never panics.
    pub const fn as_str(self) -> &'static str {
        self.rule().0
    }

    /// The only status this step starts from. O(1); never panics.
    pub const fn from(self) -> Status {
        self.rule().1
    }

    /// The status this step ends in. O(1); never panics.
    pub const fn to(self) -> Status {
        self.rule().2
    }
}

/// O(1); never panics.
impl fmt::Display for Transition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

// === impl Snapshot ===

impl Snapshot {
    /// Why this order refuses the step, or `None` if it allows it.
    ///
    /// Version is judged before state (the contract): a caller with an old version learns that it
    /// is behind, instead of puzzling over a status it has never seen. No precondition is met by
    /// every version. O(n) in the versions named; never panics.
    pub fn refusal(
        &self,
        transition: Transition,
        precondition: Option<&Precondition>,
    ) -> Option<Refusal> {
        let current = *self;
        match precondition {
            Some(unmet) if !unmet.matches(current.version) => Some(Refusal::StaleVersion {
                expected: unmet.expected(),
                current,
            }),
            _ if current.status != transition.from() => Some(Refusal::InvalidTransition {
                transition,
                current,
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString, vec::Vec};

    use super::*;
    use crate::version::parse_if_match;

    #[test]
    fn an_id_has_one_form_in_either_case() {
        let id = "018f6b1c-7d3e-7c4a-9b21-0123456789ab";
        let read = Uuid::from_u128(0x018f6b1c_7d3e_7c4a_9b21_0123456789ab);
        assert_eq!(parse_id(id), Ok(read));
        assert_eq!(parse_id(&id.to_uppercase()), Ok(read));
        for other in [
            "",
            &id.replace('-', ""),
            &format!("{{{id}}}"),
            &id.replace('0', "g"),
        ] {
            assert_eq!(parse_id(other), Err(InvalidOrderId), "{other}");
        }
    }

    fn order(status: Status, version: i32) -> Snapshot {
        Snapshot {
            status,
            version: Version::new(version).unwrap(),
        }
    }

    #[test]
    fn a_life_runs_from_draft_to_closed_and_ends() {
        let next = |status: Status| -> Vec<_> {
            status
                .allowed_transitions()
                .map(|step| (step.as_str(), step.to()))
                .collect()
        };
        assert_eq!(next(Status::Draft), [("confirm", Status::Confirmed)]);
        assert_eq!(next(Status::Confirmed), [("close", Status::Closed)]);
        assert_eq!(next(Status::Closed), []);
    }

    #[test]
    fn exactly_the_allowed_transitions_are_not_refused() {
        for status in Status::ALL {
            for step in Transition::ALL {
                let refusal = order(status, 3).refusal(step, None);
                let allowed = status.allowed_transitions().any(|allowed| allowed == step);
                assert_eq!(refusal.is_none(), allowed, "{step} {status}");
            }
        }
    }

    #[test]
    fn version_is_judged_before_state() {
        let closed = order(Status::Closed, 3);
        let old = parse_if_match("\"2\"").unwrap();
        let refusal = closed.refusal(Transition::Confirm, Some(&old)).unwrap();
        assert_eq!(
            refusal,
            Refusal::StaleVersion {
                expected: Version::new(2),
                current: closed
            }
        );
        assert_eq!(refusal.to_string(), "stale version");
    }

    #[test]
    fn the_right_version_in_the_wrong_state_names_both() {
        let draft = order(Status::Draft, 1);
        for header in ["*", "\"1\"", "\"7\", \"1\""] {
            let met = parse_if_match(header).unwrap();
            let refusal = draft.refusal(Transition::Close, Some(&met)).unwrap();
            let transition = Transition::Close;
            assert_eq!(
                refusal,
                Refusal::InvalidTransition {
                    transition,
                    current: draft
                }
            );
            assert_eq!(refusal.to_string(), "cannot close an order that is draft");
        }
    }

    #[test]
    fn a_status_reads_back_only_as_written() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.as_str()), Ok(status));
        }
        for text in ["", "Draft", " draft", "cancelled"] {
            assert_eq!(Status::parse(text), Err(UnknownStatus));
        }
    }
}
