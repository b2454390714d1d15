//! Benchmarks of the rules that every request runs: cursors, fingerprints, versions. Run by
//! `make bench-core`.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use orders_core::{
    Uuid,
    cursor::Cursor,
    idempotency::CreateBody,
    order::{OrderId, Snapshot, Status, Transition},
    timestamp::Timestamp,
    version::{Precondition, Version},
};

const SMALL_BODY: &str = r#"{"reference":"basket-42","lines":[3,1,2]}"#;

criterion_group!(rules, cursors, fingerprints, versions);
criterion_main!(rules);

fn cursors(c: &mut Criterion) {
    let cursor = Cursor {
        created_at: Timestamp::MAX,
        id: OrderId::new(Uuid::from_u128(0x018f6b1c_7d3e_7c4a_9b21_0123456789ab)),
    };
    let text = cursor.encode();
    assert_eq!(text.parse(), Ok(cursor));
    c.bench_function("cursor/encode", |b| b.iter(|| black_box(cursor).encode()));
    c.bench_function("cursor/decode", |b| {
        b.iter(|| black_box(&text).parse::<Cursor>());
    });
}

fn fingerprints(c: &mut Criterion) {
    let large = body_of(4096);
    for (name, body) in [
        ("fingerprint/small", SMALL_BODY),
        ("fingerprint/4 KiB", large.as_str()),
    ] {
        assert!(body.parse::<CreateBody>().is_ok());
        c.bench_function(name, |b| b.iter(|| black_box(body).parse::<CreateBody>()));
    }
}

fn versions(c: &mut Criterion) {
    for (name, header) in [
        ("if-match/one", r#""7""#),
        ("if-match/three, one weak", r#""7", W/"8", "9""#),
    ] {
        assert!(header.parse::<Precondition>().is_ok());
        c.bench_function(name, |b| {
            b.iter(|| black_box(header).parse::<Precondition>())
        });
    }

    let order = Snapshot {
        status: Status::Closed,
        version: Version::FIRST,
    };
    let seen = Precondition::Exactly(Version::FIRST);
    assert!(order.refusal(Transition::Confirm, Some(&seen)).is_some());
    c.bench_function("order/refusal", |b| {
        b.iter(|| black_box(order).refusal(Transition::Confirm, black_box(Some(&seen))));
    });
}

/// A JSON body of exactly `bytes` bytes: an order with many lines.
fn body_of(bytes: usize) -> String {
    let line = r#"{"sku":"A-1042","quantity":3,"price":19.99},"#;
    let (head, tail) = (r#"{"lines":["#, r#"{}],"note":""}"#);
    let room = bytes.saturating_sub(head.len() + tail.len());
    let lines = line.repeat(room / line.len());
    let note = "x".repeat(room % line.len());
    format!(r#"{head}{lines}{{}}],"note":"{note}"}}"#)
}
