//! Sends requests to the crate that is generated from `contract.yaml`, which calls it `orders_api`.

#![expect(clippy::unwrap_used)]

use std::{
    convert::Infallible,
    future::Future,
    pin::pin,
    str::FromStr,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full};
use orders_api::*;
use tower_service::Service as _;

const ID: &str = "0192f0c1-7a6e-7cc3-98a5-3d1f5c0b7e11";

/// Remembers what the methods were called with.
#[derive(Clone, Default)]
struct Service(Arc<Mutex<Vec<String>>>);

/// Every associated type: any text but `bad`.
#[derive(Debug)]
struct Word(String);

/// An error response.
struct Failure(Response);

struct NoContext;

impl FromStr for Word {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "bad" { Err("must not be bad") } else { Ok(Self(text.to_owned())) }
    }
}

impl Default for Word {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl From<&http::request::Parts> for NoContext {
    fn from(_: &http::request::Parts) -> Self {
        Self
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        let (status, text) = match error {
            DecodeError::NoRoute => (StatusCode::NOT_FOUND, String::new()),
            DecodeError::NoMethod { allow } => (StatusCode::METHOD_NOT_ALLOWED, allow),
            DecodeError::Invalid { code, message, .. } => {
                (StatusCode::BAD_REQUEST, format!("{}: {message}", code.as_str()))
            }
            other => (StatusCode::BAD_REQUEST, format!("{other:?}")),
        };
        let mut response = Response::new(Full::from(text));
        *response.status_mut() = status;
        Self(response)
    }
}

impl From<EncodeError> for Failure {
    fn from(_: EncodeError) -> Self {
        unreachable!("the models can be written")
    }
}

impl From<Failure> for Response {
    fn from(failure: Failure) -> Self {
        failure.0
    }
}

impl Service {
    fn note(&self, call: String) {
        self.0.lock().unwrap().push(call);
    }
}

impl Api for Service {
    type Failure = Failure;
    type Context = NoContext;
    type Day = Word;
    type Glow = Word;
    type Import = Word;
    type Level = Word;
    type Places = Word;
    type Shape = Word;
    type Size = Word;
    type ThingId = Word;
    type Weight = Word;

