//! The formats: a plan in, bytes out. One file a format; none decides anything.

pub mod json;
pub mod log;
pub mod simulation;
pub mod svg;
pub mod text;
