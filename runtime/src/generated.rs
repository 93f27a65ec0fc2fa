//! What all handles, and all enums, of protocols have in common.
//!
//! Generated code defines the types; these macros give them the methods and conversions that would read the same for each.
//! An enum is an open newtype around a value or around bits, with its constants and a table of them, `ENTRIES`.

use std::fmt;

/// Value, name and first version of an entry.
pub type Entry = (u32, &'static str, u32);

/// Whether `value` is one of the entries of a version.
#[must_use]
pub fn is_value(entries: &[Entry], value: u32, version: u32) -> bool {
    entries.iter().any(|&(known, _, since)| known == value && since <= version)
}

/// Whether all of `bits` are in entries of a version.
#[must_use]
pub fn are_bits(entries: &[Entry], bits: u32, version: u32) -> bool {
    let known = entries.iter().filter(|&&(_, _, since)| since <= version);
    bits & !known.fold(0, |all, &(known, ..)| all | known) == 0
}

/// Writes the name of a value, or its number.
///
/// # Errors
/// Those of the formatter.
pub fn debug_value(entries: &[Entry], value: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match entries.iter().find(|entry| entry.0 == value) {
        Some((_, name, _)) => f.write_str(name),
        None => write!(f, "{value}"),
    }
}

/// Writes the name of all bits together, or else those of its parts, with the rest in hexadecimal.
///
/// # Errors
/// Those of the formatter.
pub fn debug_bits(entries: &[Entry], bits: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Some((_, name, _)) = entries.iter().find(|entry| entry.0 == bits) {
        return f.write_str(name);
    }
    let mut rest = bits;
    let mut separator = "";
    for &(bits, name, _) in entries {
        if bits != 0 && rest & bits == bits {
            write!(f, "{separator}{name}")?;
            separator = " | ";
            rest &= !bits;
        }
    }
    if rest != 0 || separator.is_empty() {
        write!(f, "{separator}{rest:#x}")?;
    }
    Ok(())
}

/// The methods and conversions of a generated handle. The methods are named, since a message of its interface may be
/// called like one of them; what is left out is still in [`Interface`](crate::Interface).
#[doc(hidden)]
#[macro_export]
macro_rules! handle {
    ($handle:ident $(, $method:ident)*) => {
        impl $handle {
            $($crate::handle!(@$method);)*
        }

        impl ::core::fmt::Display for $handle {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::write!(f, "{}{}", <$handle as $crate::Interface>::SPEC.name, self.0)
            }
        }

        $crate::carry_handle!($handle);
    };
    (@handle) => {
        /// The untyped handle.
        #[inline]
        #[must_use]
        pub fn handle(self) -> $crate::Handle {
            self.0
        }
    };
    (@id) => {
        /// The id on the wire. Ids are reused; compare handles instead.
        #[inline]
        #[must_use]
        pub fn id(self) -> u32 {
            self.0.id()
        }
    };
    (@version) => {
        /// The version the object was made with.
        #[inline]
        #[must_use]
        pub fn version(self) -> u32 {
            self.0.version()
        }
    };
    (@client) => {
        /// The peer the object belongs to. On the client side always the same.
        #[inline]
        #[must_use]
        pub fn client(self) -> $crate::ClientId {
            self.0.client()
        }
    };
}

/// Has a generated handle go over to another process, if that is there.
///
/// One implementation for all interfaces would keep boxes from going over: Rust cannot know that a box is no interface.
#[cfg(feature = "io")]
#[doc(hidden)]
#[macro_export]
macro_rules! carry_handle {
    ($handle:ident) => {
        impl $crate::carry::Carry for $handle {
            fn save(&self, saver: &mut $crate::carry::Saver) -> ::core::result::Result<(), $crate::carry::Refusal> {
                saver.put(&self.0)
            }

            fn load(
                loader: &mut $crate::carry::Loader<'_>,
            ) -> ::core::result::Result<$handle, $crate::carry::CarryError> {
                loader.get_object()
            }
        }
    };
}

/// Has a generated value go over to another process, if that is there.
#[cfg(feature = "io")]
#[doc(hidden)]
#[macro_export]
macro_rules! carry_value {
    ($kind:ident) => {
        $crate::carry!(struct $kind(0));
    };
}

#[cfg(not(feature = "io"))]
#[doc(hidden)]
#[macro_export]
macro_rules! carry_handle {
    ($handle:ident) => {};
}

#[cfg(not(feature = "io"))]
#[doc(hidden)]
#[macro_export]
macro_rules! carry_value {
    ($kind:ident) => {};
}

