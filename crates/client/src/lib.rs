//! A client that creates and reads messages.
