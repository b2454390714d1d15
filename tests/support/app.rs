//! A running service for one test.

use std::ops::Deref;

use clap::Parser;
use http::Method;
use orders_server::{
    Server,
    config::{AdminListen, Cli, Command, ServeConfig},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Call, Client, Database, Reply, is_pooled};

/// What a test shares with no other test.
pub enum Isolation {
    /// A tenant; the database is shared with other tests.
    Tenant,
    /// A database.
    Database,
}

/// A service, and a client of one tenant. Dereferences to the client.
pub struct App {
    pub database: Database,
    pub server: Server,
    pub client: Client,
}

impl Deref for App {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl App {
    /// A service with a tenant of its own.
    pub async fn start() -> Self {
        Self::with(Isolation::Tenant, &[]).await
    }

    /// A service with additional flags, such as `["--body-limit", "10"]`.
    pub async fn with(isolation: Isolation, flags: &[&str]) -> Self {
        let database = match isolation {
            Isolation::Tenant => Database::shared().await,
            Isolation::Database => Database::own().await,
        };
        let server = serve(&database, flags).await;
        let client = Client::new(server.address(), &new_tenant());
        Self {
            database,
            server,
            client,
        }
    }

    /// Another replica on the same database, and a client of the same tenant.
    pub async fn replica(&self) -> Self {
        let server = serve(&self.database, &[]).await;
        let client = Client::new(server.address(), &self.client.tenant);
        Self {
            database: self.database.clone(),
            server,
            client,
        }
    }

    /// The same service and database for another tenant.
    pub fn tenant(&self, name: &str) -> Client {
        Client::new(self.server.address(), name)
    }

    /// Stops the service and starts it again.
    pub async fn restart(self) -> Self {
        let Self {
            database,
            server,
            client,
        } = self;
        server.stop().await;
        let server = serve(&database, &[]).await;
        let client = Client::new(server.address(), &client.tenant);
        Self {
            database,
            server,
            client,
        }
    }
}

impl Client {
    /// Creates a draft. Returns its id.
    pub async fn draft(&self) -> Uuid {
        let created = self.create(&Uuid::new_v4().to_string(), "{}").await;
        assert_eq!(created.status, 201, "{created:?}");
        created.id()
    }

    /// Creates an order and confirms it. Returns its id.
    pub async fn confirmed(&self, total_cents: i32) -> Uuid {
        let id = self.draft().await;
        let confirmed = self
            .confirm(id, "\"1\"", json!({ "totalCents": total_cents }))
            .await;
        assert_eq!(confirmed.status, 200, "{confirmed:?}");
        id
    }

    /// Creates an order, confirms and closes it. Returns its id.
    pub async fn closed(&self, total_cents: i32) -> Uuid {
        let id = self.confirmed(total_cents).await;
        let closed = self.close(id).await;
        assert_eq!(closed.status, 200, "{closed:?}");
        id
    }

    pub async fn create(&self, key: &str, body: &str) -> Reply {
        self.creation(key, body).send().await
    }

    pub fn creation(&self, key: &str, body: &str) -> Call {
        self.call(Method::POST, "/orders")
            .header("idempotency-key", key)
            .json(body)
    }

    pub async fn confirm(&self, id: Uuid, if_match: &str, body: Value) -> Reply {
        self.confirmation(id, if_match, body).send().await
    }

    pub fn confirmation(&self, id: Uuid, if_match: &str, body: Value) -> Call {
        self.call(Method::PATCH, format!("/orders/{id}/confirm"))
            .header("if-match", if_match)
            .json(body.to_string())
    }

    pub async fn close(&self, id: Uuid) -> Reply {
        self.call(Method::POST, format!("/orders/{id}/close"))
            .send()
            .await
    }

    pub async fn get(&self, id: Uuid) -> Reply {
        self.call(Method::GET, format!("/orders/{id}")).send().await
    }

    /// `query` has no question mark.
    pub async fn list(&self, query: &str) -> Reply {
        self.call(Method::GET, format!("/orders?{query}"))
            .send()
            .await
    }

    /// Reads all orders, page by page.
    pub async fn walk(&self, limit: u32) -> Vec<Value> {
        let mut orders = Vec::new();
        let mut query = format!("limit={limit}");
        loop {
            let page = self.list(&query).await;
            assert_eq!(page.status, 200, "{page:?}");
            let mut page = page.json();
            orders.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["nextCursor"].take() {
                Value::String(cursor) => query = format!("limit={limit}&cursor={cursor}"),
                _ => return orders,
            }
        }
    }
}

async fn serve(database: &Database, flags: &[&str]) -> Server {
    Server::start(config(database, flags)).await.unwrap()
}

/// The configuration of a service without a relay on this database, on a free port.
pub fn config(database: &Database, flags: &[&str]) -> ServeConfig {
    config_at(&database.url(), flags)
}

/// As [`config`], for a database URL.
pub fn config_at(url: &str, flags: &[&str]) -> ServeConfig {
    let basics = [
        "orders",
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--drain-delay",
        "0s",
        "--database-url",
        url,
    ];
    match Cli::parse_from(basics.iter().chain(flags)).command {
        // Events stay in the outbox: a relay would publish the events of all tests that share
        // the database.
        Command::Serve(mut config) => {
            config.admin.admin_listen.get_or_insert(AdminListen::Off);
            config.no_relay = true;
            config.database.transaction_pooler |= is_pooled();
            config
        }
        _ => unreachable!(),
    }
}

fn new_tenant() -> String {
    format!("tenant-{}", Uuid::new_v4().simple())
}
