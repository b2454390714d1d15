//! The pool against a real PostgreSQL.

use std::time::Duration;

use private_postgres::{Options, PrivatePostgres};

use super::{Connection, Connector, LockWait, Settings, Tenants, migrate};

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_whose_transaction_panicked_is_closed() {
    let postgres = PrivatePostgres::start(Options::temporary()).unwrap();
    let connector = Connector::new(Settings {
        url: Some(postgres.url().into()),
        data_dir: None,
        pool_size: 1,
        pool_timeout: Duration::from_secs(3),
        statement_timeout: Duration::from_secs(5),
        lock_timeout: Duration::from_secs(2),
        startup_timeout: Duration::from_secs(30),
    });
    let connector = connector.await.unwrap();
    migrate(&connector).await.unwrap();
    let db = connector.pool().unwrap();
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
