//! TLS to a real PostgreSQL with a certificate authority of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use orders_server::Server;
use private_postgres::{Options, PrivatePostgres};
use tempfile::TempDir;
use tokio::task::block_in_place;
use tokio_postgres::NoTls;

use crate::support::{Authority, Client, Identity, Process, config_at};

/// The address in the certificate of the server.
const HOST: &str = "127.0.0.77";

/// An address of the server that is not in its certificate.
const OTHER_HOST: &str = "127.0.0.78";

const PASSWORD: &str = "of-the-role-orders";

/// A server that accepts TLS connections alone: of `orders` with a password, of `certified` with a
/// client certificate.
struct Encrypted {
    postgres: PrivatePostgres,
    data: PathBuf,
    authority: Authority,
    files: TempDir,
}

// === impl Encrypted ===

impl Encrypted {
    async fn start() -> Self {
        let addresses = format!("{HOST},{OTHER_HOST}");
        let options = Options::temporary().setting("listen_addresses", addresses);
        let postgres = block_in_place(|| PrivatePostgres::start(options)).unwrap();
        let authority = Authority::new();
        let data = superuser(&postgres)
            .await
            .query_one("SHOW data_directory", &[])
            .await;
        let encrypted = Self {
            data: data.unwrap().get::<_, String>(0).into(),
            postgres,
            files: tempfile::tempdir().unwrap(),
            authority,
        };
        let authority = encrypted.authority.certificate();
        fs::write(encrypted.file("ca.pem"), &authority).unwrap();
        encrypted.write("ca.pem", &authority);
        encrypted.write(
            "pg_hba.conf",
            "local all all trust\n\
             hostssl all certified 127.0.0.0/8 cert\n\
             hostssl all all 127.0.0.0/8 scram-sha-256\n",
        );
        encrypted.present(&encrypted.authority.issue(HOST)).await;
        let roles = format!(
            "ALTER ROLE orders PASSWORD '{PASSWORD}';
             CREATE ROLE certified LOGIN;
             GRANT orders TO certified;
             ALTER ROLE certified SET role = 'orders'"
        );
        let superuser = superuser(&encrypted.postgres).await;
        superuser.batch_execute(&roles).await.unwrap();
        encrypted
    }

    /// Changes the certificate of the server.
    async fn present(&self, identity: &Identity) {
        self.write("server.crt", &identity.certificate);
        self.write("server.key", &identity.key);
        let superuser = superuser(&self.postgres).await;
        for statement in [
            "ALTER SYSTEM SET ssl_ca_file = 'ca.pem'",
            "ALTER SYSTEM SET ssl = on",
            "SELECT pg_reload_conf()",
        ] {
            superuser.batch_execute(statement).await.unwrap();
        }
        // The postmaster reads the files soon after the reload.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }

    /// Writes a file of the server's account into the data directory.
    fn write(&self, name: &str, text: &str) {
        let path = self.data.join(name);
        fs::write(&path, text).unwrap();
        let owner = format!("--reference={}", self.data.display());
        for command in [["chown", &owner], ["chmod", "0600"]] {
            let changed = Command::new(command[0]).arg(command[1]).arg(&path).status();
            assert!(changed.unwrap().success());
        }
    }

    /// A file of the client.
    fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    fn url(&self, host: &str, parameters: &str) -> String {
        format!("postgresql://orders:{PASSWORD}@{host}:5432/orders?{parameters}")
    }

    fn trusted(&self, mode: &str) -> String {
        format!(
            "sslmode={mode}&sslrootcert={}",
            self.file("ca.pem").display()
        )
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_sslmode_verifies_what_it_promises() {
    let encrypted = Encrypted::start().await;
    works(&encrypted.url(HOST, &encrypted.trusted("verify-full"))).await;
    works(&encrypted.url(
        HOST,
        &encrypted.trusted("verify-full&channel_binding=require"),
    ))
    .await;
    works(&encrypted.url(OTHER_HOST, &encrypted.trusted("verify-ca"))).await;
    works(&encrypted.url(OTHER_HOST, "sslmode=require")).await;
    works(&encrypted.url(OTHER_HOST, "sslmode=prefer")).await;

    let clear = refused(&encrypted.url(HOST, "sslmode=disable")).await;
    assert!(clear.contains("no pg_hba.conf entry"), "{clear}");
    let name = refused(&encrypted.url(OTHER_HOST, &encrypted.trusted("verify-full"))).await;
    assert!(
        name.contains("is for another host name than DATABASE_URL has"),
        "{name}"
    );
    let wrong = refused(&encrypted.url(HOST, "sslmode=verify")).await;
    assert!(wrong.contains("sslmode must be disable"), "{wrong}");

    fs::write(encrypted.file("ca.pem"), Authority::new().certificate()).unwrap();
    for mode in ["verify-full", "verify-ca", "require"] {
        let stranger = refused(&encrypted.url(HOST, &encrypted.trusted(mode))).await;
        assert!(
            stranger.contains("is not from a trusted authority"),
            "{mode}: {stranger}"
        );
    }
    fs::write(encrypted.file("ca.pem"), encrypted.authority.certificate()).unwrap();
    encrypted
        .present(&encrypted.authority.issue_expired(HOST))
        .await;
    for mode in ["verify-full", "verify-ca"] {
        let expired = refused(&encrypted.url(HOST, &encrypted.trusted(mode))).await;
        assert!(
            expired.contains("the certificate of the database has expired"),
            "{expired}"
        );
    }
    encrypted.present(&encrypted.authority.issue(HOST)).await;
    a_client_certificate_takes_the_place_of_a_password(&encrypted).await;
}

/// Runs after the other modes: a second server could not listen on the same addresses.
async fn a_client_certificate_takes_the_place_of_a_password(encrypted: &Encrypted) {
    let identity = encrypted.authority.issue_client("certified");
    fs::write(encrypted.file("me.pem"), identity.certificate).unwrap();
    fs::write(encrypted.file("me.key"), identity.key).unwrap();
    let file = |name: &str| encrypted.file(name).display().to_string();
    let url = format!(
        "postgresql://certified@{HOST}/orders?{}&sslcert={}",
        encrypted.trusted("verify-full"),
        file("me.pem"),
    );
    let half = refused(&url).await;
    assert!(
        half.contains("sslcert and sslkey must be set together"),
        "{half}"
    );
    works(&format!("{url}&sslkey={}", file("me.key"))).await;
}

/// Migrates, and handles a request.
async fn works(url: &str) {
    let server = Server::start(config_at(url, &[])).await;
    let server = server.unwrap_or_else(|error| panic!("{url}: {error:?}"));
    Client::new(server.address(), "acme").draft().await;
    server.stop().await;
}

/// The sentence with which `orders migrate` ends.
async fn refused(url: &str) -> String {
    let settings = [("DATABASE_URL", url)];
    let ended = Process::start(&["migrate"], &settings).await.ended().await;
    assert!(!ended.text().contains(PASSWORD), "{ended:?}");
    ended.sentence().to_owned()
}

async fn superuser(postgres: &PrivatePostgres) -> tokio_postgres::Client {
    let url = format!(
        "host={} user=postgres dbname=orders",
        Path::display(postgres.socket_dir())
    );
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
