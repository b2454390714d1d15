//! The publisher for webhooks, with a real receiver.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures_util::future::join_all;
use http::{HeaderValue, Method, Version};
use orders_server::outbox::publisher::{DeliveryError, Publisher};
use serde_json::{Value, json};
use tokio::{net::TcpListener, time::timeout};

use super::{OLD_SECRET, SECRET, TRACE_PARENT, chain, closed, publisher};
use crate::support::{Contract, Delivery, Receiver, Scripted};

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_sent_as_a_signed_cloud_event_with_the_payload_byte_for_byte() {
    let receiver = Receiver::start(&[SECRET]).await;
    let event = closed();
    publisher_to(&receiver).await.publish(&event).await.unwrap();

    let [delivery] = &receiver.deliveries()[..] else {
        panic!("the event was not delivered once")
    };
    assert_eq!(
        (&delivery.method, &*delivery.path),
        (&Method::POST, "/events")
    );
    Contract::get().check_webhook("orders.closed", &delivery.headers, &delivery.body);
    assert_eq!(
        delivery.headers["content-type"],
        "application/cloudevents+json"
    );
    assert_eq!(delivery.headers["webhook-id"], event.id.to_string());
    assert_eq!(delivery.headers["traceparent"], TRACE_PARENT);
    let body: Value = serde_json::from_slice(&delivery.body).unwrap();
    let expected = json!({
        "specversion": "1.0",
        "id": event.id,
        "source": "/orders",
        "type": "orders.closed",
        "subject": event.order_id.get(),
        "time": "2026-01-01T00:00:00.000042Z",
        "datacontenttype": "application/json",
        "tenantid": "acme",
        "traceparent": TRACE_PARENT,
        "data": serde_json::from_str::<Value>(&event.payload).unwrap(),
    });
    assert_eq!(body, expected);
    let text = std::str::from_utf8(&delivery.body).unwrap();
    assert!(
        text.ends_with(&format!("\"data\":{}}}", event.payload)),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn with_two_secrets_receivers_with_either_one_verify_the_signature() {
    let receiver = Receiver::start(&[SECRET, OLD_SECRET]).await;
    let both = format!("{SECRET},{OLD_SECRET}");
    let publisher = publisher(&["--publisher", &receiver.url(), "--webhook-secrets", &both]).await;
    publisher.publish(&closed()).await.unwrap();

    let [delivery] = &receiver.deliveries()[..] else {
        panic!("the event was not delivered once")
    };
    let signatures = delivery.headers["webhook-signature"].to_str().unwrap();
    let (new, _) = signatures.split_once(' ').unwrap();
    let mut signed_with_new = delivery.clone();
    signed_with_new
        .headers
        .insert("webhook-signature", new.parse().unwrap());
    assert_eq!(signed_with_new.is_signed_with(SECRET), Ok(()));
    assert!(signed_with_new.is_signed_with(OLD_SECRET).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_delivery_does_not_verify() {
    let receiver = Receiver::start(&[SECRET]).await;
    publisher_to(&receiver)
        .await
        .publish(&closed())
        .await
        .unwrap();
    let delivery = &receiver.deliveries()[0];
    assert_eq!(delivery.is_signed_with(SECRET), Ok(()));
    assert!(delivery.is_signed_with(OLD_SECRET).is_err());

    let with = |name, value: &str| {
        let mut tampered = delivery.clone();
        tampered
            .headers
            .insert(name, HeaderValue::from_str(value).unwrap());
        tampered
    };
    let timestamp: i64 = delivery.headers["webhook-timestamp"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    let mut body = delivery.body.to_vec();
    let digit = body.windows(4).position(|bytes| bytes == b"1234").unwrap();
    body[digit] = b'9';
    for tampered in [
        with("webhook-id", "another"),
        with("webhook-timestamp", &(timestamp + 1).to_string()),
        Delivery {
            body: body.into(),
            ..delivery.clone()
        },
    ] {
        assert!(tampered.is_signed_with(SECRET).is_err(), "{tampered:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_2xx_is_an_acknowledgement_and_no_other_status_is() {
    let receiver = Receiver::start(&[SECRET]).await;
    let publisher = publisher_to(&receiver).await;
    for status in [200, 201, 202, 204, 299] {
        receiver.respond_next([Scripted::status(status)]);
        publisher.publish(&closed()).await.unwrap();
    }
    let retryable = [300, 301, 400, 401, 404, 409, 413, 422];
    let ambiguous = [408, 429, 500, 501, 502, 503, 504];
    for status in retryable.into_iter().chain(ambiguous) {
        receiver.respond_next([Scripted::status(status)]);
        let refused = publisher.publish(&closed()).await.unwrap_err();
        let is_expected = match refused {
            DeliveryError::Retryable {
                retry_after: None, ..
            } => retryable.contains(&status),
            DeliveryError::Ambiguous {
                retry_after: None, ..
            } => ambiguous.contains(&status),
            _ => false,
        };
        assert!(is_expected, "{status}: {refused:?}");
        let text = chain(&refused);
        assert!(
            text.contains(&format!("the receiver responded {status}")),
            "{text}"
        );
    }
    receiver.respond_next([Scripted::status(410)]);
    let permanent = publisher.publish(&closed()).await.unwrap_err();
    assert!(
        matches!(permanent, DeliveryError::Permanent { .. }),
        "{permanent:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_of_an_unavailable_receiver_is_kept_up_to_ten_minutes() {
    let receiver = Receiver::start(&[SECRET]).await;
    let publisher = publisher_to(&receiver).await;
    let seconds = Duration::from_secs;
    let date = |ahead| httpdate::fmt_http_date(SystemTime::now() + ahead);
    for status in [429, 503] {
        for (header, at_least, at_most) in [
            ("7".to_owned(), seconds(7), seconds(7)),
            (date(seconds(60)), seconds(50), seconds(60)),
            (
                "Sunday, 06-Nov-94 08:49:37 GMT".to_owned(),
                seconds(0),
                seconds(0),
            ),
            ("86400".to_owned(), seconds(600), seconds(600)),
            (date(seconds(86_400)), seconds(600), seconds(600)),
        ] {
            receiver.respond_next([Scripted::with(status, "retry-after", &header)]);
            let busy = publisher.publish(&closed()).await.unwrap_err();
            let DeliveryError::Unavailable {
                retry_after: Some(wait),
                ..
            } = busy
            else {
                panic!("{status}, {header}: {busy:?}");
            };
            assert!(at_least <= wait && wait <= at_most, "{header}: {wait:?}");
        }
        receiver.respond_next([Scripted::with(status, "retry-after", "soon")]);
        let busy = publisher.publish(&closed()).await.unwrap_err();
        assert!(
            matches!(
                busy,
                DeliveryError::Ambiguous {
                    retry_after: None,
                    ..
                }
            ),
            "{busy:?}"
        );
    }
    receiver.respond_next([Scripted::with(500, "retry-after", "7")]);
    let refused = publisher.publish(&closed()).await.unwrap_err();
    assert!(
        matches!(refused, DeliveryError::Ambiguous { retry_after: Some(wait), .. } if wait == seconds(7))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_not_followed() {
    let receiver = Receiver::start(&[SECRET]).await;
    let publisher = publisher_to(&receiver).await;
    for status in [302, 307, 308] {
        receiver.respond_next([Scripted::with(status, "location", receiver.url())]);
        let refused = publisher.publish(&closed()).await.unwrap_err();
        assert!(
            matches!(refused, DeliveryError::Retryable { .. }),
            "{refused:?}"
        );
    }
    assert_eq!(receiver.deliveries().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_hangs_or_hangs_up_is_ambiguous_and_an_unreachable_one_is_unavailable() {
    let receiver = Receiver::start(&[SECRET]).await;
    let publisher = publisher_with(&receiver, &["--publish-timeout", "300ms"]).await;
    receiver.respond_next([Scripted::Hang]);
    let late = publisher.publish(&closed()).await.unwrap_err();
    assert!(matches!(late, DeliveryError::Ambiguous { .. }), "{late:?}");
    assert!(
        chain(&late).contains("has not responded within 300ms"),
        "{}",
        chain(&late)
    );
    receiver.respond_next([Scripted::HangUp]);
    let gone = publisher.publish(&closed()).await.unwrap_err();
    assert!(matches!(gone, DeliveryError::Ambiguous { .. }), "{gone:?}");

    let unreachable = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!(
            "http://{}/?token=in-the-address",
            listener.local_addr().unwrap()
        )
    };
    let publisher =
        super::publisher(&["--publisher", &unreachable, "--webhook-secrets", SECRET]).await;
    let unavailable = publisher.publish(&closed()).await.unwrap_err();
    assert!(
        matches!(unavailable, DeliveryError::Unavailable { .. }),
        "{unavailable:?}"
    );
    assert!(
        chain(&unavailable).contains("Connection refused"),
        "{}",
        chain(&unavailable)
    );
    for failure in [late, gone, unavailable] {
        let text = chain(&failure);
        assert!(
            !text.contains("in-the-address") && !text.contains(SECRET),
            "{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tls_handshake_without_response_means_unavailable() {
    // The kernel accepts the connection; no process responds.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", silent.local_addr().unwrap());
    let trusted = Receiver::encrypted(&[SECRET]).await;
    let authority = trusted.authority().display().to_string();
    let flags = [
        "--publisher",
        &url,
        "--publisher-ca",
        &authority,
        "--webhook-secrets",
        SECRET,
    ];
    let publisher = publisher(&[&flags[..], &["--publish-timeout", "400ms"]].concat()).await;
    let unavailable = publisher.publish(&closed()).await.unwrap_err();
    assert!(
        matches!(unavailable, DeliveryError::Unavailable { .. }),
        "{unavailable:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_2xx_with_an_endless_body_is_an_acknowledgement() {
    let receiver = Receiver::start(&[SECRET]).await;
    receiver.respond_next([Scripted::EndlessBody(200)]);
    let (publisher, event) = (publisher_to(&receiver).await, closed());
    let published = timeout(Duration::from_secs(30), publisher.publish(&event)).await;
    published.expect("the body is not read to its end").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_reused() {
    let receiver = Receiver::start(&[SECRET]).await;
    let publisher = publisher_to(&receiver).await;
    for _ in 0..50 {
        publisher.publish(&closed()).await.unwrap();
    }
    assert_eq!(receiver.deliveries().len(), 50);
    // A connection returns to the pool shortly after its response; until then a request may open
    // another.
    assert!(receiver.connections() < 25, "{}", receiver.connections());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_receiver_gets_http_2_and_an_untrusted_one_gets_no_request() {
    let receiver = Receiver::encrypted(&[SECRET]).await;
    let authority = receiver.authority().display().to_string();
    let trusting = publisher_with(&receiver, &["--publisher-ca", &authority]).await;
    trusting.publish(&closed()).await.unwrap();
    let events: Vec<_> = (0..50).map(|_| closed()).collect();
    for published in join_all(events.iter().map(|event| trusting.publish(event))).await {
        published.unwrap();
    }
    let deliveries = receiver.deliveries();
    assert_eq!((deliveries.len(), receiver.connections()), (51, 1));
    assert!(
        deliveries
            .iter()
            .all(|delivery| delivery.version == Version::HTTP_2)
    );

    let other = Receiver::encrypted(&[SECRET]).await;
    let distrusting = publisher_with(&other, &["--publisher-ca", &authority]).await;
    let failure = distrusting.publish(&closed()).await.unwrap_err();
    assert!(
        matches!(failure, DeliveryError::Unavailable { .. }),
        "{failure:?}"
    );
    assert!(
        chain(&failure).contains("invalid peer certificate"),
        "{}",
        chain(&failure)
    );
    assert!(other.deliveries().is_empty());
}

// === helpers ===

async fn publisher_to(receiver: &Receiver) -> Arc<dyn Publisher> {
    publisher_with(receiver, &[]).await
}

async fn publisher_with(receiver: &Receiver, flags: &[&str]) -> Arc<dyn Publisher> {
    let url = receiver.url();
    let basics = ["--publisher", &url, "--webhook-secrets", SECRET];
    publisher(&[&basics[..], flags].concat()).await
}
