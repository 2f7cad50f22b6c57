//! The formats: a plan in, bytes out. One file a format; none decides anything.

pub mod bake;
pub mod check;
pub mod dotenv;
pub mod expire;
pub mod explain;
pub mod files;
mod folders;
pub mod github;
pub mod gitlab;
pub mod json;
pub mod log;
pub mod many;
mod markdown;
mod mermaid;
pub mod outputs;
pub mod retention;
pub mod schema;
pub mod simulation;
pub mod summary;
pub mod svg;
pub mod text;
pub mod yaml;
