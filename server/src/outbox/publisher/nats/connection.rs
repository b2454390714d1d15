//! The state of the connection, which the NATS client keeps by itself.

use async_nats::{ClientError, Event, ServerError};

/// What the client's events say about the connection.
#[derive(Default)]
pub struct ConnectionState {
    pub is_connected: bool,
    /// How often the connection was lost.
    pub losses: u64,
    /// The last error of client or server since the connection was made.
    pub last_error: Option<String>,
}

// === impl ConnectionState ===

impl ConnectionState {
    /// Takes an event of the client into account.
    pub fn on_event(&mut self, event: Event) {
        match event {
            Event::Connected => {
                self.is_connected = true;
                self.last_error = None;
            }
            Event::Disconnected => {
                self.is_connected = false;
                self.losses += 1;
            }
            Event::ClientError(ClientError::Other(error))
            | Event::ServerError(ServerError::Other(error)) => {
                self.last_error = Some(error);
            }
            Event::ServerError(error) => self.last_error = Some(error.to_string()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reconnection_clears_the_error_and_keeps_the_count_of_losses() {
        let mut state = ConnectionState::default();
        state.on_event(Event::Connected);
        state.on_event(Event::Disconnected);
        state.on_event(Event::ClientError(ClientError::Other("refused".to_owned())));
        assert!(!state.is_connected);
        assert_eq!(state.last_error.as_deref(), Some("refused"));

        state.on_event(Event::Connected);
        assert!(state.is_connected);
        assert_eq!((state.losses, state.last_error), (1, None));
    }
}
