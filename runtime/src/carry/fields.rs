//! The macro that writes `Carry` for structs and enums.

/// Writes [`Carry`](crate::carry::Carry) for a struct or an enum: its fields go over in the order in which they are
/// listed, a variant by its number.
///
/// A field or variant that is missing in the list does not compile, and neither do two variants with one number. What was
/// saved has to be loaded by the next version, so numbers stay, and a struct that is to change is better an enum.
///
/// ```
/// use wayline::carry::{self, CarryError};
///
/// #[derive(Debug, PartialEq)]
/// struct Window {
///     title: String,
///     place: Place,
/// }
///
/// #[derive(Debug, PartialEq)]
/// enum Place {
///     Nowhere,
///     At(i32, i32),
///     Beside { window: WindowId },
/// }
///
/// #[derive(Debug, PartialEq)]
/// struct WindowId(u64);
///
/// wayline::carry!(struct Window { title, place });
/// wayline::carry!(enum Place { 0 = Nowhere, 1 = At(x, y), 3 = Beside { window } });
/// wayline::carry!(struct WindowId(0));
///
/// let window = Window { title: "a title".into(), place: Place::Beside { window: WindowId(5) } };
/// let loaded: Window = carry::from_state(carry::to_state(&window)?)?;
/// assert_eq!(loaded, window);
///
/// // A number that no variant has is found.
/// let other: Result<Place, CarryError> = carry::from_state(carry::to_state(&2_u32)?);
/// assert!(matches!(other, Err(CarryError::Damaged { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Generic parameters are in brackets in front, with their bounds. The path of a type may have several segments.
///
/// ```
/// use wayline::carry::Carry;
///
/// mod view {
///     pub struct View<P> {
///         pub pixels: Option<P>,
///         pub position: (i32, i32),
///     }
/// }
///
/// wayline::carry!([P: Carry] struct view::View<P> { pixels, position });
/// ```
///
/// A forgotten field:
///
/// ```compile_fail,E0027
/// struct Window {
///     title: String,
///     size: (u32, u32),
/// }
///
/// wayline::carry!(struct Window { title });
/// ```
///
/// A forgotten variant:
///
/// ```compile_fail,E0004
/// enum Shape {
///     Floating,
///     Fullscreen,
/// }
///
/// wayline::carry!(enum Shape { 0 = Floating });
/// ```
///
/// A number that two variants have:
///
/// ```compile_fail,E0081
/// enum Shape {
///     Floating,
///     Fullscreen,
/// }
///
/// wayline::carry!(enum Shape { 0 = Floating, 0 = Fullscreen });
/// ```
#[macro_export]
macro_rules! carry {
    (
        $([$($generics:tt)*])?
        struct $($name:ident)::+ $(<$($argument:ident),+>)? { $($field:tt),* $(,)? }
    ) => {
        impl $(<$($generics)*>)? $crate::carry::Carry for $($name)::+ $(<$($argument),+>)? {
            fn save(&self, saver: &mut $crate::carry::Saver) -> ::core::result::Result<(), $crate::carry::Refusal> {
                // All of them, or it does not compile.
                let Self { $($field: _),* } = self;
                $(saver.put(&self.$field)?;)*
                let _ = saver;
                ::core::result::Result::Ok(())
            }

            fn load(
                loader: &mut $crate::carry::Loader<'_>,
            ) -> ::core::result::Result<Self, $crate::carry::CarryError> {
                let _ = &loader;
                ::core::result::Result::Ok(Self { $($field: loader.get()?),* })
            }
        }
    };
    (
        $([$($generics:tt)*])?
        struct $($name:ident)::+ $(<$($argument:ident),+>)? ( $($field:tt),* $(,)? )
    ) => {
        $crate::carry!($([$($generics)*])? struct $($name)::+ $(<$($argument),+>)? { $($field),* });
    };
    (
        $([$($generics:tt)*])?
        enum $($name:ident)::+ $(<$($argument:ident),+>)? {
            $($number:literal = $variant:ident
                $({ $($field:ident),* $(,)? })?
                $(( $($value:ident),* $(,)? ))?
            ),+ $(,)?
        }
    ) => {
        impl $(<$($generics)*>)? $crate::carry::Carry for $($name)::+ $(<$($argument),+>)? {
            fn save(&self, saver: &mut $crate::carry::Saver) -> ::core::result::Result<(), $crate::carry::Refusal> {
                // No two have the same number, or it does not compile.
                #[repr(u32)]
                enum Number { $($variant = $number),+ }
                match self {
                    $(Self::$variant $({ $($field),* })? $(( $($value),* ))? => {
                        saver.put(&(Number::$variant as u32))?;
                        $($(saver.put($field)?;)*)?
                        $($(saver.put($value)?;)*)?
                    })+
                }
                ::core::result::Result::Ok(())
            }

            fn load(
                loader: &mut $crate::carry::Loader<'_>,
            ) -> ::core::result::Result<Self, $crate::carry::CarryError> {
                ::core::result::Result::Ok(match loader.get::<u32>()? {
                    $($number => {
                        $($(let $field = loader.get()?;)*)?
                        $($(let $value = loader.get()?;)*)?
                        Self::$variant $({ $($field),* })? $(( $($value),* ))?
                    })+
                    _ => {
                        return ::core::result::Result::Err($crate::carry::CarryError::Damaged {
                            what: ::core::concat!("a number that no ", ::core::stringify!($($name)::+), " has"),
                        });
                    }
                })
            }
        }
    };
}
