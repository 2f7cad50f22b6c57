//! Dockerfiles: their model, how one is drawn, how one is changed.
//!
//! Nothing here knows more of the repository than the paths that a context offers.

mod author;
mod instructions;
mod layout;
pub mod model;
mod mutate;
mod render;
mod runs;
mod text;
mod words;

pub use author::{Author, Known};
pub use instructions::PLATFORM_FILES;
#[cfg(test)]
pub use mutate::kinds;
pub use mutate::mutate;
pub use text::mutate_text;
pub use words::Site;
