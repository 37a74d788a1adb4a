//! RFC 9162 §2.1.3.2 and §2.1.4.2 to the letter: whether a path leads to a root. Written apart from the code that
//! makes paths, with another library's SHA-256, so that one mistake does not hide the other.

use sha2::{Digest, Sha256};

type Hash = [u8; 32];

fn leaf(data: &[u8]) -> Hash {
    Sha256::new()
        .chain_update([0])
        .chain_update(data)
        .finalize()
        .into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// Whether a leaf with this data stands at `leaf_index` of the tree of `tree_size` leaves with this root (§2.1.3.2).
#[must_use]
pub(super) fn is_included(
    data: &[u8],
    leaf_index: u64,
    tree_size: u64,
    path: &[Hash],
    root: &Hash,
) -> bool {
    if leaf_index >= tree_size {
        return false;
    }
    let (mut first, mut second) = (leaf_index, tree_size - 1);
    let mut found = leaf(data);
    for step in path {
        if second == 0 {
            return false;
        }
        if first & 1 == 1 || first == second {
            found = node(step, &found);
            while first & 1 == 0 && first != 0 {
                first >>= 1;
                second >>= 1;
            }
        } else {
            found = node(&found, step);
        }
        first >>= 1;
        second >>= 1;
    }
    second == 0 && found == *root
}

/// Whether the tree of `first_size` leaves is the beginning of that of `second_size` leaves (§2.1.4.2). An empty
/// tree is the beginning of each, a tree is its own; neither has a path.
#[must_use]
pub(super) fn is_consistent(
    first_size: u64,
    first_root: &Hash,
    second_size: u64,
    second_root: &Hash,
    path: &[Hash],
) -> bool {
    if first_size == 0 {
        return path.is_empty() && *first_root == <Hash>::from(Sha256::digest([]));
    }
    if first_size >= second_size {
        return first_size == second_size && path.is_empty() && first_root == second_root;
    }
    // A complete tree's root is the first step, and left out.
    let steps = if first_size.is_power_of_two() {
        [std::slice::from_ref(first_root), path].concat()
    } else {
        path.to_vec()
    };
    let Some((start, steps)) = steps.split_first() else {
        return false;
    };
    let (mut first, mut second) = (first_size - 1, second_size - 1);
    while first & 1 == 1 {
        first >>= 1;
        second >>= 1;
    }
    let (mut older, mut newer) = (*start, *start);
    for step in steps {
        if second == 0 {
            return false;
        }
        if first & 1 == 1 || first == second {
            older = node(step, &older);
            newer = node(step, &newer);
            while first & 1 == 0 && first != 0 {
                first >>= 1;
                second >>= 1;
            }
        } else {
            newer = node(&newer, step);
        }
        first >>= 1;
        second >>= 1;
    }
    second == 0 && older == *first_root && newer == *second_root
}
