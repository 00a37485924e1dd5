//! A server that transforms text, over a 5/27-bit header.
