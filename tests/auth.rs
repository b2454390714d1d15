//! Bearer tokens: `--auth jwt`.

mod attacks;
mod keys;
mod start;

use http::{Method, StatusCode};
use jwt_simple::prelude::Duration;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{App, Call, Client, Isolation, Issuer, Key, Reply, caller, valid_claims};

/// A service that accepts the tokens of an issuer.
struct World {
    app: App,
    issuer: Issuer,
    key: Key,
}

// === impl World ===

impl World {
    /// With one Ed25519 key, whose id is `first`.
    async fn start() -> Self {
        Self::with(Key::eddsa("first"), &[]).await
    }

    async fn with(key: Key, flags: &[&str]) -> Self {
        let issuer = Issuer::start(&[&key]).await;
        let auth = issuer.flags();
        let flags: Vec<_> = auth
            .iter()
            .map(String::as_str)
            .chain(flags.iter().copied())
            .collect();
        let app = App::with(Isolation::Tenant, &flags).await;
        Self { app, issuer, key }
    }

    /// A client of the service's tenant with a token of this tenant.
    fn client(&self) -> Client {
        self.client_with(&self.key.token(&caller(&json!(self.app.tenant))))
    }

    fn client_with(&self, token: &str) -> Client {
        self.app.client.with_token(token)
    }
}

