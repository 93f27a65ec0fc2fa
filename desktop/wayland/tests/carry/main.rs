//! A compositor with all modules that another one takes over in the middle of everything: clients notice nothing.

mod client;
mod damage;
mod data;
mod fixture;
mod host;
mod input;
mod keyboards;
mod modules;
mod pictures;
mod shells;
mod surfaces;
