//! The stack around an API that does what a test wants.

use http::{Method, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use orders_api::*;
use tokio::sync::{mpsc, oneshot};
use tower::ServiceExt;

use super::{
    super::{RequestContext, overload::Overload},
    *,
};

/// Panics in `getOrder`, waits for the test in `listOrders`, and responds to probes.
struct Stub {
    waiting: mpsc::UnboundedSender<oneshot::Sender<()>>,
    finished: mpsc::UnboundedSender<()>,
}

impl Api for Stub {
    type Failure = Failure;
    type Context = RequestContext;
    type CreateBody = String;
    type Cursor = String;
    type IdempotencyKey = String;
    type NoneMatch = String;
    type OrderId = String;
    type PageLimit = String;
    type Precondition = String;
    type TenantId = String;
    type TotalCents = String;

    async fn get_order(
        &self,
        _: GetOrderRequest<Self>,
        _: RequestContext,
    ) -> Result<GetOrderResponse, Failure> {
        panic!("a private cause")
    }

    async fn list_orders(
        &self,
        _: ListOrdersRequest<Self>,
        _: RequestContext,
    ) -> Result<ListOrdersResponse, Failure> {
        let (proceed, proceeds) = oneshot::channel();
        self.waiting.send(proceed).unwrap();
        proceeds.await.unwrap();
        self.finished.send(()).unwrap();
        Err(Failure::Overloaded(Overload::InFlight))
    }

    async fn get_readiness(
        &self,
        _: GetReadinessRequest,
        _: RequestContext,
    ) -> Result<GetReadinessResponse, Failure> {
        let status = "ok".to_owned();
        Ok(GetReadinessResponse::Ready {
            body: Health { status },
        })
    }

    async fn get_health(
        &self,
        _: GetHealthRequest,
        _: RequestContext,
    ) -> Result<GetHealthResponse, Failure> {
        let status = "ok".to_owned();
        Ok(GetHealthResponse::Alive {
            body: Health { status },
        })
    }

    async fn get_contract(
        &self,
        _: GetContractRequest,
        _: RequestContext,
    ) -> Result<GetContractResponse, Failure> {
        Ok(GetContractResponse::Contract { body: Bytes::new() })
    }

    async fn create_order(
        &self,
        _: CreateOrderRequest<Self>,
        _: RequestContext,
    ) -> Result<CreateOrderResponse, Failure> {
        unreachable!()
    }

    async fn confirm_order(
        &self,
        _: ConfirmOrderRequest<Self>,
        _: RequestContext,
    ) -> Result<ConfirmOrderResponse, Failure> {
        unreachable!()
    }

    async fn close_order(
        &self,
        _: CloseOrderRequest<Self>,
        _: RequestContext,
    ) -> Result<CloseOrderResponse, Failure> {
        unreachable!()
    }
}

#[tokio::test]
async fn a_panic_is_an_internal_error_that_shows_no_cause() {
    let (waiting, _waits) = mpsc::unbounded_channel();
    let (finished, _done) = mpsc::unbounded_channel();
    let stub = Stub { waiting, finished };
    let service = service(
        stub,
        &settings(),
        &Authentication::Header,
        &Metrics::default(),
        &Traces::default(),
    );
    for _ in 0..3 {
        let response = service.clone().oneshot(get(ORDER)).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()["x-request-id"], "mine");
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        assert_eq!(response.headers()["content-type"], "application/json");
        let envelope = r#"{"code":"internal","message":"internal error"}"#;
        assert_eq!(text(response).await, envelope);
    }
    // A panic releases its permit.
    let response = service.oneshot(get("/openapi.yaml")).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_timed_out_handler_runs_on_and_keeps_its_permit() {
    let (waiting, mut waits) = mpsc::unbounded_channel();
    let (finished, mut done) = mpsc::unbounded_channel();
    let stub = Stub { waiting, finished };
    let request_timeout = Duration::from_millis(10);
    let service = service(
        stub,
        &Settings {
            request_timeout,
            ..settings()
        },
        &Authentication::Header,
        &Metrics::default(),
        &Traces::default(),
    );

    let response = service.clone().oneshot(get("/orders")).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!(response.headers()["x-request-id"], "mine");
    let proceed = waits.recv().await.unwrap();
    let response = service.clone().oneshot(get("/openapi.yaml")).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    for probe in PROBES {
        let response = service.clone().oneshot(get(probe)).await.unwrap();
        let status = response.status();
        assert_eq!(status, StatusCode::OK, "a busy process is alive and ready");
    }

    proceed.send(()).unwrap();
    done.recv().await.unwrap();
}

#[tokio::test]
async fn a_body_that_does_not_arrive_holds_no_permit() {
    let (waiting, _waits) = mpsc::unbounded_channel();
    let (finished, _done) = mpsc::unbounded_channel();
    let service = service(
        Stub { waiting, finished },
        &settings(),
        &Authentication::Header,
        &Metrics::default(),
        &Traces::default(),
    );
    let never_ending = || {
        StreamBody::new(futures_util::stream::pending::<
            Result<Frame<Bytes>, BoxError>,
        >())
    };
    let uploads: Vec<_> = (0..3)
        .map(|_| {
            let upload = get(ORDER).map(|_| BodyExt::boxed_unsync(never_ending()));
            tokio::spawn(service.clone().oneshot(upload))
        })
        .collect();
    tokio::task::yield_now().await;
    let whole = get("/openapi.yaml").map(|body| body.map_err(Into::into).boxed_unsync());
    let response = service.oneshot(whole).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    for upload in uploads {
        assert!(!upload.is_finished());
        upload.abort();
    }
}

const ORDER: &str = "/orders/8d7b5a7e-5f0f-4a6e-9a3c-0b1f2c3d4e5f";

fn get(path: &str) -> Request<Full<Bytes>> {
    Request::builder()
        .method(Method::GET)
        .uri(path)
        .header("host", "orders")
        .header("x-tenant-id", "tenant")
        .header("x-request-id", "mine")
        .body(Full::default())
        .unwrap()
}

/// One request at a time.
fn settings() -> Settings {
    Settings {
        console_admin: None,
        request_timeout: Duration::from_secs(10),
        body_limit: 64 * 1024,
        max_in_flight: 1,
        cors_origins: vec![HeaderValue::from_static("*")],
        response_log: ResponseLog::Debug,
        scheme: "http",
    }
}

async fn text<B>(response: http::Response<B>) -> String
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    let body = response.into_body().collect().await;
    let bytes = body.map_err(Into::into).unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}
