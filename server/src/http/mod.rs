//! The HTTP stack: the generated router inside, what every request needs around it.
//!
//! **Invariant:** whatever answers, the body of a refusal is the contract's `ApiError`; `failure`
//! writes it.

mod api;
mod assets;
mod bounded;
mod choose;
mod cors;
mod failure;
mod headers;
mod listener;
mod request_id;
mod socket;
mod trace;

use std::convert::Infallible;

pub use api::OrdersApi;
use bytes::Bytes;
use choose::Choose;
pub use failure::Failure;
use http::Request;
use http_body::Body;
use http_body_util::{Either, Full, Limited};
pub use listener::Listener;
use orders_api::{Api, Router};
use tower::{BoxError, Service, ServiceBuilder, limit::GlobalConcurrencyLimitLayer, service_fn};
use tower_http::{
    catch_panic::CatchPanicLayer,
    map_request_body::MapRequestBodyLayer,
    request_id::{PropagateRequestIdLayer, SetRequestIdLayer},
    timeout::DeadlineBody,
    trace::TraceLayer,
};

use crate::config::ServeConfig;

/// Builds the stack around the operations. Requests go down the list, responses up. It never fails:
/// every failure is a response.
pub fn service<B>(
    api: impl Api<Failure = Failure>,
    config: &ServeConfig,
) -> impl Service<
    Request<B>,
    Response = http::Response<impl Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static>,
    Error = Infallible,
    Future: Send,
> + Clone
+ Send
+ 'static
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let (body_limit, patience) = (config.body_limit, config.request_timeout);
    let operations = ServiceBuilder::new()
        .layer(MapRequestBodyLayer::new(move |body| {
            DeadlineBody::new(patience, limited(body, body_limit)) // a body that trickles does not keep its place
        }))
        .map_err(|never: Infallible| -> BoxError { match never {} })
        .service(Router::new(api));
    let shedding = ServiceBuilder::new()
        .load_shed()
        .layer(GlobalConcurrencyLimitLayer::new(config.max_in_flight))
        .service(operations.clone());
    let operations = Choose {
        // a busy process is not to be restarted
        when: |request: &Request<B>| request.uri().path() == "/healthz",
        this: operations,
        other: shedding,
    };
    let everything = Choose {
        when: |request: &Request<B>| assets::has(request.uri().path()),
        this: service_fn(assets::answer::<B, BoxError>), // from memory: nothing to shed
        other: operations,
    };
    ServiceBuilder::new()
        .map_request(request_id::keep_if_fit)
        .layer(SetRequestIdLayer::new(request_id::NAME, request_id::Make)) // first: lines and answers carry it
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(trace::span)
                .on_request(())
                .on_response(trace::line)
                .on_eos(())
                .on_failure(()),
        )
        .layer(PropagateRequestIdLayer::new(request_id::NAME))
        .layer(cors::layer(&config.cors_origins)) // outside what refuses: a page may read refusals too
        .layer(CatchPanicLayer::custom(|_| Failure::Panic.into()))
        .layer(bounded::Layer { patience }) // outside the limit: tasks count, not clients
        .service(everything)
}

/// At most `limit` bytes of a body, which is too large at once if it says so itself.
fn limited<B: Body<Data = Bytes>>(body: B, limit: usize) -> Limited<Either<B, Full<Bytes>>> {
    if body.size_hint().lower() > limit as u64 {
        return Limited::new(Either::Right(Full::from("more")), 0);
    }
    Limited::new(Either::Left(body), limit)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use http::{Method, StatusCode};
    use http_body_util::{BodyExt, Full};
    use orders_api::*;
    use tokio::sync::{mpsc, oneshot};
    use tower::ServiceExt;

    use super::{api::RequestContext, *};
    use crate::config::{Cli, Command};

    /// Panics when asked for an order, hesitates when asked for its readiness, and is alive.
    struct Stub {
        hesitating: mpsc::UnboundedSender<oneshot::Sender<()>>,
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

        async fn get_readiness(
            &self,
            _: GetReadinessRequest,
            _: RequestContext,
        ) -> Result<GetReadinessResponse, Failure> {
            let (go_on, told) = oneshot::channel();
            self.hesitating.send(go_on).unwrap();
            told.await.unwrap();
            self.finished.send(()).unwrap();
            Err(Failure::Overloaded("read by nobody"))
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

        async fn list_orders(
            &self,
            _: ListOrdersRequest<Self>,
            _: RequestContext,
        ) -> Result<ListOrdersResponse, Failure> {
            unreachable!()
        }
    }

    #[tokio::test]
    async fn a_panic_is_an_internal_error_without_internals_and_the_service_lives_on() {
        let (hesitating, _asked) = mpsc::unbounded_channel();
        let (finished, _done) = mpsc::unbounded_channel();
        let stub = Stub {
            hesitating,
            finished,
        };
        let service = service(stub, &config(&["--max-in-flight", "1"]));
        for _ in 0..3 {
            let response = service.clone().oneshot(get(ORDER)).await.unwrap();
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            assert_eq!(response.headers()["x-request-id"], "mine");
            assert_eq!(response.headers()["access-control-allow-origin"], "*");
            assert_eq!(response.headers()["content-type"], "application/json");
            let envelope = r#"{"code":"internal","message":"internal error"}"#;
            assert_eq!(text(response).await, envelope);
        }
        // A panic gives its place back.
        let response = service.oneshot(get("/openapi.yaml")).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn a_handler_outlives_the_patience_of_its_client_and_keeps_its_place() {
        let (hesitating, mut asked) = mpsc::unbounded_channel();
        let (finished, mut done) = mpsc::unbounded_channel();
        let stub = Stub {
            hesitating,
            finished,
        };
        let flags = ["--max-in-flight", "1", "--request-timeout", "10ms"];
        let service = service(stub, &config(&flags));

        let response = service.clone().oneshot(get("/readyz")).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()["retry-after"], "1");
        assert_eq!(response.headers()["x-request-id"], "mine");
        let go_on = asked.recv().await.unwrap();
        let response = service.clone().oneshot(get("/openapi.yaml")).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        let response = service.oneshot(get("/healthz")).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "busy is not dead");

        go_on.send(()).unwrap();
        done.recv().await.unwrap();
    }

    const ORDER: &str = "/orders/8d7b5a7e-5f0f-4a6e-9a3c-0b1f2c3d4e5f";

    fn get(path: &str) -> Request<Full<Bytes>> {
        Request::builder()
            .method(Method::GET)
            .uri(path)
            .header("x-tenant-id", "tenant")
            .header("x-request-id", "mine")
            .body(Full::default())
            .unwrap()
    }

    fn config(flags: &[&str]) -> ServeConfig {
        match Cli::parse_from(["orders", "serve"].iter().chain(flags)).command {
            Command::Serve(config) => config,
            _ => unreachable!(),
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
}
