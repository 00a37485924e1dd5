//! A server that stores messages until they are read.
