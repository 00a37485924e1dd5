#![doc = include_str!("../README.md")]

mod affinity;
mod arguments;
mod error;
pub mod figure;
pub mod figures;
pub mod limits;
pub mod load;
mod machine;
mod measure;
pub mod report;
mod run;

pub use error::Error;
pub use figure::Figure;
pub use machine::{Machine, Server};
pub use measure::{Comparison, Measured, MeasuredRow, Measurement, measure};
pub use run::{end_on_signal, programs, run};
