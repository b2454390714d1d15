//! Runs a child process that ends with its parent ("owner"), whatever ends the owner: a return from
//! `main`, a panic, or SIGKILL.
//!
//! A shell (`supervise.sh`) starts the program and reads a pipe whose other end the owner holds.
//! The kernel closes the pipe when the owner ends; the shell then sends the stop signal and removes
//! the temporary directories. This needs a POSIX shell and no `unsafe`: `PR_SET_PDEATHSIG` is
//! Linux only, needs `pre_exec`, and follows the thread that started the child, not the process.
//!
//! ```
//! use std::process::Command;
//!
//! use supervised_process::{SupervisedCommand, Supervision};
//!
//! let mut command = SupervisedCommand::new(Command::new("sh"), &Supervision::stopped_by("TERM"));
//! command.args(["sleep", "60"]);
//! let process = command.start()?;
//! drop(process); // sends SIGTERM and waits
//! # std::io::Result::Ok(())
//! ```

use std::{
    io::{self, Write},
    ops::{Deref, DerefMut},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

const POLL_INTERVAL: Duration = Duration::from_millis(2);

/// Bounds the wait for a dropped process, whose stop signal may take effect late.
const DROP_TIMEOUT: Duration = Duration::from_secs(60);

/// How a process ends.
#[derive(Clone, Copy, Debug)]
pub struct Supervision<'a> {
    /// Signal that stops the program, as `kill -s` names it (`TERM`, `KILL`). Sent when the owner
    /// ends or drops the process.
    pub stop_signal: &'static str,
    /// File that takes the program's standard error. An existing file is renamed to `<log>.1`.
    /// None: the standard error of the shell.
    pub log: Option<&'a Path>,
    /// Directories that the shell removes after the owner ended and the program stopped. While the
    /// owner runs they are the owner's to remove.
    pub temp_dirs: &'a [&'a Path],
}

/// A [`Command`] for a supervised program: its name and arguments are added as arguments of the
/// shell (see [`new`](Self::new)).
#[derive(Debug)]
pub struct SupervisedCommand {
    command: Command,
    stop_signal: &'static str,
}

/// A running program and the shell that supervises it. Dropping it sends the stop signal and waits
/// up to 60 s for the end of the program.
#[derive(Debug)]
pub struct SupervisedProcess {
    shell: Child,
    stop_signal: &'static str,
}

// === impl Supervision ===

impl Supervision<'_> {
    /// A program without log file and temporary directories.
    pub fn stopped_by(stop_signal: &'static str) -> Self {
        Self {
            stop_signal,
            log: None,
            temp_dirs: &[],
        }
    }
}

// === impl SupervisedCommand ===

impl SupervisedCommand {
    /// `shell` is a command that runs `sh` and has no arguments yet. Its account, environment,
    /// working directory, standard output and standard error become the program's. Standard input
    /// of the program is `/dev/null`.
    ///
    /// The first [`arg`](Command::arg) is the program, the next ones are its arguments.
    pub fn new(mut shell: Command, supervision: &Supervision<'_>) -> Self {
        shell
            .args(["-c", include_str!("supervise.sh"), "supervise"])
            .arg(supervision.stop_signal)
            .arg(supervision.log.unwrap_or(Path::new("")))
            .arg(supervision.temp_dirs.len().to_string())
            .args(supervision.temp_dirs);
        Self {
            command: shell,
            stop_signal: supervision.stop_signal,
        }
    }

    /// Starts the program. It is in a process group of its own, so a Ctrl-C in the terminal reaches
    /// the owner alone, which decides when to stop the program.
    ///
    /// # Errors
    /// The shell cannot be started. A program that cannot be started shows as exit status 126 or
    /// 127.
    pub fn start(mut self) -> io::Result<SupervisedProcess> {
        let shell = self
            .command
            .stdin(Stdio::piped())
            .process_group(0)
            .spawn()?;
        Ok(SupervisedProcess {
            shell,
            stop_signal: self.stop_signal,
        })
    }
}

impl Deref for SupervisedCommand {
    type Target = Command;

    fn deref(&self) -> &Command {
        &self.command
    }
}

impl DerefMut for SupervisedCommand {
    fn deref_mut(&mut self) -> &mut Command {
        &mut self.command
    }
}

// === impl SupervisedProcess ===

impl SupervisedProcess {
    /// Process id of the shell, which is the parent of the program.
    pub fn id(&self) -> u32 {
        self.shell.id()
    }

    /// Read ends of standard output and standard error. None if they are not piped, or were taken
    /// before.
    pub fn take_output(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.shell.stdout.take(), self.shell.stderr.take())
    }

    /// Sends the program, and no other process, a signal, as `kill -s` names it. No effect if the
    /// program has ended.
    pub fn signal(&mut self, name: &str) {
        if let Some(pipe) = &mut self.shell.stdin {
            // The pipe is broken if the program has ended.
            let _ = writeln!(pipe, "{name}");
        }
    }

    /// Exit status if the program has ended; 128 + n if signal n ended it. Does not wait.
    ///
    /// # Errors
    /// The status cannot be read from the operating system.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.shell.try_wait()
    }

    /// Waits until `fact` holds or the program has ended; false after `timeout`. Polls every 2 ms:
    /// [`Child::wait`] would close the pipe, which stops the program.
    pub fn wait_until(&mut self, timeout: Duration, fact: impl Fn() -> bool) -> bool {
        let deadline = Instant::now() + timeout;
        while matches!(self.try_wait(), Ok(None)) && !fact() {
            if Instant::now() >= deadline {
                return false;
            }
            sleep(POLL_INTERVAL);
        }
        true
    }

    /// Sends a signal and waits for the end of the program; false after `timeout`.
    pub fn stop(&mut self, signal: &str, timeout: Duration) -> bool {
        self.signal(signal);
        self.wait_until(timeout, || false)
    }
}

impl Drop for SupervisedProcess {
    fn drop(&mut self) {
        // If the wait times out, closing the pipe repeats the stop signal.
        self.stop(self.stop_signal, DROP_TIMEOUT);
    }
}
