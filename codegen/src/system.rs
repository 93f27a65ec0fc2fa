//! Finds protocol files that come with the system, by pkg-config and environment variables.

use std::fmt;
use std::path::PathBuf;
use std::process::Command;

/// A package of the system with protocol files.
///
/// ```no_run
/// use wayline_codegen::{Builder, Package};
///
/// let wayland = Package::WAYLAND.dir().unwrap().join("wayland.xml");
/// Builder::new().protocol(wayland).version("wl_surface", 5).compile().unwrap();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name for pkg-config, which is asked for the variable `pkgdatadir`.
    pub name: &'static str,
    /// An environment variable that names the directory instead, if it is set.
    pub variable: &'static str,
    /// The Debian package that installs it.
    pub debian: &'static str,
}

impl Package {
    /// The core protocol: `wayland.xml`.
    pub const WAYLAND: Package =
        Package { name: "wayland-scanner", variable: "WAYLINE_WAYLAND_XML_DIR", debian: "libwayland-dev" };

    /// The protocols that the compositors have agreed on, such as `stable/xdg-shell/xdg-shell.xml`.
    pub const WAYLAND_PROTOCOLS: Package =
        Package { name: "wayland-protocols", variable: "WAYLINE_WAYLAND_PROTOCOLS_DIR", debian: "wayland-protocols" };

    /// Those of compositors based on wlroots, such as `unstable/wlr-screencopy-unstable-v1.xml`.
    pub const WLR_PROTOCOLS: Package =
        Package { name: "wlr-protocols", variable: "WAYLINE_WLR_PROTOCOLS_DIR", debian: "wlr-protocols" };

    /// Where its files are. Tells cargo to run the build script again when the environment variable changes.
    ///
    /// # Errors
    /// [`MissingPackage`], whose text says what to install.
    pub fn dir(self) -> Result<PathBuf, MissingPackage> {
        println!("cargo::rerun-if-env-changed={}", self.variable);
        if let Some(dir) = std::env::var_os(self.variable) {
            return Ok(dir.into());
        }
        let missing = |said: String| MissingPackage { package: self, said };
        let output = Command::new("pkg-config").args(["--variable=pkgdatadir", self.name]).output();
        let output = output.map_err(|error| missing(error.to_string()))?;
        let dir = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() || dir.is_empty() {
            return Err(missing(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        Ok(dir.into())
    }
}

/// A package is not installed, or there is no pkg-config to ask.
#[derive(Clone, Debug)]
pub struct MissingPackage {
    /// The package.
    pub package: Package,
    /// What pkg-config said, or why it could not be run.
    pub said: String,
}

impl fmt::Display for MissingPackage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Package { name, variable, debian } = self.package;
        write!(
            f,
            "`pkg-config --variable=pkgdatadir {name}` found nothing; install the package (on Debian `{debian}`), or say \
             with {variable} where its XML is\n{}",
            self.said
        )
    }
}

impl std::error::Error for MissingPackage {}

#[cfg(test)]
mod tests {
    use super::Package;

    #[test]
    fn a_missing_package_is_named_with_all_ways_to_get_it() {
        let package = Package { name: "wayline-nowhere", variable: "WAYLINE_NOWHERE_DIR", debian: "nowhere-dev" };
        let text = package.dir().unwrap_err().to_string();
        for part in ["wayline-nowhere", "WAYLINE_NOWHERE_DIR", "`nowhere-dev`"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
