//! The formats: a plan in, bytes out. One file a format; none decides anything.

pub mod bake;
pub mod dotenv;
pub mod explain;
pub mod files;
mod folders;
pub mod gitlab;
pub mod json;
pub mod log;
pub mod outputs;
pub mod schema;
pub mod shell;
pub mod simulation;
pub mod svg;
pub mod text;
pub mod yaml;
