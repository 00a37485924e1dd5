#![doc = include_str!("../README.md")]

pub mod accio;
pub mod action;
pub mod math;
pub mod message;
pub mod pickle;

mod input;
