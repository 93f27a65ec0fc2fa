//! A compositor with all modules that another one takes over in the middle of everything: clients notice nothing.

mod client;
mod damage;
mod data;
mod host;
mod input;
mod keyboards;
mod modules;
mod pictures;
mod rig;
mod shells;
mod surfaces;
