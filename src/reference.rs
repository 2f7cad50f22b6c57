//! Repositories, tags, digests and platforms as values that cannot be wrong.
//!
//! Grammar: OCI distribution specification, "Pulling manifests" (names and tags), and
//! `distribution/reference` for how a short name such as `debian` is completed. It must not know how a
//! registry is reached or how a layout is stored.

mod digest;
mod platform;
mod repository;
mod tag;

pub use self::digest::Digest;
pub use self::platform::Platform;
pub use self::repository::Repository;
pub use self::tag::Tag;
pub use crate::image_name::ImageName;
