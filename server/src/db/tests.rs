//! The pool against a real PostgreSQL.

use std::time::Duration;

use private_postgres::{Options, PrivatePostgres};
use tokio::time::sleep;

use super::{
    Connection, Connector, Db, Location, LockWait, SessionScope, Settings, Tenants, migrate,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_whose_transaction_panicked_is_closed() {
    let postgres = PrivatePostgres::start(Options::temporary()).unwrap();
    let db = migrated(&postgres, 1).await;
    let tenants = Tenants::of([&"t".parse().unwrap()]);

    let panicking = db.clone();
    let panicked = tokio::spawn(async move {
        let tenants = Tenants::of([&"t".parse().unwrap()]);
        let statements = |client: Connection| async move {
            client.batch_execute("CREATE TABLE left_over ()").await?;
            if client.is_closed() {
                Ok(())
            } else {
                panic!("on purpose")
            }
        };
        let transaction = panicking.transaction("panics", &tenants, LockWait::Full, statements);
        transaction.await
    });
    assert!(panicked.await.unwrap_err().is_panic());

    for _ in 0..2 {
        let read = |client: Connection| async move {
            let row = client
                .query_one("SELECT to_regclass('left_over') IS NULL", &[])
                .await?;
            Ok(row.get::<_, bool>(0))
        };
        let read = db.transaction("reads", &tenants, LockWait::Full, read);
        assert!(read.await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overdue_response_fails_the_ping() {
    let postgres = PrivatePostgres::start(Options::temporary()).unwrap();
    let db = migrated(&postgres, 2).await;
    db.ping().await.unwrap();
    let hanging = db.clone();
    let hanging = tokio::spawn(async move {
        let tenants = Tenants::of([&"t".parse().unwrap()]);
        let never = |_| std::future::pending::<Result<(), tokio_postgres::Error>>();
        hanging
            .transaction("hangs", &tenants, LockWait::Full, never)
            .await
    });
    sleep(STATEMENT_TIMEOUT / 2).await;
    db.ping().await.unwrap();
    sleep(STATEMENT_TIMEOUT / 2 + Duration::from_millis(300)).await;
    assert!(
        db.ping().await.is_err(),
        "the database should have responded"
    );
    assert!(hanging.await.unwrap().is_err());
    db.ping().await.unwrap();
}

const STATEMENT_TIMEOUT: Duration = Duration::from_secs(2);

async fn migrated(postgres: &PrivatePostgres, pool_size: usize) -> Db {
    let connector = Connector::new(Settings {
        location: Location::Url(postgres.url().into()),
        session_scope: SessionScope::Connection,
        pool_size,
        pool_timeout: Duration::from_secs(3),
        statement_timeout: STATEMENT_TIMEOUT,
        lock_timeout: Duration::from_secs(2),
        startup_timeout: Duration::from_secs(30),
    });
    let connector = connector.await.unwrap();
    migrate(&connector).await.unwrap();
    connector.pool().unwrap()
}
