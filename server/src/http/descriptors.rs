//! The file descriptors of this process.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::warn;

/// The share of the descriptors that connections of clients may take. The rest is for the database,
/// the broker and files.
const SHARE: (u64, u64) = (3, 4);

/// Raises the limit of open descriptors as far as the system allows, and returns how many
/// connections it leaves room for, at most `wanted`.
///
/// At the limit itself no connection would be accepted, and the database could not be reached.
pub fn room_for_connections(wanted: usize) -> usize {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    let _ = setrlimit(Resource::Nofile, raised); // the lower limit stays, and is read below
    let Some(limit) = getrlimit(Resource::Nofile).current else {
        return wanted; // unlimited
    };
    let room = usize::try_from(limit * SHARE.0 / SHARE.1).unwrap_or(usize::MAX);
    if room < wanted {
        warn!(
            "--max-connections is {wanted}, but {limit} file descriptors leave room for {room} connections"
        );
    }
    room.min(wanted)
}
