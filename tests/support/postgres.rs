//! The PostgreSQL of a test run, and its databases: `TEST_DATABASE_URL`, else a container if an
//! engine responds, else a private one. It ends with the run. With `TEST_POOLER=1` the service uses
//! it through PgBouncer.

use std::{
    io::Write,
    process::{Child, Stdio},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use private_pgbouncer::{PrivatePgbouncer, Upstream};
use private_postgres::{Options, PrivatePostgres};
use testcontainers::{
    ContainerAsync, GenericImage, ImageExt,
    core::{IntoContainerPort, WaitFor},
    runners::AsyncRunner,
};
use tokio::sync::OnceCell;
use tokio_postgres::{Client, Config, NoTls, config::Host};
use uuid::Uuid;

use super::pooler;

/// The role of the service under test. It owns its databases and has no other rights, so row-level
/// security applies to it.
const ROLE: &str = "orders_under_test";
const PASSWORD: &str = "only-for-tests";

/// The database that tests share. The next run replaces it, because statics are not dropped.
const SHARED: &str = "orders_test_shared";

/// A database, dropped with its last handle unless it is the shared one.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    name: String,
    cluster: &'static Cluster,
}

/// A server, and what keeps it running.
struct Cluster {
    admin: Config,
    keeper: Keeper,
    /// Of a run with `TEST_POOLER=1`.
    pooler: Option<PrivatePgbouncer>,
}

enum Keeper {
    Nobody,
    Container {
        _container: Box<ContainerAsync<GenericImage>>,
        _reaper: Child,
    },
    Private {
        _postgres: Box<PrivatePostgres>,
    },
}

// === impl Database ===

impl Database {
    /// The database of all tests that need only a tenant of their own.
    pub async fn shared() -> Self {
        static DATABASE: OnceCell<Database> = OnceCell::const_new();
        DATABASE
            .get_or_init(|| Self::create(SHARED.to_owned()))
            .await
            .clone()
    }

    /// A new and empty database.
    pub async fn own() -> Self {
        Self::create(format!("orders_test_{}", Uuid::new_v4().simple())).await
    }

    async fn create(name: String) -> Self {
        let cluster = Cluster::get().await;
        let admin = connect(&cluster.admin).await;
        admin
            .batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            .await
            .unwrap();
        admin
            .batch_execute(&format!("CREATE DATABASE {name} OWNER {ROLE}"))
            .await
            .unwrap();
        Self(Arc::new(Inner { name, cluster }))
    }

    /// The service's URL: through PgBouncer in a run with `TEST_POOLER=1`.
    pub fn url(&self) -> String {
        match &self.0.cluster.pooler {
            Some(pooler) => {
                let address = pooler.address();
                self.url_at(&address.ip().to_string(), address.port())
            }
            None => self.direct_url(),
        }
    }

    /// The service's URL without a pooler, for tests of sessions, roles and passwords.
    pub fn direct_url(&self) -> String {
        let Upstream { host, port, .. } = self.upstream();
        self.url_at(&host, port)
    }

    fn url_at(&self, host: &str, port: u16) -> String {
        format!(
            "host='{host}' port={port} user={ROLE} password={PASSWORD} dbname={}",
            self.0.name
        )
    }

