//! An event as a CloudEvent 1.0.
//!
//! **Invariant:** `data` is the stored payload, byte for byte.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::value::RawValue;

use crate::{outbox::event::Event, trace_context::TraceParent, traces};

/// The media type of [`CloudEvent::structured`].
pub const STRUCTURED: &str = "application/cloudevents+json";

/// The media type of the data.
pub const DATA: &str = "application/json";

/// An event with the attributes of CloudEvents 1.0.
pub struct CloudEvent<'a> {
    event: &'a Event,
    source: &'a str,
}

/// The structured content mode: attributes and data in one JSON object (CloudEvents JSON format
/// §3).
struct Structured<'a> {
    attributes: Vec<(&'static str, String)>,
    data: &'a RawValue,
}

/// Whether the text can be the `source` of events: a non-empty URI reference (CloudEvents §3.1.1).
pub fn is_source(text: &str) -> bool {
    let in_uris = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    !text.is_empty() && text.bytes().all(in_uris)
}

// === impl CloudEvent ===

impl<'a> CloudEvent<'a> {
    /// The event, with the `source` of this service.
    pub fn new(event: &'a Event, source: &'a str) -> Self {
        CloudEvent { event, source }
    }

    /// All attributes in their canonical form, without the data.
    ///
    /// `subject` is the order's id. `traceparent` is the extension Distributed Tracing: the span of
    /// the request that caused the event, the same at every attempt. `tenantid` is an extension of
    /// this service.
    pub fn attributes(&self) -> Vec<(&'static str, String)> {
        let event = self.event;
        let mut attributes = vec![
            ("specversion", "1.0".to_owned()),
            ("id", event.id.to_string()),
            ("source", self.source.to_owned()),
            ("type", event.event_type.clone()),
            ("subject", event.order_id.to_string()),
            ("datacontenttype", DATA.to_owned()),
            ("tenantid", event.tenant_id.to_string()),
            ("time", event.created_at.to_string()),
        ];
        if let Some(parent) = &event.trace_parent {
            attributes.push(("traceparent", parent.as_str().to_owned()));
        }
        attributes
    }

    /// The `traceparent` of the message itself: the span of the attempt; without traces that of the
    /// attribute.
    pub fn message_trace_parent(&self) -> Option<TraceParent> {
        let own = traces::Span::current().trace_parent();
        own.or_else(|| self.event.trace_parent.clone())
    }

    /// The event as one JSON text.
    ///
    /// # Errors
    /// The payload is not JSON; the database's column type excludes that.
    pub fn structured(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&Structured {
            attributes: self.attributes(),
            data: serde_json::from_str(&self.event.payload)?,
        })
    }
}

// === impl Structured ===

impl Serialize for Structured<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.attributes.len() + 1))?;
        for (name, value) in &self.attributes {
            map.serialize_entry(name, value)?;
        }
        map.serialize_entry("data", self.data)?;
        map.end()
    }
}
