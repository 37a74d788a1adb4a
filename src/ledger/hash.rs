//! The hashes of the tree (RFC 9162 §2.1.1): a leaf is hashed behind a zero byte, two nodes behind a one, so
//! that neither can pass for the other.
//!
//! For those who build and read the tree. [`super::check`] hashes for itself, with another library.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{Context, SHA256};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

/// A SHA-256 hash of the tree: of a leaf, a node or the root; base64 in text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct NodeHash([u8; NodeHash::BYTES]);

/// A text is not the base64 of 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the base64 of 32 bytes")]
pub struct NodeHashError;

impl NodeHash {
    /// Length in bytes.
    pub const BYTES: usize = 32;

    /// The hash of these bytes of a tile.
    #[must_use]
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// The raw bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// The root of the tree that has no leaf.
    #[must_use]
    pub fn of_nothing() -> Self {
        hash(&[])
    }

    /// The hash of a leaf's data.
    #[must_use]
    pub fn of_leaf(entry: &[u8]) -> Self {
        hash(&[&[0], entry])
    }

    /// The hash above two nodes.
    #[must_use]
    pub fn of_nodes(left: &Self, right: &Self) -> Self {
        hash(&[&[1], &left.0, &right.0])
    }

    /// The root of a perfect tree above `nodes`, whose number is a power of two.
    ///
    /// # Panics
    /// If there are none.
    #[must_use]
    pub fn of_perfect(nodes: &[Self]) -> Self {
        debug_assert!(nodes.len().is_power_of_two());
        let mut row = nodes.to_vec();
        while row.len() > 1 {
            row = row
                .chunks(2)
                .map(|pair| match pair {
                    [left, right] => Self::of_nodes(left, right),
                    _ => pair[0],
                })
                .collect();
        }
        row[0]
    }
}

fn hash(parts: &[&[u8]]) -> NodeHash {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut bytes = [0; NodeHash::BYTES];
    bytes.copy_from_slice(context.finish().as_ref());
    NodeHash(bytes)
}

impl fmt::Display for NodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(&self.0))
    }
}

impl fmt::Debug for NodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeHash({self})")
    }
}

impl FromStr for NodeHash {
    type Err = NodeHashError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = BASE64.decode(text.as_bytes()).map_err(|_| NodeHashError)?;
        Ok(Self(bytes.try_into().map_err(|_| NodeHashError)?))
    }
}

impl From<NodeHash> for String {
    fn from(hash: NodeHash) -> Self {
        hash.to_string()
    }
}

impl TryFrom<String> for NodeHash {
    type Error = NodeHashError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}