    /// The server, for a pooler.
    pub fn upstream(&self) -> Upstream {
        self.0.cluster.upstream()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// A connection of a superuser, to which row-level security does not apply.
    pub async fn admin(&self) -> Client {
        connect(self.0.cluster.admin.clone().dbname(&self.0.name)).await
    }

    /// A connection with the rights of the service.
    pub async fn service(&self) -> Client {
        connect(&Config::from_str(&self.direct_url()).unwrap()).await
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The databases of a private server are removed with it.
        if matches!(self.cluster.keeper, Keeper::Nobody) {
            let (admin, name) = (self.cluster.admin.clone(), self.name.clone());
            let drop_database = async move {
                let admin = connect(&admin).await;
                admin
                    .batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"))
                    .await
                    .unwrap();
            };
            // Blocking on the test's own runtime would panic.
            let runtime = || {
                tokio::runtime::Runtime::new()
                    .unwrap()
                    .block_on(drop_database)
            };
            std::thread::spawn(runtime).join().unwrap();
        }
    }
}

// === impl Cluster ===

impl Cluster {
    async fn get() -> &'static Self {
        static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
        CLUSTER
            .get_or_init(|| async {
                let mut cluster = Self::start().await;
                let create_role = format!(
                    "DO $$ BEGIN CREATE ROLE {ROLE} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{PASSWORD}';
                     EXCEPTION WHEN duplicate_object THEN NULL; END $$"
                );
                connect(&cluster.admin).await.batch_execute(&create_role).await.unwrap();
                if pooler::is_pooled() {
                    cluster.pooler = Some(pooler::for_all(cluster.upstream()).await);
                }
                cluster
            })
            .await
    }

    async fn start() -> Self {
        let (kind, admin, keeper) = if let Ok(url) = std::env::var("TEST_DATABASE_URL") {
            (
                "the one of TEST_DATABASE_URL",
                Config::from_str(&url).unwrap(),
                Keeper::Nobody,
            )
        } else if let Some((admin, keeper)) = container().await {
            ("a container", admin, keeper)
        } else {
            let start =
                || PrivatePostgres::start(Options::temporary().setting("max_connections", "500"));
            let postgres = tokio::task::spawn_blocking(start).await.unwrap().unwrap();
            let admin = Config::from_str(&postgres.admin_url("postgres")).unwrap();
            (
                "a private one",
                admin,
                Keeper::Private {
                    _postgres: Box::new(postgres),
                },
            )
        };
        let version: String = connect(&admin)
            .await
            .query_one("SHOW server_version", &[])
            .await
            .unwrap()
            .get(0);
        // Not `eprintln!`: the test harness would capture it.
        let line = format!("PostgreSQL {version}: {kind}\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        Self {
            admin,
            keeper,
            pooler: None,
        }
    }

    fn upstream(&self) -> Upstream {
        Upstream {
            host: match &self.admin.get_hosts()[0] {
                Host::Tcp(host) => host.clone(),
                Host::Unix(path) => path.display().to_string(),
            },
            port: *self.admin.get_ports().first().unwrap_or(&5432),
            role: ROLE.to_owned(),
            password: PASSWORD.to_owned(),
        }
    }
}

/// A container, if an engine responds in time.
async fn container() -> Option<(Config, Keeper)> {
    let image = GenericImage::new("postgres", "17-alpine")
        .with_exposed_port(5432.tcp())
        .with_wait_for(WaitFor::message_on_stderr("ready to accept connections"))
        .with_env_var("POSTGRES_PASSWORD", PASSWORD);
    let start = tokio::time::timeout(Duration::from_secs(60), image.start());
    let container = start.await.ok()?.ok()?;
    let port = container.get_host_port_ipv4(5432).await.ok()?;
    // Statics are not dropped: the container ends when this process closes the pipe.
    let reaper = std::process::Command::new("sh")
        .args([
            "-c",
            "cat; docker rm --force --volumes \"$0\"",
            container.id(),
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut admin = Config::new();
    admin
        .host(container.get_host().await.ok()?.to_string())
        .port(port)
        .user("postgres")
        .password(PASSWORD);
    admin.dbname("postgres");
    Some((
        admin,
        Keeper::Container {
            _container: Box::new(container),
            _reaper: reaper,
        },
    ))
}

/// A connection. It ends with the client.
async fn connect(config: &Config) -> Client {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    loop {
        match config.connect(NoTls).await {
            Ok((client, connection)) => {
                tokio::spawn(connection);
                return client;
            }
            // The PostgreSQL of a container restarts once during its set-up.
            Err(_) if tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(50)).await
            }
            Err(error) => panic!("cannot connect: {error:?}"),
        }
    }
}
