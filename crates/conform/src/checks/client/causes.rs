//! The mistakes that people make.

use crate::Cause;

pub(super) const CAUSES: &[Cause] = &[];
