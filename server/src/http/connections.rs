//! The open connections and the requests on them, in one table that bounds their number and the
//! memory that clients make the service hold.
//!
//! At a bound, the connection that has kept the service waiting for the longest time is closed, so
//! that clients which are slow on purpose make room for those that are not.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::Request;
use tokio::{sync::Notify, time::Instant};

use crate::log_limit::LogLimit;

/// What a request costs beside its head and its body, in bytes: its task, its stream, its entries
/// in tables. An estimate on the high side.
const REQUEST_COST: usize = 4 * 1024;

/// What a header field costs beside its name and its value, in bytes (RFC 9113 §10.5.1 counts 32).
const FIELD_COST: usize = 64;

/// The bounds of the table.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// The maximum number of open connections.
    pub connections: usize,
    /// The maximum memory of the requests that arrive and of the responses that are not sent yet,
    /// in bytes.
    pub buffered: usize,
}

/// The table. All connections share it.
#[derive(Debug)]
pub struct Connections {
    limits: ConnectionLimits,
    state: Mutex<State>,
    evictions: LogLimit,
}

#[derive(Debug, Default)]
struct State {
    next_id: u64,
    connections: HashMap<u64, ConnectionState>,
    /// By id, so the oldest comes first.
    requests: BTreeMap<u64, RequestState>,
    /// The sum of the requests' bytes.
    buffered: usize,
}

#[derive(Debug)]
struct ConnectionState {
    /// Requests without a response.
    unanswered: usize,
    /// Those of them whose handler runs.
    handled: usize,
    /// When the last request began, or got its response, whichever came later.
    last_change: Instant,
    /// The ids of its requests in the table.
    requests: BTreeSet<u64>,
    close: Arc<Notify>,
}

#[derive(Debug)]
struct RequestState {
    connection: u64,
    bytes: usize,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The service waits for the client's body.
    Receiving,
    /// The client waits for the service's response.
    Handling,
    /// The service waits until the client has read the response.
    Responding,
}

/// An open connection. Dropping it removes it from the table.
#[derive(Debug)]
pub struct OpenConnection {
    id: u64,
    close: Arc<Notify>,
    connections: Arc<Connections>,
}

/// A request, from the end of its head to the end of its response. Dropping it removes it from the
/// table.
#[derive(Debug)]
pub struct OpenRequest {
    id: u64,
    connections: Arc<Connections>,
}

// === impl Connections ===

