//! Servers begin, are shared, end with their owners and come back, as whatever user runs this.

#![allow(clippy::unwrap_used)] // a helper fails as the test does

mod wire;

use std::{
    env,
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use private_postgres::{Data, Options, PrivatePostgres};
use tempfile::TempDir;
use wire::ask;

const KEPT: &str = "PRIVATE_POSTGRES_TEST_KEPT";

/// A place for kept data that root's lesser account can reach.
fn shelter() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(dir.path(), open).unwrap();
    let home = dir.path().join("postgres");
    (dir, home)
}

fn eventually(what: &str, fact: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !fact() {
        assert!(Instant::now() < deadline, "never came true: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// The lock outlives neither the owner nor any process of the server.
fn nothing_runs(home: &Path) -> bool {
    File::open(home.join("lock")).unwrap().try_lock().is_ok()
}

/// This test binary again, as an owner that can be killed.
fn spawn_owner(kept: &str) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "owner", "--nocapture"])
        .env(KEPT, kept)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The directory the owner's socket is in, once its server is ready.
fn socket_dir(owner: &mut Child) -> PathBuf {
    let stdout = BufReader::new(owner.stdout.take().unwrap());
    let mut lines = stdout.lines().map(Result::unwrap);
    lines
        .find_map(|line| Some(line.strip_prefix("socket in ")?.into()))
        .unwrap()
}

fn kill_9(mut owner: Child) {
    owner.kill().unwrap();
    owner.wait().unwrap();
}

#[test]
#[ignore = "the owner that other tests kill"]
fn owner() {
    let Ok(kept) = env::var(KEPT) else { return };
    let data = if kept.is_empty() {
        Data::Temporary
    } else {
        Data::Kept(kept.into())
    };
    let postgres = PrivatePostgres::start(Options {
        data,
        settings: Vec::new(),
    })
    .unwrap();
    println!("\nsocket in {}", postgres.socket_dir().display());
    loop {
        thread::park();
    }
}

#[test]
fn a_temporary_server_answers_and_leaves_nothing() {
    let postgres = PrivatePostgres::start(Options::temporary().setting("work_mem", "5MB")).unwrap();
    let socket_dir = postgres.socket_dir().to_owned();
    assert_eq!(ask(&postgres, "orders", "SHOW work_mem").unwrap(), "5MB");
    assert_eq!(ask(&postgres, "postgres", "SHOW fsync").unwrap(), "on");
    assert_eq!(
        ask(&postgres, "postgres", "SHOW server_encoding").unwrap(),
        "UTF8"
    );

    drop(postgres);
    assert!(!socket_dir.exists());
    assert!(!socket_dir.parent().unwrap().starts_with("/root"));
}

#[test]
fn the_role_owns_its_database_and_has_no_special_rights() {
    let postgres = PrivatePostgres::start(Options::temporary()).unwrap();
    let rights = "SELECT (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)::text \
                  FROM pg_roles WHERE rolname = current_user";
    assert_eq!(ask(&postgres, "orders", rights).unwrap(), "false");
    let owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'orders'";
    assert_eq!(ask(&postgres, "orders", owner).unwrap(), "orders");
    let host = postgres.socket_dir().to_str().unwrap().replace('/', "%2F");
    assert_eq!(postgres.url(), format!("postgresql://orders@{host}/orders"));
    assert_eq!(
        postgres.admin_url("a b"),
        format!("postgresql://postgres@{host}/a%20b")
    );
}

#[test]
fn data_survive_a_stop_and_a_crash() {
    let (_dir, home) = shelter();
    let mut postgres = PrivatePostgres::start(Options::kept(&home)).unwrap();
    ask(&postgres, "orders", "CREATE TABLE kept AS SELECT 1 AS n").unwrap();

    postgres.crash().unwrap();
    assert!(ask(&postgres, "orders", "TABLE kept").is_err());
    postgres.restart().unwrap();
    assert_eq!(ask(&postgres, "orders", "TABLE kept").unwrap(), "1");

    postgres.stop().unwrap();
    assert!(nothing_runs(&home));
    let postgres = PrivatePostgres::start(Options::kept(&home)).unwrap();
    assert_eq!(ask(&postgres, "orders", "TABLE kept").unwrap(), "1");
}

#[test]
fn of_many_starters_one_owns_and_the_others_join() {
    let (_dir, home) = shelter();
    let starters: Vec<_> = (0..4)
        .map(|_| {
            let options = Options::kept(&home);
            thread::spawn(|| PrivatePostgres::start(options).unwrap())
        })
        .collect();
    let all = starters.into_iter().map(|starter| starter.join().unwrap());
    let (mut joined, mut owned): (Vec<_>, Vec<_>) = all.partition(PrivatePostgres::is_joined);
    assert_eq!((owned.len(), joined.len()), (1, 3));

    drop(joined.pop());
    assert_eq!(ask(&owned[0], "orders", "SELECT 1").unwrap(), "1");
    let mut heir = joined.remove(0);
    assert_eq!(ask(&heir, "orders", "SELECT 1").unwrap(), "1");

    drop(owned.pop());
    assert!(ask(&heir, "orders", "SELECT 1").is_err());
    heir.restart().unwrap();
    assert!(!heir.is_joined());
}

#[test]
fn a_server_dies_with_its_killed_owner() {
    let (_dir, home) = shelter();
    let mut owner = spawn_owner(home.to_str().unwrap());
    socket_dir(&mut owner);
    assert!(!nothing_runs(&home));

    kill_9(owner);
    eventually("the server is gone", || nothing_runs(&home));
    assert!(
        !home.join("data/postmaster.pid").exists(),
        "it was shut down in order"
    );
}

#[test]
fn throw_away_data_go_with_a_killed_owner() {
    let mut owner = spawn_owner("");
    let data = socket_dir(&mut owner);
    assert!(data.join("PG_VERSION").exists());

    kill_9(owner);
    eventually("the directory is gone", || !data.parent().unwrap().exists());
}

#[test]
fn a_making_cut_short_heals() {
    let (_dir, home) = shelter();
    let owner = spawn_owner(home.to_str().unwrap());
    let names = || {
        let entries = fs::read_dir(&home).into_iter().flatten();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect::<Vec<_>>()
    };
    eventually("the making begins", || {
        names().iter().any(|name| name.starts_with("data.new."))
    });
    kill_9(owner);
    assert!(!names().contains(&"data".to_owned()));

    let postgres = PrivatePostgres::start(Options::kept(&home)).unwrap();
    assert_eq!(ask(&postgres, "orders", "SELECT 1").unwrap(), "1");
    let mut names = names();
    names.sort();
    assert_eq!(names, ["data", "lock"]);
}

#[test]
fn a_path_too_long_for_a_socket_is_no_obstacle() {
    let (dir, _) = shelter();
    let home = dir.path().join("x".repeat(100));
    let postgres = PrivatePostgres::start(Options::kept(&home)).unwrap();
    assert_eq!(ask(&postgres, "orders", "SELECT 1").unwrap(), "1");
    let joined = PrivatePostgres::start(Options::kept(&home)).unwrap();
    assert_eq!(joined.url(), postgres.url());
}

#[test]
fn a_server_that_cannot_start_shows_its_log() {
    let options = Options::temporary().setting("max_connections", "none");
    let message = PrivatePostgres::start(options).unwrap_err().to_string();
    assert!(message.contains("server.log ends with: "), "{message}");
    assert!(
        message.contains("invalid value for parameter \"max_connections\""),
        "{message}"
    );
}

#[test]
fn roots_own_directories_are_refused_with_a_reason() {
    let (_dir, home) = shelter();
    fs::create_dir(&home).unwrap();
    let closed = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs::set_permissions(&home, closed).unwrap();
    match PrivatePostgres::start(Options::kept(&home)) {
        // An ordinary user's own directories are open to the server.
        Ok(postgres) => drop(postgres),
        Err(error) => assert!(error.to_string().contains("cannot enter"), "{error}"),
    }
}