    async fn list_things(
        &self,
        request: ListThingsRequest<Self>,
        _: NoContext,
    ) -> Result<ListThingsResponse, Failure> {
        let ListThingsRequest { limit, q, after, open, colour, owner, .. } = &request;
        self.note(format!("{limit} {q} {after:?} {open} {colour:?} {owner:?}"));
        let ListThingsRequest { size, shape, day, level, glow, weight, .. } = &request;
        self.note(format!("{} {shape:?} {day:?} {} {} {weight:?}", size.0, level.0, glow.0));
        let ListThingsRequest { r#type, text, x_key, x_count, .. } = &request;
        self.note(format!("{type:?} {text:?} {x_key} {x_count}"));
        let e_tag = HeaderValue::from_static("\"1\"");
        if x_key == "known" {
            return Ok(ListThingsResponse::NotModified { e_tag });
        }
        let body = Page {
            things: Vec::new(),
            next: None,
            bits: vec![vec![true], vec![]],
            at: DateTime::new("now"),
            checked: None,
            changed: None,
            times: Some(vec![DateTime::new("then")]),
            pages: None,
        };
        Ok(ListThingsResponse::Page { e_tag, x_total: 7, body })
    }

    async fn import_things(
        &self,
        request: ImportThingsRequest<Self>,
        _: NoContext,
    ) -> Result<ImportThingsResponse, Failure> {
        if request.body.0.is_empty() {
            return Ok(ImportThingsResponse::Accepted {});
        }
        let body = Verbatim::from_stored(request.body.0);
        Ok(ImportThingsResponse::Imported { body })
    }

    async fn rename_thing(
        &self,
        request: RenameThingRequest,
        _: NoContext,
    ) -> Result<RenameThingResponse, Failure> {
        Ok(RenameThingResponse::Renamed { body: vec![request.body] })
    }

    async fn annotate_thing(
        &self,
        request: AnnotateThingRequest,
        _: NoContext,
    ) -> Result<AnnotateThingResponse, Failure> {
        Ok(match request.body {
            body if body.is_empty() => AnnotateThingResponse::Conflict {},
            body => AnnotateThingResponse::Annotated { body },
        })
    }

    async fn open_thing(
        &self,
        request: OpenThingRequest<Self>,
        _: NoContext,
    ) -> Result<OpenThingResponse, Failure> {
        self.note(request.thing_id.0);
        Ok(OpenThingResponse::Opened {})
    }

    async fn put_part(
        &self,
        request: PutPartRequest<Self>,
        _: NoContext,
    ) -> Result<PutPartResponse, Failure> {
        let PutPartRequest { thing_id, part_number, body } = &request;
        self.note(format!("{thing_id} {part_number} {} {}", body.name, body.serial));
        let NewPart { count, bytes, spare, colour, .. } = body;
        self.note(format!("{count:?} {bytes:?} {spare:?} {colour:?}"));
        let NewPart { made, mass, places, glows, code, .. } = body;
        self.note(format!("{made:?} {mass:?} {places:?} {glows:?} {code:?}"));
        Ok(PutPartResponse::Put {})
    }

    async fn delete_part(
        &self,
        request: DeletePartRequest,
        _: NoContext,
    ) -> Result<DeletePartResponse, Failure> {
        self.note(format!("{} {}", request.thing_id, request.part_number));
        Ok(DeletePartResponse::Deleted {})
    }
}

/// The status, the body, and what the methods were called with.
fn send(method: &str, path: &str, key: Option<&str>, body: &str) -> (u16, String, Vec<String>) {
    let (response, calls) = exchange(method, path, key, body);
    let (parts, body) = response.into_parts();
    let body = ready(body.collect()).unwrap().to_bytes();
    (parts.status.as_u16(), String::from_utf8(body.to_vec()).unwrap(), calls)
}

fn exchange(
    method: &str,
    path: &str,
    key: Option<&str>,
    body: &str,
) -> (Response, Vec<String>) {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(key) = key {
        request = request.header("x-key", key);
    }
    if !body.is_empty() {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    let request = request.body(Full::new(Bytes::from(body.to_owned()))).unwrap();
    let service = Service::default();
    let response: Result<_, Infallible> = ready(Router::new(service.clone()).call(request));
    let Ok(response) = response;
    let calls = service.0.lock().unwrap().clone();
    (response, calls)
}

/// Nothing here waits.
fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a future waits"),
    }
}

#[test]
fn absent_parameters_have_their_defaults() {
    let (status, body, calls) = send("GET", "/things", Some("k"), "");
    assert_eq!(status, 200);
    assert_eq!(
        body,
        r#"{"things":[],"next":null,"bits":[[true],[]],"at":"now","checked":null,"times":["then"]}"#
    );
    assert_eq!(
        calls,
        [
            "10 any None true None None",
            "default None None default default None",
            "None None k 0",
        ]
    );
}

#[test]
fn an_operation_names_its_scopes() {
    let find = |method, path| Operation::find(&method, path).map(|found| (found.id, found.scopes));
    let scopes = Some(&["things:write", "things:read"][..]);
    assert_eq!(find(http::Method::POST, "/things"), Some(("importThings", scopes)));
    assert_eq!(find(http::Method::HEAD, "/things"), Some(("listThings", None)));
    assert_eq!(find(http::Method::DELETE, "/things"), None);
}

#[test]
fn parameters_are_decoded() {
    let query = "limit=100&q=%C3%A4b&after=-3000000000&open=false&colour=dark-green";
    let owner = format!("owner={ID}&size=s&shape=round&day=2026-01-31&level=8&glow=true");
    let path = format!("/things?{query}&{owner}&weight=0.5&type=a%20b&text=c%2Bd");
    let (status, _, calls) = send("GET", &path, Some("known"), "");
    assert_eq!(status, 304);
    let owner = format!("100 äb Some(-3000000000) false Some(DarkGreen) Some({ID})");
    assert_eq!(
        calls,
        [
            owner.as_str(),
            r#"s Some(Word("round")) Some(Word("2026-01-31")) 8 true Some(Word("0.5"))"#,
            r#"Some("a b") Some("c+d") known 0"#,
        ]
    );
}

#[test]
fn headers_of_a_response_are_written() {
    let (response, _) = exchange("GET", "/things", Some("k"), "");
    assert_eq!(response.headers()["etag"], "\"1\"");
    assert_eq!(response.headers()["x-total"], "7");
    assert_eq!(response.headers()["content-type"], "application/json");
    assert!(!response.headers().contains_key("x-request-id"));
}

#[test]
fn parameters_out_of_bounds_are_refused_with_their_codes() {
    for (query, expected) in [
        ("limit=0", "invalid_request: limit must be an integer from 1 to 100"),
        ("limit=101", "invalid_request: limit must be an integer from 1 to 100"),
        ("limit=1.0", "invalid_request: limit must be an integer from 1 to 100"),
        ("limit=1&limit=1", "invalid_request: limit must not be repeated"),
        ("q=a", "invalid_request: q must have at least 2 characters"),
        ("q=abcdef", "invalid_request: q must have at most 5 characters"),
        (
            "after=-3000000001",
            "invalid_request: after must be an integer from -3000000000 to 9223372036854775807",
        ),
        ("open=1", "invalid_request: open must be true or false"),
        (
            "colour=blue",
            "unknown_colour: colour must be red or dark-green or light_blue or UPPER or camelCase",
        ),
        ("owner=1", "invalid_request: owner must be a UUID in its hyphenated form"),
        ("size=bad", "invalid_request: size must not be bad"),
        ("level=bad", "invalid_request: level must not be bad"),
        ("other=1", "invalid_request: other is not a parameter of this operation"),
    ] {
        let (status, body, calls) = send("GET", &format!("/things?{query}"), Some("k"), "");
        assert_eq!((status, body.as_str(), calls.len()), (400, expected, 0), "{query}");
    }
    let (_, body, _) = send("GET", "/things", None, "");
    assert_eq!(body, "key_required: X-Key is required");
}

#[test]
fn several_path_parameters_reach_put_and_delete() {
    let path = format!("/things/{ID}/parts/99");
    let (status, body, calls) = send("DELETE", &path, None, "");
    assert_eq!((status, body.as_str()), (204, ""));
    assert_eq!(calls, [format!("{ID} 99")]);
    let (status, _, calls) =
        send("PUT", &path, None, &format!(r#"{{"name":"abc","serial":"{ID}"}}"#));
    assert_eq!(status, 204);
    assert_eq!(calls[0], format!("{ID} 99 abc {ID}"));
    let (status, body, _) = send("DELETE", &format!("/things/{ID}/parts/100"), None, "");
    assert_eq!(
        (status, body.as_str()),
        (400, "invalid_request: part_number must be an integer from 1 to 99")
    );
    let (status, body, _) = send("GET", &path, None, "");
    assert_eq!((status, body.as_str()), (405, "DELETE, PUT"));
}

#[test]
fn members_of_a_body_are_decoded() {
    let numbers = r#""count":9,"bytes":3000000000,"spare":false,"colour":"light_blue""#;
    let typed = r#""made":"2026-01-31","mass":0.5,"places":4000000000,"glows":true,"code":"x""#;
    let body = format!(r#"{{"name":"a","serial":"{ID}",{numbers},{typed}}}"#);
    let (status, _, calls) = send("PUT", &format!("/things/{ID}/parts/1"), None, &body);
    assert_eq!(status, 204);
    assert_eq!(
        calls[1..],
        [
            "Some(9) Some(3000000000) Some(false) Some(LightBlue)",
            r#"Some(Word("2026-01-31")) Some(Word("0.5")) Some(Word("4000000000")) Some(Word("true")) Some(Word("x"))"#,
        ]
    );
}

#[test]
fn members_out_of_bounds_are_refused_with_their_codes() {
    for (member, expected) in [
        (r#""name":"""#, "invalid_request: name must have at least 1 characters"),
        (r#""name":"abcd""#, "invalid_request: name must have at most 3 characters"),
        (r#""name":1"#, "invalid_request: name must be a string"),
        (r#""name":"a","serial":"1""#, "invalid_request: serial must be a UUID in its hyphenated form"),
        (r#""name":"a","count":10"#, "invalid_request: count must be an integer from 0 to 9"),
        (r#""name":"a","count":"9""#, "invalid_request: count must be an integer from 0 to 9"),
        (r#""name":"a","count":null"#, "invalid_request: count must be an integer from 0 to 9"),
        (r#""name":"a","spare":"true""#, "invalid_request: spare must be true or false"),
        (
            r#""name":"a","colour":"blue""#,
            "invalid_request: colour must be red or dark-green or light_blue or UPPER or camelCase",
        ),
        (r#""name":"a","made":"bad""#, "not_a_day: made must not be bad"),
        (r#""name":"a","made":1"#, "not_a_day: made must be a string"),
        (r#""name":"a","more":1"#, "invalid_request: more is not a member of this body"),
    ] {
        let serial = if member.contains("serial") { String::new() } else { format!(r#","serial":"{ID}""#) };
        let body = format!("{{{member}{serial}}}");
        let (status, message, calls) = send("PUT", &format!("/things/{ID}/parts/1"), None, &body);
        assert_eq!((status, message.as_str(), calls.len()), (400, expected, 0), "{body}");
    }
}

#[test]
fn bodies_as_a_whole_are_decoded() {
    let thing = format!("/things/{ID}");
    assert_eq!(send("POST", "/things", None, r#"{"a":1}"#).1, r#"{"a":1}"#);
    assert_eq!(send("POST", "/things", None, "").0, 202);
    assert_eq!(send("POST", "/things", None, "bad").1, "invalid_request: the body must not be bad");
    assert_eq!(send("POST", &thing, None, r#"{"a":1}"#).1, r#"{"a":1}"#);
    assert_eq!(send("POST", &thing, None, "").0, 409);
    assert_eq!(send("PATCH", &thing, None, r#"{"name":"n"}"#).1, r#"[{"name":"n"}]"#);
    let (response, _) = exchange("POST", &thing, None, "{}");
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    let (response, _) = exchange("POST", "/things", None, "{}");
    assert_eq!(response.headers()["content-type"], "application/vnd.thing+json");
}

#[test]
fn a_body_without_members_may_be_absent() {
    let path = format!("/things/{ID}/open");
    assert_eq!(send("POST", &path, None, ""), (204, String::new(), vec![ID.to_owned()]));
    assert_eq!(send("POST", &path, None, "{}").0, 204);
    assert_eq!(
        send("POST", &path, None, r#"{"a":1}"#).1,
        "invalid_request: a is not a member of this body"
    );
}
