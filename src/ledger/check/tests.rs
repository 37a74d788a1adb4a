use proptest::prelude::*;

use super::*;
use crate::ledger::proof::Prover;
use crate::ledger::tests::{Naive, naive_prover};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn paths_of_any_tree_lead_where_they_should(size in 1_u64..700, at in any::<prop::sample::Index>(), other in any::<prop::sample::Index>()) {
        let naive = Naive::of(size);
        let index = at.index(usize::try_from(size).expect("small")) as u64;
        let path = naive_prover(&naive, size).inclusion(index).expect("a path");
        prop_assert_eq!(&path, &naive.path(index, 0, size));
        let root = naive.root(0, size);
        let raw = raw(&path).expect("short");
        let data = Naive::data(index);
        prop_assert!(merkle::is_included(&data, index, size, &raw, root.as_bytes()));
        let wrong = other.index(usize::try_from(size).expect("small")) as u64;
        if wrong != index {
            prop_assert!(!merkle::is_included(&data, wrong, size, &raw, root.as_bytes()));
            prop_assert!(!merkle::is_included(&Naive::data(wrong), index, size, &raw, root.as_bytes()));
        }
        prop_assert!(!merkle::is_included(&data, index, index, &raw, root.as_bytes()));
        if let Some((_, short)) = raw.split_last() {
            prop_assert!(!merkle::is_included(&data, index, size, short, root.as_bytes()));
        }
        let long = [&raw[..], &[[0; 32]]].concat();
        prop_assert!(!merkle::is_included(&data, index, size, &long, root.as_bytes()));
    }

    #[test]
    fn any_tree_continues_its_beginnings_and_no_other(size in 1_u64..700, at in any::<prop::sample::Index>()) {
        let naive = Naive::of(size);
        let older = at.index(usize::try_from(size).expect("small") + 1) as u64;
        let path = naive_prover(&naive, size).consistency(older).expect("a path");
        let head = |size, root| TreeHead { origin: "sohoa.example".parse().expect("name"), size, root };
        let (first, second) = (head(older, naive.root(0, older)), head(size, naive.root(0, size)));
        prop_assert_eq!(check_consistency(&first, &second, &path), Ok(()));
        let changed = head(older, NodeHash::of_leaf(b"changed"));
        prop_assert_eq!(check_consistency(&changed, &second, &path), Err(Flaw::NotConsistent));
        let long = [&path[..], &[NodeHash::of_nothing()]].concat();
        prop_assert_eq!(check_consistency(&first, &second, &long), Err(Flaw::NotConsistent));
        if older < size && older > 0 {
            prop_assert_eq!(check_consistency(&second, &first, &path), Err(Flaw::NotConsistent));
            if let Some((_, short)) = path.split_last() {
                prop_assert_eq!(check_consistency(&first, &second, short), Err(Flaw::NotConsistent));
            }
        }
    }

    #[test]
    fn no_bytes_make_it_stumble(bytes in prop::collection::vec(any::<u8>(), 0..400), at in any::<prop::sample::Index>()) {
        prop_assert!(check(&bytes, &[]).is_err());
        let mut spoilt = crate::ledger::tests::proof_bytes();
        let place = at.index(spoilt.len());
        spoilt.splice(place..place, bytes);
        let _ = check(&spoilt, &[]);
    }
}

/// The vectors of RFC 6962's first implementation, over eight leaves: root, and the path of the sixth leaf.
#[test]
fn the_published_vectors_come_out() {
    let leaves: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let hashes: Vec<NodeHash> = leaves.iter().map(|leaf| NodeHash::of_leaf(leaf)).collect();
    let hex = |hash: &NodeHash| data_encoding::HEXLOWER.encode(hash.as_bytes());
    let mut frontier = crate::ledger::tree::Frontier::empty();
    let mut roots = vec![hex(&frontier.root())];
    for hash in &hashes {
        frontier.push(*hash);
        roots.push(hex(&frontier.root()));
    }
    assert_eq!(
        roots,
        [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ]
    );
    let mut prover = Prover::new(8, |tile| {
        assert_eq!(tile.path(), "tile/0/000.p/8");
        Ok(hashes.clone())
    });
    let path: Vec<String> = prover
        .inclusion(5)
        .expect("a path")
        .iter()
        .map(hex)
        .collect();
    assert_eq!(
        path,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
}
