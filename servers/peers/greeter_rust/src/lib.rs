//! A greeter but for its runtime: its flags, its listeners and its service. It runs nothing, so
//! that how tonic's peers and glommio's differ is all in their own sources.

mod listeners;
mod options;
mod service;

pub use listeners::{announce, listen, listen_often};
pub use options::{Options, leave};
pub use service::service;
