//! wayline.
