//! The formats: a plan in, bytes out. One file a format; none decides anything.

pub mod check;
pub mod explain;
mod folders;
pub mod json;
pub mod log;
pub mod many;
pub mod simulation;
pub mod svg;
pub mod text;
