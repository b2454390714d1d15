//! A supervised process ends with its owner, and its exit status and output are the program's.

#![allow(clippy::unwrap_used)] // a helper fails as the test does

use std::{
    env, fs,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use supervised_process::{SupervisedCommand, SupervisedProcess, Supervision};

const OWNER_DIR: &str = "SUPERVISED_PROCESS_TEST_OWNER";
const TIMEOUT: Duration = Duration::from_secs(20);

fn start(script: &str) -> SupervisedProcess {
    let supervision = Supervision::stopped_by("KILL");
    let mut command = SupervisedCommand::new(Command::new("sh"), &supervision);
    command
        .args(["sh", "-c", script])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.start().unwrap()
}

fn output(mut process: SupervisedProcess) -> (Option<i32>, String, String) {
    let (stdout, stderr) = process.take_output();
    let (mut out, mut err) = (String::new(), String::new());
    stdout.unwrap().read_to_string(&mut out).unwrap();
    stderr.unwrap().read_to_string(&mut err).unwrap();
    assert!(process.wait_until(TIMEOUT, || false));
    let status = process.try_wait().unwrap().unwrap();
    (status.code(), out, err)
}

/// Whether the process of this id runs.
fn runs(pid: &str) -> bool {
    let mut kill = Command::new("sh");
    kill.args(["-c", "kill -s 0 \"$0\" 2>/dev/null", pid]);
    kill.status().unwrap().success()
}

fn eventually(what: &str, fact: impl Fn() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !fact() {
        assert!(Instant::now() < deadline, "timed out: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn exit_status_and_output_are_those_of_the_program() {
    let (status, out, err) = output(start("echo out; echo err >&2; exit 3"));
    assert_eq!(
        (status, out.as_str(), err.as_str()),
        (Some(3), "out\n", "err\n")
    );
}

#[test]
fn a_signal_reaches_the_program() {
    let mut process =
        start("trap 'echo stopped; exit 0' TERM; echo ready; while :; do sleep 0.01; done");
    let (stdout, _stderr) = process.take_output();
    let mut lines = BufReader::new(stdout.unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.next().unwrap(), "ready");
    assert!(process.stop("TERM", TIMEOUT));
    assert_eq!(lines.next().unwrap(), "stopped");
    assert!(process.try_wait().unwrap().unwrap().success());
}

#[test]
fn a_killed_program_shows_its_signal() {
    let mut process = start("sleep 60");
    assert!(process.stop("KILL", TIMEOUT));
    assert_eq!(process.try_wait().unwrap().unwrap().code(), Some(128 + 9));
}

#[test]
fn a_missing_program_shows_as_exit_status_127_and_its_name() {
    let mut command = SupervisedCommand::new(Command::new("sh"), &Supervision::stopped_by("KILL"));
    command
        .arg("/nonexistent/program")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let (status, _, err) = output(command.start().unwrap());
    assert_eq!(status, Some(127));
    assert!(err.contains("/nonexistent/program"), "{err}");
}

#[test]
fn the_log_takes_standard_error_and_the_previous_log_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("program.log");
    for line in ["first", "second"] {
        let supervision = Supervision {
            log: Some(&log),
            ..Supervision::stopped_by("KILL")
        };
        let mut command = SupervisedCommand::new(Command::new("sh"), &supervision);
        command.args(["sh", "-c", "echo \"$0\" >&2", line]);
        let mut process = command.start().unwrap();
        assert!(process.wait_until(TIMEOUT, || false));
    }
    assert_eq!(fs::read_to_string(&log).unwrap(), "second\n");
    let previous = dir.path().join("program.log.1");
    assert_eq!(fs::read_to_string(previous).unwrap(), "first\n");
}

#[test]
fn the_program_ends_and_its_temporary_directories_are_removed_when_the_owner_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let temp_dirs = ["first", "second one"].map(|name| dir.path().join(name));
    for temp_dir in &temp_dirs {
        fs::create_dir(temp_dir).unwrap();
    }
    let mut owner = Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "owner", "--nocapture"])
        .env(OWNER_DIR, dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(owner.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let pid = lines
        .find_map(|line| line.strip_prefix("program ").map(str::to_owned))
        .unwrap();
    assert!(runs(&pid));

    owner.kill().unwrap();
    owner.wait().unwrap();
    eventually("the program ends", || !runs(&pid));
    eventually("the directories are removed", || {
        temp_dirs.iter().all(|dir| !dir.exists())
    });
    assert!(dir.path().exists());
}

#[test]
#[ignore = "the owner that another test kills"]
fn owner() {
    let Ok(dir) = env::var(OWNER_DIR) else { return };
    let temp_dirs = ["first", "second one"].map(|name| Path::new(&dir).join(name));
    let supervision = Supervision {
        temp_dirs: &[&temp_dirs[0], &temp_dirs[1]],
        ..Supervision::stopped_by("KILL")
    };
    let mut command = SupervisedCommand::new(Command::new("sh"), &supervision);
    command.args(["sh", "-c", "echo; echo program $$; exec sleep 60"]);
    let _process = command.start().unwrap();
    loop {
        thread::park();
    }
}