/// The methods and conversions of a generated newtype around a value.
#[doc(hidden)]
#[macro_export]
macro_rules! value_enum {
    ($kind:ident) => {
        impl $kind {
            /// Whether the value is one that objects of this version know.
            #[must_use]
            pub fn is_valid(self, version: u32) -> bool {
                $crate::generated::is_value(Self::ENTRIES, self.0, version)
            }
        }

        $crate::value_enum!(@conversions $kind, debug_value);
    };
    (@conversions $kind:ident, $debug:ident) => {
        impl ::core::convert::From<u32> for $kind {
            #[inline]
            fn from(value: u32) -> $kind {
                $kind(value)
            }
        }

        impl ::core::convert::From<$kind> for u32 {
            #[inline]
            fn from(value: $kind) -> u32 {
                value.0
            }
        }

        impl ::core::fmt::Debug for $kind {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                $crate::generated::$debug(Self::ENTRIES, self.0, f)
            }
        }

        $crate::carry_value!($kind);
    };
}

/// The methods, operators and conversions of a generated newtype around bits.
#[doc(hidden)]
#[macro_export]
macro_rules! bitfield {
    ($kind:ident) => {
        impl $kind {
            /// No bits.
            #[must_use]
            pub const fn empty() -> $kind {
                $kind(0)
            }

            /// Whether all bits of `other` are set.
            #[must_use]
            pub const fn contains(self, other: $kind) -> bool {
                self.0 & other.0 == other.0
            }

            /// Whether any bit of `other` is set.
            #[must_use]
            pub const fn intersects(self, other: $kind) -> bool {
                self.0 & other.0 != 0
            }

            /// Whether all bits are ones that objects of this version know.
            #[must_use]
            pub fn is_valid(self, version: u32) -> bool {
                $crate::generated::are_bits(Self::ENTRIES, self.0, version)
            }
        }

        impl ::core::ops::BitOr for $kind {
            type Output = $kind;

            #[inline]
            fn bitor(self, other: $kind) -> $kind {
                $kind(self.0 | other.0)
            }
        }

        impl ::core::ops::BitAnd for $kind {
            type Output = $kind;

            #[inline]
            fn bitand(self, other: $kind) -> $kind {
                $kind(self.0 & other.0)
            }
        }

        impl ::core::ops::BitOrAssign for $kind {
            #[inline]
            fn bitor_assign(&mut self, other: $kind) {
                self.0 |= other.0;
            }
        }

        $crate::value_enum!(@conversions $kind, debug_bits);
    };
}

#[cfg(test)]
#[allow(unreachable_pub, reason = "the macros are made for public types")]
mod tests {
    /// Two names of one value, one of them newer.
    #[derive(Clone, Copy, PartialEq)]
    struct Finish(u32);

    impl Finish {
        const ENTRIES: &[super::Entry] = &[(0, "raw", 1), (5, "oiled", 2), (5, "waxed", 3)];
    }

    crate::value_enum!(Finish);

    #[derive(Clone, Copy, PartialEq)]
    struct Edges(u32);

    impl Edges {
        const TOP: Edges = Edges(1);
        const LEFT: Edges = Edges(4);
        const ENTRIES: &[super::Entry] = &[(1, "top", 1), (4, "left", 2), (5, "top_left", 2)];
    }

    crate::bitfield!(Edges);

    #[test]
    fn values_are_valid_from_their_version_on() {
        let valid = |value: u32, version| Finish::from(value).is_valid(version);
        assert_eq!([valid(0, 1), valid(5, 1), valid(5, 2), valid(6, 9)], [true, false, true, false]);
    }

    #[test]
    fn values_show_their_first_name_or_their_number() {
        assert_eq!(format!("{:?} {:?} {:?}", Finish(0), Finish(5), Finish(6)), "raw oiled 6");
        assert_eq!(u32::from(Finish::from(6)), 6);
    }

    #[test]
    fn bits_combine_and_show_their_names() {
        let mut both = Edges::TOP | Edges::LEFT;
        assert!(both.contains(Edges::TOP) && both.intersects(Edges::LEFT) && !Edges::TOP.contains(both));
        assert!(both & Edges::LEFT == Edges::LEFT && Edges::empty() == Edges(0));
        assert!(both.is_valid(2) && !both.is_valid(1) && !Edges(8).is_valid(9));
        assert_eq!(format!("{both:?} {:?} {:?}", Edges(0x11), Edges(0)), "top_left top | 0x10 0x0");
        both |= Edges(2);
        assert_eq!((u32::from(both), format!("{both:?}").as_str()), (7, "top | left | 0x2"));
    }
}
