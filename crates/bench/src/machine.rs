//! Where things run: the programs, one processor for the contenders and another for the load.

use std::env;
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use harness::{Process, Program, start_server};

use crate::{Error, affinity, processor_time};

/// Servers listen within a fraction of this.
const STARTS_WITHIN: Duration = Duration::from_secs(20);

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
    /// [`Error::System`] if the system does not say which processors may be used.
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

    /// Starts our server `name`, whose only argument is its port.
    ///
    /// # Errors
    /// [`Error::NotBuilt`], [`Error::Harness`].
    pub fn serve_ours(&self, name: &str) -> Result<Server, Error> {
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
    /// Seconds of processor time that the server used so far.
    ///
    /// # Errors
    /// [`Error::Harness`].
    pub fn cpu_seconds(&self) -> Result<f64, Error> {
        processor_time::seconds(&self.process)
    }

    /// The most bytes of memory that it had resident.
    ///
    /// # Errors
    /// [`Error::Harness`].
    pub fn peak_memory(&self) -> Result<f64, Error> {
        Ok(self.process.peak_memory()? as f64)
    }
}