// === valid tokens ===

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_each_algorithm_opens_every_operation() {
    for key in [Key::rs256("k"), Key::es256("k"), Key::eddsa("k")] {
        let world = World::with(key, &[]).await;
        let client = world.client();
        let id = client.closed(5).await;
        assert_eq!(client.get(id).await.json()["status"], "closed");
        assert_eq!(client.walk(10).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_header_the_one_tenant_of_the_token_is_meant() {
    let world = World::start().await;
    let id = world.client().draft().await;
    let get = world.client().call(Method::GET, format!("/orders/{id}"));
    let found = get.without("x-tenant-id").send().await;
    assert_eq!(found.status, 200, "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_tenants_the_header_chooses_one() {
    let world = World::start().await;
    let other = format!("other-{}", Uuid::new_v4().simple());
    let tenants = json!([world.app.tenant, other]);
    let client = world.client_with(&world.key.token(&caller(&tenants)));
    let id = client.draft().await;
    let list = |tenant: &str| {
        let list = client.call(Method::GET, "/orders").without("x-tenant-id");
        list.header("x-tenant-id", tenant).send()
    };
    assert_eq!(
        list(&world.app.tenant).await.json()["items"][0]["id"],
        id.to_string()
    );
    assert_eq!(list(&other).await.json()["items"], json!([]));
    let unnamed = client.call(Method::GET, "/orders").without("x-tenant-id");
    let details = unnamed
        .send()
        .await
        .refused(StatusCode::BAD_REQUEST, "invalid_request");
    assert_eq!(details["name"], "X-Tenant-Id");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_claim_of_the_tenant_can_have_another_name() {
    let flags = ["--jwt-tenant-claim", "https://example.com/account"];
    let world = World::with(Key::eddsa("k"), &flags).await;
    let claims = json!({ "https://example.com/account": world.app.tenant, "scp": ["orders:read"] });
    let client = world.client_with(&world.key.token(&claims));
    assert_eq!(client.list("").await.status, 200);
}

// === refusals ===

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_a_token_is_refused_and_probes_are_not() {
    let world = World::start().await;
    for call in operations(&world.app.client) {
        let refused = call.clone().send().await;
        assert_eq!(challenge(&refused), "Bearer realm=\"orders\"");
        refused.refused(StatusCode::UNAUTHORIZED, "unauthenticated");
        let basic = call.header("authorization", "Basic YTpi").send().await;
        basic.refused(StatusCode::UNAUTHORIZED, "unauthenticated");
    }
    for path in ["/healthz", "/readyz", "/openapi.yaml"] {
        assert_eq!(
            world.app.call(Method::GET, path).send().await.status,
            200,
            "{path}"
        );
    }
    let missing = world.app.call(Method::GET, "/nothing").send().await;
    missing.refused(StatusCode::NOT_FOUND, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_differs_within_the_leeway_refuses_no_token() {
    let world = World::start().await;
    let mut claims = valid_claims(&caller(&json!(world.app.tenant)));
    claims.expires_at = ago(10);
    let late = world.key.sign(claims.clone());
    assert_eq!(world.client_with(&late).list("").await.status, 200);
    claims.expires_at = ago(-300);
    claims.invalid_before = ago(-10);
    let early = world.key.sign(claims);
    assert_eq!(world.client_with(&early).list("").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_needs_its_scope() {
    let world = World::start().await;
    let id = world.client().draft().await;
    for (scope, missing) in [
        ("orders:read", "orders:write"),
        ("orders:write", "orders:read"),
        ("orders", ""),
    ] {
        let claims = json!({ "tenant": world.app.tenant, "scope": scope });
        let client = world.client_with(&world.key.token(&claims));
        for call in operations(&client) {
            let needs = if call.method == Method::GET {
                "orders:read"
            } else {
                "orders:write"
            };
            let what = format!("{} {} with {scope}", call.method, call.path);
            let reply = call.send().await;
            if needs != missing && !missing.is_empty() {
                assert_ne!(reply.status, 403, "{what}: {reply:?}");
                continue;
            }
            let expected =
                format!("Bearer realm=\"orders\", error=\"insufficient_scope\", scope=\"{needs}\"");
            assert_eq!(challenge(&reply), expected, "{what}");
            reply.refused(StatusCode::FORBIDDEN, "forbidden");
        }
    }
    assert_eq!(world.client().get(id).await.json()["version"], 1);
}

/// Each operation with everything of another tenant: token, id, cursor and key.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_nothing_of_another_tenant() {
    let world = World::start().await;
    let victim = world.client();
    let id = victim.confirmed(7).await;
    victim.draft().await;
    let cursor = victim.list("limit=1").await.json()["nextCursor"].clone();
    let created = victim.create("key-of-the-victim", "{}").await;
    let before = victim.walk(10).await;

    let attacker = format!("attacker-{}", Uuid::new_v4().simple());
    let token = world.key.token(&caller(&json!(attacker)));
    // The victim's header with the attacker's token.
    for call in operations(&world.client_with(&token)) {
        let refused = call.send().await;
        assert_eq!(refused.headers.get("www-authenticate"), None);
        refused.refused(StatusCode::FORBIDDEN, "forbidden");
    }
    // Both headers, in both orders.
    for tenants in [
        [&world.app.tenant, &attacker],
        [&attacker, &world.app.tenant],
    ] {
        let call = world
            .client_with(&token)
            .call(Method::GET, format!("/orders/{id}"));
        let call = call
            .without("x-tenant-id")
            .header("x-tenant-id", tenants[0]);
        let refused = call.header("x-tenant-id", tenants[1]).send().await;
        refused.refused(StatusCode::FORBIDDEN, "forbidden");
    }
    // The attacker's own tenant with the victim's id, cursor and key.
    let client = world.app.tenant(&attacker).with_token(&token);
    client
        .get(id)
        .await
        .refused(StatusCode::NOT_FOUND, "not_found");
    client
        .close(id)
        .await
        .refused(StatusCode::NOT_FOUND, "not_found");
    let total = json!({ "totalCents": 1 });
    client
        .confirm(id, "*", total)
        .await
        .refused(StatusCode::NOT_FOUND, "not_found");
    let page = client
        .list(&format!("cursor={}", cursor.as_str().unwrap()))
        .await;
    assert_eq!(page.json()["items"], json!([]));
    let own = client.create("key-of-the-victim", "{}").await;
    assert_eq!(own.status, 201);
    assert_ne!(own.id(), created.id());
    assert_eq!(victim.walk(10).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_authorization_header_is_refused() {
    let world = World::start().await;
    let call = world.client().call(Method::GET, "/orders");
    let refused = call.header("authorization", "Bearer x").send().await;
    let details = refused.refused(StatusCode::BAD_REQUEST, "invalid_request");
    assert_eq!(details["name"], "Authorization");
}

// === helpers ===

type Claims = jwt_simple::prelude::JWTClaims<serde_json::Map<String, Value>>;

/// The operations that need a token. Their orders do not exist.
fn operations(client: &Client) -> [Call; 5] {
    let id = Uuid::new_v4();
    [
        client.creation(&id.to_string(), "{}"),
        client.confirmation(id, "\"1\"", json!({ "totalCents": 1 })),
        client.call(Method::POST, format!("/orders/{id}/close")),
        client.call(Method::GET, "/orders"),
        client.call(Method::GET, format!("/orders/{id}")),
    ]
}

#[track_caller]
fn challenge(reply: &Reply) -> &str {
    reply
        .header("www-authenticate")
        .unwrap_or_else(|| panic!("{reply:?}"))
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

/// So many seconds ago.
fn ago(seconds: i64) -> Option<Duration> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = i64::try_from(now.unwrap().as_secs()).unwrap();
    Some(Duration::from_secs(u64::try_from(now - seconds).unwrap()))
}
