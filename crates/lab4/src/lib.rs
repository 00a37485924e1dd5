//! A client that answers a math server and prints its secret.
