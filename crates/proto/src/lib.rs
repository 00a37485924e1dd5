//! The wire formats of five network assignments, as codecs without sockets.
