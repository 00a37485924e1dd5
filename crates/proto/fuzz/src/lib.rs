//! What must hold for any bytes whatever: one function for each fuzz target, which panics if it
//! does not. `tests/corpus.rs` of `proto` calls the same functions with the seeds.
//!
//! - Nothing panics, no loop is endless, and a decoder leaves no byte that it could take.
//! - No split of the input makes a difference (G-5).
//! - What parses is emitted as what parses the same.
//! - What is shown to a person stays one line (G-6).
//! - Memory follows the bytes that come, never a length that they announce (G-7): each module says
//!   how many bytes may be allocated at the same time for one byte of input.

pub mod accio;
pub mod action;
pub mod math;
pub mod message;
pub mod pickle;

mod cuts;
mod memory;

/// Asserts that what is shown to a person is one line, with nothing in it that a terminal would act
/// on, whatever a peer sent (G-6).
#[track_caller]
fn assert_line(shown: impl std::fmt::Display) {
    let line = shown.to_string();
    assert!(!line.chars().any(char::is_control), "{line:?}");
}
