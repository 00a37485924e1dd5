//! Where things run: the programs, one processor for the contenders and another for the load.

use std::env;
use std::ffi::OsStr;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use harness::{Exit, Output, Process, Program, start_server};

use crate::load::Listener;
use crate::{Error, affinity};

/// Servers listen within a fraction of this.
const STARTS_WITHIN: Duration = Duration::from_secs(20);

/// Clients end as soon as they are served.
const ENDS_WITHIN: Duration = Duration::from_secs(10);

/// How to start contenders, and for how long to measure them.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The folder of `bench` itself, of our programs, and of limits that are programs.
    pub programs: PathBuf,
    /// The processor of every contender.
    pub contender_cpu: usize,
    /// The processor of the load generator; the same one if there is only one.
    pub load_cpu: usize,
    /// How long one round measures. A round in which one piece of work takes longer does one.
    pub round: Duration,
}

/// A contender that serves.
#[derive(Debug)]
pub struct Server {
    /// The process, which ends when this is dropped.
    pub process: Process,
    /// Where to connect to.
    pub address: SocketAddr,
}

impl Machine {
    /// This machine, with the programs in the folder `programs`.
    ///
    /// # Errors
    /// [`Error::System`] if the system does not tell which processors may be used.
    pub fn new(programs: PathBuf, round: Duration) -> Result<Self, Error> {
        let (load_cpu, contender_cpu) = affinity::first_and_last()?;
        Ok(Self {
            programs,
            contender_cpu,
            load_cpu,
            round,
        })
    }

    /// One of our programs, or a limit that is a program, by its name.
    ///
    /// # Errors
    /// [`Error::NotBuilt`].
    pub fn built(&self, name: &str) -> Result<PathBuf, Error> {
        let path = self.programs.join(name);
        if path.is_file() {
            Ok(path)
        } else {
            Err(Error::NotBuilt(path))
        }
    }

    /// A peer, by its name.
    ///
    /// # Errors
    /// [`Error::NotInstalled`].
    pub fn installed(&self, name: &'static str) -> Result<PathBuf, Error> {
        let path = env::var_os("PATH").unwrap_or_default();
        // Where servers are, which is not in everybody's PATH.
        let folders = env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
        folders
            .map(|folder| folder.join(name))
            .find(|file| file.is_file())
            .ok_or(Error::NotInstalled(name))
    }

    /// A program that will run on the contenders' processor, with all that it starts.
    pub fn contender(&self, program: &Path) -> Program {
        Program::new(self.programs.join("bench"))
            .arg("pinned")
            .arg(self.contender_cpu.to_string())
            .arg(program)
    }

    /// The limit `name` of `bench limit`, on the contenders' processor.
    pub fn limit<S: AsRef<OsStr>>(&self, name: &str, args: impl IntoIterator<Item = S>) -> Program {
        self.contender(&self.programs.join("bench"))
            .args(["limit", name])
            .args(args)
    }

    /// Starts the server that `program` describes for a port, and waits until it listens.
    ///
    /// # Errors
    /// [`Error::Harness`].
    pub fn serve(&self, program: impl Fn(&str) -> Program) -> Result<Server, Error> {
        let program = |port: u16| program(&port.to_string());
        let (process, address) = start_server(STARTS_WITHIN, program)?;
        Ok(Server { process, address })
    }

    /// Runs the client that `program` describes for a port, to its end, while `serve` serves it on
    /// that port. Returns the result of `serve` and the process.
    ///
    /// # Errors
    /// [`Error::Wrong`] if the client fails, those of `serve`, [`Error::Harness`].
    pub fn run_client<T>(
        program: impl Fn(&str) -> Program,
        serve: impl FnOnce(&Listener) -> Result<T, Error>,
    ) -> Result<(T, Process), Error> {
        let listener = Listener::bind()?;
        let process = program(&listener.port().to_string()).start()?;
        let served = serve(&listener)?;
        match process.wait_exit(ENDS_WITHIN)? {
            Exit::Status(0) => Ok((served, process)),
            exit => Err(Error::wrong(process.command_line(), "status 0", exit)),
        }
    }

    /// Starts our server `name` with `arguments` before its port. What it prints goes nowhere: to
    /// read it is work for the processor of the load.
    ///
    /// # Errors
    /// [`Error::NotBuilt`], [`Error::Harness`], [`Error::System`].
    pub fn serve_ours(&self, name: &str, arguments: &[&str]) -> Result<Server, Error> {
        let path = self.built(name)?;
        let nowhere = File::options().write(true).open("/dev/null");
        let nowhere = nowhere.map_err(Error::system("opening /dev/null"))?;
        self.serve(|port| {
            let program = self.contender(&path).args(arguments).arg(port);
            match nowhere.try_clone() {
                Ok(nowhere) => program.stdout(Output::File(nowhere)),
                Err(_) => program,
            }
        })
    }

    /// Starts our server `name`, whose only argument is its port, and whose lines are read.
    ///
    /// # Errors
    /// [`Error::NotBuilt`], [`Error::Harness`].
    pub fn serve_printing(&self, name: &str) -> Result<Server, Error> {
        let path = self.built(name)?;
        self.serve(|port| self.contender(&path).arg(port))
    }

    /// Starts the limit server `name` of `bench limit`, whose only argument is its port.
    ///
    /// # Errors
    /// [`Error::Harness`].
    pub fn serve_limit(&self, name: &str) -> Result<Server, Error> {
        self.serve(|port| self.limit(name, [port]))
    }
}

impl Server {
    /// Seconds of processor time that the server has used, with all its threads: on Linux to the
    /// nanosecond, elsewhere as exactly as the system tells.
    ///
    /// # Errors
    /// [`Error::Harness`].
    pub fn cpu_seconds(&self) -> Result<f64, Error> {
        match exact_cpu_seconds(self.process.id()) {
            Some(seconds) => Ok(seconds),
            None => Ok(self.process.cpu_time()?.as_secs_f64()),
        }
    }

    /// Does some work with the server. Returns its result, and the seconds of processor time that
    /// it cost the server.
    ///
    /// # Errors
    /// Those of the work, and [`Error::Harness`].
    pub fn cpu_of<T>(&self, work: impl FnOnce() -> Result<T, Error>) -> Result<(T, f64), Error> {
        let before = self.cpu_seconds()?;
        let result = work()?;
        Ok((result, self.cpu_seconds()? - before))
    }

    /// The most bytes of memory that it had resident.
    ///
    /// # Errors
    /// [`Error::Harness`].
    pub fn peak_memory(&self) -> Result<f64, Error> {
        Ok(self.process.peak_memory()? as f64)
    }
}

#[cfg(target_os = "linux")]
fn exact_cpu_seconds(process: u32) -> Option<f64> {
    use nix::time::ClockId;
    use nix::unistd::Pid;

    let process = Pid::from_raw(process.try_into().ok()?);
    let time = ClockId::pid_cpu_clock_id(process).ok()?.now().ok()?;
    Some(time.tv_sec() as f64 + time.tv_nsec() as f64 / 1e9)
}

#[cfg(not(target_os = "linux"))]
fn exact_cpu_seconds(_: u32) -> Option<f64> {
    None
}
