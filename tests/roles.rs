//! Database roles that bypass row-level security: a warning, or with `--require-rls` an error.

use uuid::Uuid;

use crate::support::{Client, Database, Process};

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_bypasses_row_level_security_is_named_in_a_warning() {
    let database = Database::own().await;
    for right in ["SUPERUSER", "BYPASSRLS"] {
        let role = Role::new(&database, right).await;
        for command in ["serve", "relay"] {
            let mut service = Process::start(&[command], &role.settings()).await;
            let line = service.says("bypasses row-level security").await;
            assert!(line.contains("WARN") && line.contains(&role.name), "{line}");
            service.signal("TERM");
            assert!(service.ended().await.status.success());
        }
        role.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn require_rls_refuses_such_a_role() {
    let database = Database::own().await;
    for right in ["SUPERUSER", "BYPASSRLS"] {
        let role = Role::new(&database, right).await;
        for command in [&["serve", "--no-migrate"][..], &["serve"], &["relay"]] {
            let arguments = [command, &["--require-rls"]].concat();
            let ended = Process::start(&arguments, &role.settings())
                .await
                .ended()
                .await;
            let sentence = ended.sentence();
            assert!(sentence.contains("--require-rls"), "{sentence}");
            assert!(sentence.contains(&role.name), "{sentence}");
        }
        role.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ordinary_role_starts_without_a_warning() {
    let database = Database::own().await;
    let url = database.url();
    let settings = [("ORDERS_LISTEN", "127.0.0.1:0"), ("DATABASE_URL", &*url)];
    let mut service = Process::start(&["serve", "--require-rls"], &settings).await;
    Client::new(service.address().await, "tenant").draft().await;
    service.signal("TERM");
    let ended = service.ended().await;
    assert!(ended.status.success(), "{ended:#?}");
    assert!(!ended.text().contains("row-level security"), "{ended:#?}");
}

// === helpers ===

/// A role with a right that the service's own role lacks.
struct Role<'a> {
    database: &'a Database,
    name: String,
}

impl<'a> Role<'a> {
    async fn new(database: &'a Database, right: &str) -> Self {
        let name = format!("role_{}", Uuid::new_v4().simple());
        let admin = database.admin().await;
        let statement = format!(
            "CREATE ROLE {name} LOGIN {right} PASSWORD 'secret';
             GRANT orders_under_test TO {name};
             ALTER ROLE {name} SET lock_timeout = '20s'"
        );
        admin.batch_execute(&statement).await.unwrap();
        Self { database, name }
    }

    fn settings(&self) -> [(&'static str, String); 2] {
        let url = self.database.direct_url(); // PgBouncer does not know the role
        let url = url.replace("user=orders_under_test", &format!("user={}", self.name));
        let url = url.replace("password=only-for-tests", "password=secret");
        [
            ("ORDERS_LISTEN", "127.0.0.1:0".to_owned()),
            ("DATABASE_URL", url),
        ]
    }

    async fn remove(self) {
        let admin = self.database.admin().await;
        let statement = format!(
            "REASSIGN OWNED BY {0} TO orders_under_test; DROP OWNED BY {0}; DROP ROLE {0}",
            self.name
        );
        admin.batch_execute(&statement).await.unwrap();
    }
}
