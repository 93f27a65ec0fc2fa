//! `wayline doc`: what it writes of protocols, and what it says of input that it cannot describe.
