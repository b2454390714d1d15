//! The life of a server: start, join, stop, crash, restart, and the end of its owner. Runs as root
//! and as an ordinary user.

#![allow(clippy::unwrap_used)] // a helper fails as the test does

mod wire;

use std::{
    env,
    fs::{self, File},
    io::{BufRead, BufReader},
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use private_postgres::{Data, Options, PrivatePostgres};
use tempfile::TempDir;
use wire::query;

/// Tells the test `owner` the directory of its data; empty for temporary data.
const OWNER_DIR: &str = "PRIVATE_POSTGRES_TEST_OWNER";

/// In the environment of every owner.
const SECRET: &str = "hunter2";

/// A directory for kept data that the account of the server has access to.
fn accessible_home() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(dir.path(), open).unwrap();
    let home = dir.path().join("postgres");
    (dir, home)
}

fn eventually(what: &str, fact: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !fact() {
        assert!(Instant::now() < deadline, "timed out: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Whether neither an owner nor a process of the server is left: each of them holds the lock.
fn is_unlocked(home: &Path) -> bool {
    File::open(home.join("lock")).unwrap().try_lock().is_ok()
}

/// Runs this test binary as an owner that can be killed.
fn spawn_owner(dir: &str) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "owner", "--nocapture"])
        .env(OWNER_DIR, dir)
        .env("DATABASE_PASSWORD", SECRET)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Directory of the socket, printed by the owner once its server is ready.
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
    let Ok(dir) = env::var(OWNER_DIR) else { return };
    let data = if dir.is_empty() {
        Data::Temporary
    } else {
        Data::Kept(dir.into())
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
fn a_temporary_server_responds_and_removes_its_data() {
    let postgres = PrivatePostgres::start(Options::temporary().setting("work_mem", "5MB")).unwrap();
    let socket_dir = postgres.socket_dir().to_owned();
    assert_eq!(query(&postgres, "orders", "SHOW work_mem").unwrap(), "5MB");
    assert_eq!(query(&postgres, "postgres", "SHOW fsync").unwrap(), "on");
    assert_eq!(
        query(&postgres, "postgres", "SHOW server_encoding").unwrap(),
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
    assert_eq!(query(&postgres, "orders", rights).unwrap(), "false");
    let owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'orders'";
    assert_eq!(query(&postgres, "orders", owner).unwrap(), "orders");
    let host = postgres.socket_dir().to_str().unwrap().replace('/', "%2F");
    assert_eq!(postgres.url(), format!("postgresql://orders@{host}/orders"));
    assert_eq!(
        postgres.admin_url("a b"),
        format!("postgresql://postgres@{host}/a%20b")
    );
}

#[test]
fn kept_data_survives_a_stop_and_a_crash() {
    let (_dir, home) = accessible_home();
    let mut postgres = PrivatePostgres::start(Options::kept(&home)).unwrap();
    query(&postgres, "orders", "CREATE TABLE kept AS SELECT 1 AS n").unwrap();

    postgres.crash().unwrap();
    assert!(query(&postgres, "orders", "TABLE kept").is_err());
    postgres.restart().unwrap();
    assert_eq!(query(&postgres, "orders", "TABLE kept").unwrap(), "1");

    postgres.stop().unwrap();
    assert!(is_unlocked(&home));
    let postgres = PrivatePostgres::start(Options::kept(&home)).unwrap();
    assert_eq!(query(&postgres, "orders", "TABLE kept").unwrap(), "1");
}

#[test]
fn of_concurrent_starts_one_owns_the_server_and_the_others_join() {
    let (_dir, home) = accessible_home();
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
    assert_eq!(query(&owned[0], "orders", "SELECT 1").unwrap(), "1");
    let last = joined.remove(0);
    assert_eq!(query(&last, "orders", "SELECT 1").unwrap(), "1");

    // The address stays the same, whichever of the others starts the server again.
    let responds = || query(&last, "orders", "SELECT 1").is_ok();
    drop(owned.pop());
    eventually("a joined process has taken over", responds);
    drop(joined.pop());
    eventually("the last process has taken over", responds);
    drop(last);
    assert!(is_unlocked(&home));
}

#[test]
fn another_user_cannot_hold_the_lock() {
    let (_dir, home) = accessible_home();
    drop(PrivatePostgres::start(Options::kept(&home)).unwrap());
    let lock = home.join("lock");
    let mode = fs::metadata(&lock).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut stranger = Command::new("sh");
    stranger.args(["-c", r#"exec 2>&- 9<"$0""#]).arg(&lock);
    if fs::metadata(&home).unwrap().uid() == 0 {
        assert!(!stranger.uid(65534).status().unwrap().success());
    }
}

/// Linux shows the environment of processes.
#[test]
#[cfg(target_os = "linux")]
fn no_process_of_the_server_inherits_a_secret() {
    let (_dir, home) = accessible_home();
    let mut owner = spawn_owner(home.to_str().unwrap());
    socket_dir(&mut owner);
    let mut processes = 0;
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let read = |name| fs::read(entry.path().join(name)).unwrap_or_default();
        let contains = |text: &[u8], part: &str| {
            text.windows(part.len())
                .any(|window| window == part.as_bytes())
        };
        if contains(&read("cmdline"), home.to_str().unwrap()) {
            processes += 1;
            assert!(!contains(&read("environ"), SECRET), "{entry:?}");
        }
    }
    kill_9(owner);
    assert!(processes >= 2, "the shell and the server: {processes}");
}

#[test]
fn a_server_stops_when_its_owner_is_killed() {
    let (_dir, home) = accessible_home();
    let mut owner = spawn_owner(home.to_str().unwrap());
    socket_dir(&mut owner);
    assert!(!is_unlocked(&home));

    kill_9(owner);
    eventually("the server ends", || is_unlocked(&home));
    assert!(
        !home.join("data/postmaster.pid").exists(),
        "the server did not shut down in order"
    );
}

#[test]
fn temporary_data_is_removed_when_its_owner_is_killed() {
    let mut owner = spawn_owner("");
    let data = socket_dir(&mut owner);
    assert!(data.join("PG_VERSION").exists());

    kill_9(owner);
    eventually("the directory is removed", || {
        !data.parent().unwrap().exists()
    });
}

#[test]
fn a_start_after_an_interrupted_creation_succeeds() {
    let (_dir, home) = accessible_home();
    let owner = spawn_owner(home.to_str().unwrap());
    let names = || {
        let entries = fs::read_dir(&home).into_iter().flatten();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect::<Vec<_>>()
    };
    eventually("the creation begins", || {
        names().iter().any(|name| name.starts_with("data.new."))
    });
    kill_9(owner);
    assert!(!names().contains(&"data".to_owned()));

    let postgres = PrivatePostgres::start(Options::kept(&home)).unwrap();
    assert_eq!(query(&postgres, "orders", "SELECT 1").unwrap(), "1");
    let mut names = names();
    names.sort();
    assert_eq!(names, ["data", "lock"]);
}

#[test]
fn a_path_too_long_for_a_socket_is_accepted() {
    let (dir, _) = accessible_home();
    let home = dir.path().join("x".repeat(100));
    let postgres = PrivatePostgres::start(Options::kept(&home)).unwrap();
    assert_eq!(query(&postgres, "orders", "SELECT 1").unwrap(), "1");
    let joined = PrivatePostgres::start(Options::kept(&home)).unwrap();
    assert_eq!(joined.url(), postgres.url());
}

#[test]
fn the_error_of_a_server_that_cannot_start_quotes_its_log() {
    let options = Options::temporary().setting("max_connections", "none");
    let message = PrivatePostgres::start(options).unwrap_err().to_string();
    assert!(message.contains("server.log ends with: "), "{message}");
    assert!(
        message.contains("invalid value for parameter \"max_connections\""),
        "{message}"
    );
}

#[test]
fn for_root_a_directory_without_access_is_an_error_with_its_reason() {
    let (_dir, home) = accessible_home();
    fs::create_dir(&home).unwrap();
    let closed = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs::set_permissions(&home, closed).unwrap();
    match PrivatePostgres::start(Options::kept(&home)) {
        // An ordinary user runs the server under its own account, which has access.
        Ok(postgres) => drop(postgres),
        Err(error) => assert!(error.to_string().contains("cannot access"), "{error}"),
    }
}
