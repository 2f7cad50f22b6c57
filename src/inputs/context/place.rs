//! Something in the context that is there, and the paths that lead to it.

use bstr::{BStr, BString, ByteSlice};

use crate::tree::{EntryRef, Id, Mode};

/// Something in the context that is there.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// From the context's root; empty for the root itself.
    pub(super) path: BString,
    pub(super) mode: Mode,
    pub(super) id: Id,
}

impl Place {
    /// The context's root.
    pub(super) fn root(id: Id) -> Place {
        Place { path: BString::default(), mode: Mode::Folder, id }
    }

    /// An entry of this folder.
    pub(super) fn child(&self, entry: &EntryRef<'_>) -> Place {
        Place { path: join(self.path.as_bstr(), entry.name), mode: entry.mode, id: entry.id }
    }
}

/// A path below a folder; the root is the empty path.
pub(super) fn join(folder: &BStr, name: &BStr) -> BString {
    let separator: &[u8] = if folder.is_empty() { b"" } else { b"/" };
    [folder.as_bytes(), separator, name.as_bytes()].concat().into()
}
