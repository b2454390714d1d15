//! POST /orders: one key, one order.

use crate::support::App;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_call_makes_a_draft() {
    let app = App::start().await;
    let created = app.create("a key", "{}").await;
    assert_eq!(created.status, 400);
    let created = app.create("a-key", "{}").await;
    assert_eq!(created.status, 201);
    let body = created.json();
    assert_eq!(body["status"], "draft");
    assert_eq!(body["version"], 1);
    assert_eq!(body["tenantId"], app.tenant.as_str());
    assert_eq!(
        created.header("location"),
        Some(format!("/orders/{}", created.id()).as_str())
    );
    assert_eq!(created.header("etag"), Some("\"1\""));
}
