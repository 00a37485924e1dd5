//! A server that assigns client ids in pickles.
