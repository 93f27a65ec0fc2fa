//! wayline-codegen.
