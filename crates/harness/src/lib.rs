//! Starts programs as processes, watches them and stops them, for tests and for the checker.
