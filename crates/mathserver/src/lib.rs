//! The math server that lab4 talks to.
