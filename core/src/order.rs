//! The life cycle of an order, and why an order refuses a transition.
//!
//! The server's UPDATE carries [`Transition::from`], [`Transition::to`] and the expected versions
//! as parameters. If it changes no row, the server reads the order again and takes the reason from
//! [`Snapshot::refusal`]. The database decides and core explains, by one rule.

use core::{fmt, str::FromStr};

use thiserror::Error;
use uuid::{Uuid, fmt::Hyphenated};

use crate::{
    json,
    limits::{OutOfRange, TOTAL_CENTS_MAX, in_range},
    version::{Precondition, Version},
};

/// The id of an order: a UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(Uuid);

/// The total of an order in cents: 0 to [`TOTAL_CENTS_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TotalCents(i32);

/// The status of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Created, without a total.
    Draft,
    /// Has a total.
    Confirmed,
    /// The last status: no transition starts here.
    Closed,
}

/// A change of status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transition {
    /// Sets the total.
    Confirm,
    /// Ends the life cycle and writes an event.
    Close,
}

/// The facts about an order that decide whether a transition is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The order's status.
    pub status: Status,
    /// The order's version.
    pub version: Version,
}

/// The reason why an order refuses a transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The precondition does not match the order's version (RFC 9110 §13.1.1).
    #[error("stale version")]
    StaleVersion {
        /// The version in the precondition, if it names exactly one.
        expected: Option<Version>,
        /// The order that refuses.
        current: Snapshot,
    },
    /// The precondition has only weak entity tags, which match no version. A proxy that compresses
    /// responses weakens their tags.
    #[error(
        "If-Match has only weak entity tags, which never match: send the version that you read without W/, such as \"1\""
    )]
    WeakEntityTag {
        /// The order that refuses.
        current: Snapshot,
    },
    /// The transition does not start at the order's status.
    #[error("cannot {transition} an order that is {}", .current.status)]
    InvalidTransition {
        /// The refused transition.
        transition: Transition,
        /// The order that refuses.
        current: Snapshot,
    },
}

/// The text is not a [`Status`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be draft, confirmed or closed")]
pub struct UnknownStatus;

/// The text is not an [`OrderId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be a UUID in its hyphenated form")]
pub struct InvalidOrderId;

/// One row of the life cycle.
struct Rule {
    name: &'static str,
    from: Status,
    to: Status,
    event_type: Option<&'static str>,
}

// === impl OrderId ===

impl OrderId {
    /// The order with this id; every UUID is one.
    pub const fn new(id: Uuid) -> Self {
        Self(id)
    }

    /// The UUID.
    pub const fn get(self) -> Uuid {
        self.0
    }
}

/// Reads the hyphenated form in either case (RFC 9562 §4), and no other form.
impl FromStr for OrderId {
    type Err = InvalidOrderId;

    fn from_str(text: &str) -> Result<Self, InvalidOrderId> {
        // `Uuid` also reads forms without hyphens or with braces; their lengths differ.
        let hyphenated = text.len() == Hyphenated::LENGTH;
        let id = hyphenated.then(|| Uuid::try_parse(text).ok()).flatten();
        id.map(Self).ok_or(InvalidOrderId)
    }
}

/// The hyphenated form in lower case, 36 bytes.
impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

// === impl TotalCents ===

impl TotalCents {
    /// The number of cents.
    pub const fn get(self) -> i32 {
        self.0
    }
}

impl TryFrom<i64> for TotalCents {
    type Error = OutOfRange;

    fn try_from(cents: i64) -> Result<Self, OutOfRange> {
        in_range(cents, 0, TOTAL_CENTS_MAX).map(Self)
    }
}

/// Reads a JSON number that is an integer in the sense of JSON Schema: `1234`, `1234.0`, `1.234e3`.
/// Cost: O(n) in the text.
impl FromStr for TotalCents {
    type Err = OutOfRange;

    fn from_str(text: &str) -> Result<Self, OutOfRange> {
        // No integer is beyond an `i64` and in the range.
        Self::try_from(json::integer(text).unwrap_or(i64::MIN))
    }
}

/// The bare number.
impl fmt::Display for TotalCents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

// === impl Status ===

impl Status {
    /// Every status, in the order of the life cycle.
    pub const ALL: [Self; 3] = [Self::Draft, Self::Confirmed, Self::Closed];

    /// The name in the API and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Confirmed => "confirmed",
            Self::Closed => "closed",
        }
    }

    /// The transitions that start at this status.
    pub fn allowed_transitions(self) -> impl Iterator<Item = Transition> {
        Transition::ALL
            .into_iter()
            .filter(move |transition| transition.from() == self)
    }
}

/// Reads the name, case-sensitive.
impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or(UnknownStatus)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

// === impl Transition ===

impl Transition {
    /// Every transition, in the order of the life cycle.
    pub const ALL: [Self; 2] = [Self::Confirm, Self::Close];

    /// The life cycle. No other code repeats it.
    const fn rule(self) -> Rule {
        match self {
            Self::Confirm => Rule {
                name: "confirm",
                from: Status::Draft,
                to: Status::Confirmed,
                event_type: None,
            },
            Self::Close => Rule {
                name: "close",
                from: Status::Confirmed,
                to: Status::Closed,
                event_type: Some("orders.closed"),
            },
        }
    }

    /// The name: the last segment of the transition's URL.
    pub const fn as_str(self) -> &'static str {
        self.rule().name
    }

    /// The only status that the transition starts at.
    pub const fn from(self) -> Status {
        self.rule().from
    }

    /// The status that the transition leads to.
    pub const fn to(self) -> Status {
        self.rule().to
    }

    /// The type of the event that the transition writes to the outbox, if it writes one.
    pub const fn event_type(self) -> Option<&'static str> {
        self.rule().event_type
    }
}

impl fmt::Display for Transition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

// === impl Snapshot ===

impl Snapshot {
    /// The reason why this order refuses the transition, or `None` if it allows it. Without a
    /// precondition every version matches.
    ///
    /// The version is checked before the status: a client with an old version learns that it is
    /// stale before it learns of a status that it has not read. Cost: O(n) in the versions of the
    /// precondition.
    pub fn refusal(
        &self,
        transition: Transition,
        precondition: Option<&Precondition>,
    ) -> Option<Refusal> {
        let current = *self;
        match precondition {
            Some(Precondition::Weak) => Some(Refusal::WeakEntityTag { current }),
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
mod tests;
