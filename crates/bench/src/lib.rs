//! Measures our programs beside their limit, a bare loop of the system calls that the protocol
//! needs, and beside programs that many people have.
//!
//! A [`Figure`] names its contenders. Each is a process on one processor; the load comes from this
//! process on another, and is the same for all of them. They take turns, ours, limit, peer, ours,
//! ..., every answer is checked while it is measured, and what is told in the end is the ratio of
//! the medians. [`figures`] has the figures, [`limits`] the bare loops.

mod affinity;
mod arguments;
mod error;
pub mod figure;
pub mod figures;
pub mod limits;
pub mod load;
mod machine;
mod measure;
mod processor_time;
pub mod report;
mod run;

pub use arguments::UsageError;
pub use error::Error;
pub use figure::Figure;
pub use machine::{Machine, Server};
pub use measure::{Comparison, Measured, MeasuredRow, Measurement, measure};
pub use run::run;
