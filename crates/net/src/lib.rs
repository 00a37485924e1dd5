//! What std::net leaves out, once for all programs.
