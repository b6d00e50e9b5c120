//! Stream names: text, never empty, and every stream's metastream beside it.
//!
//! `$$order-1` is the metastream of `order-1`; a name that begins with `$$` is always a metastream.

use std::{fmt, sync::Arc};

/// The name of a stream or of a metastream. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct StreamName(Arc<str>);

/// What stands before the name of a stream in that of its metastream.
const META: &str = "$$";

/// Why bytes are not a stream's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidName {
    #[error("a stream's name is UTF-8")]
    NotText,
    #[error("a stream's name is not empty")]
    Empty,
}

impl StreamName {
    pub(crate) fn parse(name: &[u8]) -> Result<Self, InvalidName> {
        let name = std::str::from_utf8(name).map_err(|_| InvalidName::NotText)?;
        if name.is_empty() || name == META {
            return Err(InvalidName::Empty);
        }
        Ok(Self(name.into()))
    }

    /// A name that comes from the log itself, so that it was parsed once.
    pub(crate) fn stored(base: &str, metastream: bool) -> Self {
        if metastream { Self(format!("{META}{base}").into()) } else { Self(base.into()) }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_metastream(&self) -> bool {
        self.0.starts_with(META)
    }

    /// The stream that this is the metastream of, or this stream itself.
    pub(crate) fn base(&self) -> &str {
        self.0.strip_prefix(META).unwrap_or(&self.0)
    }

    /// The metastream of this stream.
    pub(crate) fn metastream(&self) -> Self {
        Self::stored(&self.0, true)
    }
}

impl fmt::Debug for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