impl Connections {
    /// An empty table.
    pub fn new(limits: ConnectionLimits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            state: Mutex::default(),
            evictions: LogLimit::new(),
        })
    }

    /// Enters a connection. At the maximum, the connection that has waited for its client for the
    /// longest time makes room; `None` if every connection waits for the service.
    ///
    /// Linear in the connections at the maximum, otherwise constant.
    pub fn open(self: &Arc<Self>) -> Option<OpenConnection> {
        let mut state = self.state();
        if state.connections.len() >= self.limits.connections {
            let evicted = state.evict_longest_waiting();
            self.log("the maximum of connections is reached");
            evicted?;
        }
        let id = state.new_id();
        let close = Arc::new(Notify::new());
        let connection = ConnectionState {
            unanswered: 0,
            handled: 0,
            last_change: Instant::now(),
            requests: BTreeSet::new(),
            close: Arc::clone(&close),
        };
        state.connections.insert(id, connection);
        Some(OpenConnection {
            id,
            close,
            connections: Arc::clone(self),
        })
    }

    /// The number of open connections, and the bytes that their requests make the service hold.
    pub fn usage(&self) -> (usize, usize) {
        let state = self.state();
        (state.connections.len(), state.buffered)
    }

    /// Counts memory of a request. Beyond the maximum, the connections of the oldest requests that
    /// wait for their clients are closed.
    fn hold(&self, mut state: MutexGuard<'_, State>, request: u64, bytes: usize) {
        let Some(entry) = state.requests.get_mut(&request) else {
            return; // its connection is being closed
        };
        entry.bytes += bytes;
        state.buffered += bytes;
        while state.buffered > self.limits.buffered && state.evict_oldest_memory().is_some() {
            self.log("the maximum of buffered bytes is reached");
        }
    }

    fn log(&self, cause: &str) {
        self.evictions.warn(format_args!(
            "closing the connection that has waited longest: {cause}"
        ));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl State ===

impl State {
    const fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Closes the connection that has waited for its client for the longest time.
    fn evict_longest_waiting(&mut self) -> Option<()> {
        let waiting = self.connections.iter().filter(|(_, c)| c.handled == 0);
        let (&longest, _) = waiting.min_by_key(|(_, connection)| connection.last_change)?;
        self.close(longest);
        Some(())
    }

    /// Closes the connection of the oldest request that waits for its client. A request that is
    /// handled keeps its connection: closing it would free nothing before the handler ends.
    fn evict_oldest_memory(&mut self) -> Option<()> {
        let mut oldest_first = self.requests.values();
        let oldest = oldest_first.find(|request| request.phase != Phase::Handling)?;
        self.close(oldest.connection);
        Some(())
    }

    /// Tells a connection's task to end, and counts the connection and its requests no more.
    fn close(&mut self, id: u64) {
        let Some(connection) = self.connections.remove(&id) else {
            return;
        };
        connection.close.notify_one();
        for request in connection.requests {
            self.remove(request);
        }
    }

    fn remove(&mut self, request: u64) -> Option<RequestState> {
        let removed = self.requests.remove(&request)?;
        self.buffered -= removed.bytes;
        Some(removed)
    }

    /// Moves a request to a phase, and returns the request.
    fn enter(&mut self, request: u64, phase: Phase) -> Option<&mut RequestState> {
        let request = self.requests.get_mut(&request)?;
        let left = std::mem::replace(&mut request.phase, phase);
        if let Some(connection) = self.connections.get_mut(&request.connection) {
            connection.handled += usize::from(phase == Phase::Handling);
            connection.handled -= usize::from(left == Phase::Handling);
            if phase == Phase::Responding && left != Phase::Responding {
                connection.unanswered -= 1;
                connection.last_change = Instant::now();
            }
        }
        Some(request)
    }
}

// === impl OpenConnection ===

impl OpenConnection {
    /// Enters a request whose head has arrived.
    pub fn begin<B>(&self, request: &Request<B>) -> OpenRequest {
        let bytes = head_cost(request);
        let mut state = self.connections.state();
        let id = state.new_id();
        if let Some(connection) = state.connections.get_mut(&self.id) {
            connection.unanswered += 1;
            connection.last_change = Instant::now();
            connection.requests.insert(id);
            let entry = RequestState {
                connection: self.id,
                bytes: 0,
                phase: Phase::Receiving,
            };
            state.requests.insert(id, entry);
        }
        self.connections.hold(state, id, bytes);
        OpenRequest {
            id,
            connections: Arc::clone(&self.connections),
        }
    }

    /// Since when it has no request without a response; `None` while it has one.
    pub fn idle_since(&self) -> Option<Instant> {
        let state = self.connections.state();
        let connection = state.connections.get(&self.id)?;
        (connection.unanswered == 0).then_some(connection.last_change)
    }

    /// Completes when the connection has to make room for others.
    pub async fn evicted(&self) {
        self.close.notified().await;
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        // A handler may run on; the limit of requests in flight bounds those.
        self.connections.state().close(self.id);
    }
}

// === impl OpenRequest ===

impl OpenRequest {
    /// Counts bytes of the body that have arrived.
    pub fn received(&self, bytes: usize) {
        let state = self.connections.state();
        self.connections.hold(state, self.id, bytes);
    }

    /// The request has arrived whole. Until its response, its connection is not closed for room.
    pub fn handling(&self) {
        self.connections.state().enter(self.id, Phase::Handling);
    }

    /// A response takes the place of the request. It counts until this value is dropped.
    pub fn responding(&self, bytes: usize) {
        let mut state = self.connections.state();
        let Some(request) = state.enter(self.id, Phase::Responding) else {
            return;
        };
        let freed = std::mem::replace(&mut request.bytes, 0);
        state.buffered -= freed;
        self.connections.hold(state, self.id, REQUEST_COST + bytes);
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        let mut state = self.connections.state();
        state.enter(self.id, Phase::Responding); // its client may have gone before the response
        if let Some(request) = state.remove(self.id)
            && let Some(connection) = state.connections.get_mut(&request.connection)
        {
            connection.requests.remove(&self.id);
        }
    }
}

/// The memory of a request's head, about.
fn head_cost<B>(request: &Request<B>) -> usize {
    let fields = request.headers().iter();
    let fields = fields.map(|(name, value)| name.as_str().len() + value.len() + FIELD_COST);
    let target = request
        .uri()
        .path_and_query()
        .map_or(0, |target| target.as_str().len());
    REQUEST_COST + target + fields.sum::<usize>()
}

#[cfg(test)]
mod tests;
