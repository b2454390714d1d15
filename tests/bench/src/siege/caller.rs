//! Sends requests, each over a free connection of a pool.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::time::timeout;

use crate::Result;

const TIMEOUT: Duration = Duration::from_secs(10);

/// A client. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Caller {
    client: Client<HttpConnector, Full<Bytes>>,
    pub address: SocketAddr,
}

/// A request of a tenant.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: Method,
    pub path: String,
    pub tenant: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

// === impl Caller ===

impl Caller {
    pub fn new(address: SocketAddr) -> Self {
        Self {
            client: Client::builder(TokioExecutor::new()).build_http(),
            address,
        }
    }

    /// Sends a request, and reads its whole response.
    pub async fn send(&self, call: Call) -> Result<(StatusCode, Bytes)> {
        let mut request = Request::builder()
            .method(call.method)
            .uri(format!("http://{}{}", self.address, call.path))
            .header("x-tenant-id", call.tenant)
            .header("content-type", "application/json");
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(call.body))?;
        let exchange = async {
            let response = self.client.request(request).await?;
            let status = response.status();
            let body = response.into_body().collect().await?.to_bytes();
            Result::Ok((status, body))
        };
        timeout(TIMEOUT, exchange).await?
    }
}

// === impl Call ===

impl Call {
    pub fn new(tenant: &str, method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            tenant: tenant.to_owned(),
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    pub fn create(tenant: &str, key: impl ToString) -> Self {
        Self::new(tenant, Method::POST, "/orders").header("idempotency-key", key)
    }

    pub fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }
}

/// The id in the JSON of an order.
pub fn id(order: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(order).ok()?;
    let (_, rest) = text.split_once("\"id\":\"")?;
    Some(rest.split('"').next()?.to_owned())
}
