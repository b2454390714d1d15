//! A client that holds every answer against the contract.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy, rt::TokioExecutor};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use uuid::Uuid;

use super::contract::Contract;

type Http = legacy::Client<legacy::connect::HttpConnector, Full<Bytes>>;

/// No answer takes this long, or the test has found a hang.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client that speaks for one tenant.
#[derive(Clone)]
pub struct Client {
    pub tenant: String,
    pub address: SocketAddr,
    http: Http,
}

/// A request that can still be changed.
#[derive(Clone)]
pub struct Call {
    http: Http,
    address: SocketAddr,
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// An answer that satisfies the contract.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

// === impl Client ===

impl Client {
    pub fn new(address: SocketAddr, tenant: &str) -> Self {
        let http = legacy::Client::builder(TokioExecutor::new()).build_http();
        Self {
            tenant: tenant.to_owned(),
            address,
            http,
        }
    }

    /// A client that speaks HTTP/2 without TLS and without being asked (RFC 9113 §3.3).
    pub fn with_http2(&self) -> Self {
        let http = legacy::Client::builder(TokioExecutor::new())
            .http2_only(true)
            .build_http();
        Self {
            http,
            ..self.clone()
        }
    }

    /// A request in the tenant's name.
    pub fn call(&self, method: Method, path: impl Into<String>) -> Call {
        Call {
            http: self.http.clone(),
            address: self.address,
            method,
            path: path.into(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
        .header("x-tenant-id", &self.tenant)
    }
}

// === impl Call ===

impl Call {
    /// Adds a header; a second one of the same name is sent as a second line.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers
            .append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    pub fn json(self, body: impl Into<String>) -> Self {
        self.header("content-type", "application/json")
            .body(body.into())
    }

    /// Sends it, and fails the test unless the answer satisfies the contract.
    pub async fn send(self) -> Reply {
        let (method, path) = (self.method.clone(), self.path.clone());
        let reply = self.send_to_page().await;
        Contract::get().check(&method, &path, &reply);
        reply
    }

    /// Sends it to one of the pages for people, of which the contract says nothing.
    pub async fn send_to_page(self) -> Reply {
        let mut request = Request::builder()
            .method(&self.method)
            .uri(format!("http://{}{}", self.address, self.path));
        *request.headers_mut().unwrap() = self.headers;
        let request = request.body(Full::new(self.body)).unwrap();
        let answer = async {
            let (head, body) = self.http.request(request).await.unwrap().into_parts();
            (head, body.collect().await.unwrap().to_bytes())
        };
        let (head, body) = tokio::time::timeout(PATIENCE, answer).await.unwrap();
        Reply {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        }
    }

    /// Sends it, waits for the fact, and hangs up. Returns when the service, which has not
    /// answered, has hung up as well.
    pub async fn hang_up_once(self, fact: impl Future<Output = ()>) {
        let mut request = format!("{} {} HTTP/1.1\r\nhost: orders\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            request += &format!("{name}: {}\r\n", value.to_str().unwrap());
        }
        request += &format!("content-length: {}\r\n\r\n", self.body.len());
        let mut connection = TcpStream::connect(self.address).await.unwrap();
        connection.write_all(request.as_bytes()).await.unwrap();
        connection.write_all(&self.body).await.unwrap();
        fact.await;
        connection.shutdown().await.unwrap();
        let mut answer = String::new();
        let read = connection.read_to_string(&mut answer);
        tokio::time::timeout(PATIENCE, read).await.unwrap().unwrap();
        assert_eq!(answer, "");
    }
}

// === impl Reply ===

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn id(&self) -> Uuid {
        self.json()["id"].as_str().unwrap().parse().unwrap()
    }

    /// A header that may be missing.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Fails the test unless this is the refusal; gives its details.
    #[track_caller]
    pub fn refused(&self, status: StatusCode, code: &str) -> Value {
        let mut body = self.json();
        assert_eq!(
            (self.status, body["code"].as_str()),
            (status.as_u16(), Some(code)),
            "{self:?}"
        );
        body["details"].take()
    }

    /// The same for a conflict, which has a reason.
    #[track_caller]
    pub fn conflict(&self, reason: &str) -> Value {
        let details = self.refused(StatusCode::CONFLICT, "conflict");
        assert_eq!(details["reason"], reason, "{self:?}");
        details
    }
}
