//! Takes a joined server over when the process that started it ends, so that the other processes on
//! the same data go on. Their connections break, and new ones work within about a second.

use std::{
    path::Path,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use crate::{cluster::Cluster, installation::Installation, options::Setting, server::Server};

/// Pause between two looks at the lock, and after a start that failed.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// A thread that waits for the lock of the directory, and then starts the server again. Dropping it
/// stops that server, if it was started.
#[derive(Debug)]
pub(crate) struct Takeover {
    /// Its end ends the thread. None while this value is dropped.
    alive: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

// === impl Takeover ===

impl Takeover {
    /// Waits for the end of the server that listens in `socket_dir`. None if a server of this
    /// process would listen elsewhere, because the path of the data is too long for a socket:
    /// clients would not find it.
    pub(crate) fn of(
        socket_dir: &Path,
        cluster: Arc<Cluster>,
        installation: Installation,
        settings: Vec<Setting>,
    ) -> Option<Self> {
        if cluster.socket_dir() != socket_dir {
            return None;
        }
        let (alive, owner) = channel();
        let watch = move || watch(&owner, &cluster, &installation, &settings);
        Some(Self {
            alive: Some(alive),
            thread: Some(thread::spawn(watch)),
        })
    }
}

impl Drop for Takeover {
    fn drop(&mut self) {
        self.alive = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a panic of the thread has stopped its server
        }
    }
}

fn watch(
    owner: &Receiver<()>,
    cluster: &Cluster,
    installation: &Installation,
    settings: &[Setting],
) {
    while owner.recv_timeout(POLL_INTERVAL) == Err(RecvTimeoutError::Timeout) {
        // After an error the next look tries again; the server's log has the cause.
        if let Ok(Some(server)) = Server::start_if_free(cluster, installation, settings) {
            let _ = owner.recv(); // until the owner drops its end
            drop(server);
            return;
        }
    }
}
