//! The well-behaved tenants, whose requests are measured.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use http::Method;
use tokio::{task::JoinSet, time::sleep};
use uuid::Uuid;

use super::caller::{Call, Caller, id};
use crate::measurements::percentile;

/// Number of tenants.
pub const TENANTS: u32 = 4;

/// Pause of a tenant after each request.
pub const PAUSE: Duration = Duration::from_millis(10);

/// The latencies of the tenants' requests.
#[derive(Debug, Default)]
pub struct Measured {
    /// In microseconds, sorted.
    latencies: Vec<u64>,
    /// Requests without the expected response.
    pub failures: usize,
}

// === impl Measured ===

impl Measured {
    pub fn requests(&self) -> usize {
        self.latencies.len()
    }

    /// A percentile in microseconds.
    pub fn percentile(&self, percent: usize) -> Option<u64> {
        percentile(&self.latencies, percent)
    }

    async fn send(&mut self, caller: &Caller, call: Call, expected: u16) -> Option<String> {
        let start = Instant::now();
        let response = caller.send(call).await;
        self.latencies.push(start.elapsed().as_micros() as u64);
        sleep(PAUSE).await;
        match response {
            Ok((status, body)) if status == expected => Some(id(&body).unwrap_or_default()),
            _ => {
                self.failures += 1;
                None
            }
        }
    }
}

/// Lets all tenants send requests for this time.
pub async fn measure(address: SocketAddr, time: Duration) -> Measured {
    let mut tenants = JoinSet::new();
    for number in 0..TENANTS {
        tenants.spawn(one_tenant(address, format!("other-{number}"), time));
    }
    let mut all = Measured::default();
    for one in tenants.join_all().await {
        all.latencies.extend(one.latencies);
        all.failures += one.failures;
    }
    all.latencies.sort_unstable();
    all
}

async fn one_tenant(address: SocketAddr, tenant: String, time: Duration) -> Measured {
    let (caller, mut measured) = (Caller::new(address), Measured::default());
    let end = Instant::now() + time;
    while Instant::now() < end {
        let create = Call::create(&tenant, Uuid::new_v4());
        let Some(order) = measured.send(&caller, create, 201).await else {
            continue;
        };
        let path = format!("/orders/{order}");
        let call = |method, path: String| Call::new(&tenant, method, path);
        let confirm = call(Method::PATCH, format!("{path}/confirm"));
        let confirm = confirm
            .header("if-match", "\"1\"")
            .body(r#"{"totalCents":5}"#);
        let requests = [
            call(Method::GET, path.clone()),
            confirm,
            call(Method::POST, format!("{path}/close")),
            call(Method::GET, "/orders?limit=10".to_owned()),
        ];
        for request in requests {
            measured.send(&caller, request, 200).await;
        }
    }
    measured
}
