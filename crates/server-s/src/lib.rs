//! A server that counts the bytes of a file: simplified accio.
