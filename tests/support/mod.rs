//! What the integration tests and the benchmark stand on: a hermetic project, images written by hand, and a
//! registry that fails on demand. Nothing here may need a tool besides git, nor the machine's own settings.

pub mod docker_registry;
pub mod image;
pub mod interrupted;
pub mod plan;
pub mod registry;
pub mod remote;
pub mod run;
pub mod sandbox;
pub mod starlingx;

pub use image::Image;
pub use plan::Plan;
pub use remote::Remote;
pub use run::Run;
pub use sandbox::Sandbox;
