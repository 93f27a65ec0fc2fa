//! wayline. 
fn main() {}
