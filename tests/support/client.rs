//! An HTTP client that checks each response against the contract.

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

/// Timeout of a request. A response that takes longer is a hang.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client of one tenant.
#[derive(Clone)]
pub struct Client {
    pub tenant: String,
    pub address: SocketAddr,
    token: Option<String>,
    http: Http,
}

/// A request before it is sent.
#[derive(Clone)]
pub struct Call {
    http: Http,
    address: SocketAddr,
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// A response that satisfies the contract.
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
            token: None,
            http,
        }
    }

    /// The same client with a bearer token.
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The same client with HTTP/2 over cleartext TCP, with prior knowledge (RFC 9113 §3.3).
    pub fn with_http2(&self) -> Self {
        let http = legacy::Client::builder(TokioExecutor::new())
            .http2_only(true)
            .build_http();
        Self {
            http,
            ..self.clone()
        }
    }

    /// A request of the tenant.
    pub fn call(&self, method: Method, path: impl Into<String>) -> Call {
        let call = Call {
            http: self.http.clone(),
            address: self.address,
            method,
            path: path.into(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
        .header("x-tenant-id", &self.tenant);
        match &self.token {
            Some(token) => call.header("authorization", &format!("Bearer {token}")),
            None => call,
        }
    }
}

// === impl Call ===

impl Call {
    /// Adds a header line.
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

    /// Sends the request. Fails the test unless the response satisfies the contract.
    pub async fn send(self) -> Reply {
        let (method, path) = (self.method.clone(), self.path.clone());
        let reply = self.send_to_page().await;
        Contract::get().check(&method, &path, &reply);
        reply
    }

    /// As [`send`](Self::send), to the admin listener.
    pub async fn send_to_admin(self) -> Reply {
        let (method, path) = (self.method.clone(), self.path.clone());
        let reply = self.send_to_page().await;
        Contract::admin().check(&method, &path, &reply);
        reply
    }

    /// Sends the request to the console or the API reference, which are not in the contract.
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

    /// Sends the request, waits for the fact, and closes its side of the connection. Returns when
    /// the service has closed the connection without a response.
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

    /// A header, if the response has it.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Fails the test unless this is the error response. Returns its details.
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

    /// As [`refused`](Self::refused), for a conflict with this reason.
    #[track_caller]
    pub fn conflict(&self, reason: &str) -> Value {
        let details = self.refused(StatusCode::CONFLICT, "conflict");
        assert_eq!(details["reason"], reason, "{self:?}");
        details
    }
}
