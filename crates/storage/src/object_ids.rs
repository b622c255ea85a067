//! The ids of a namespace's Durable Objects: made of names or of chance, and recognised.
//!
//! The first half of an id says which object; the second half is a keyed hash of the first, by which a namespace knows
//! its own ids. The key is a hash of the namespace's unique key. wrangler's ids are made in the same way, so the same
//! worker, class and name lead to the same file.

use hmac::{Hmac, Mac};
use lopata_protocol::ObjectId;
use lopata_protocol::objects::OBJECT_ID_BYTES;
use sha2::{Digest, Sha256};

/// Bytes of either half of an id.
const HALF_BYTES: usize = OBJECT_ID_BYTES / 2;

/// Makes the ids of one namespace.
#[derive(Clone, Debug)]
pub struct ObjectIds {
    /// Has taken in the key and nothing else.
    keyed: Hmac<Sha256>,
}

impl ObjectIds {
    /// Those of the namespace with this unique key.
    pub fn new(unique_key: &str) -> Self {
        let key = Sha256::digest(unique_key.as_bytes());
        Self { keyed: Hmac::new_from_slice(&key).expect("HMAC takes keys of any length") }
    }

    /// The id of the object with this name, in UTF-8. Half of a surrogate pair counts as it would if it were a
    /// character.
    pub fn named(&self, name: impl AsRef<[u8]>) -> ObjectId {
        self.of(self.half(name.as_ref()))
    }

    /// An id that nobody has had.
    pub fn unique(&self) -> ObjectId {
        let mut half = [0; HALF_BYTES];
        getrandom::fill(&mut half).expect("the system has random bytes");
        self.of(half)
    }

    /// Whether an id is one of this namespace.
    pub fn owns(&self, id: &ObjectId) -> bool {
        let mut half = [0; HALF_BYTES];
        half.copy_from_slice(&id.0[..HALF_BYTES]);
        self.of(half) == *id
    }

    fn of(&self, half: [u8; HALF_BYTES]) -> ObjectId {
        let mut id = [0; OBJECT_ID_BYTES];
        id[..HALF_BYTES].copy_from_slice(&half);
        id[HALF_BYTES..].copy_from_slice(&self.half(&half));
        ObjectId(id)
    }

    /// Half of a keyed hash.
    fn half(&self, data: &[u8]) -> [u8; HALF_BYTES] {
        let mut mac = self.keyed.clone();
        mac.update(data);
        let mut half = [0; HALF_BYTES];
        half.copy_from_slice(&mac.finalize().into_bytes()[..HALF_BYTES]);
        half
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What wrangler 4.86 gave for the classes of a worker called `w1`.
    #[test]
    fn ids_are_those_of_wrangler() {
        let (a, b) = (ObjectIds::new("w1-Aa"), ObjectIds::new("w1-Bb"));
        for (ids, name, id) in [
            (&a, &b"hello"[..], "4619cbda77911d904db069fd15a130c1c8b140cad44982eb1fc30c5022011210"),
            (&b, b"hello", "14e3b293d035eba5ac9f169cac0e539d0fbdc0db5fa9b96b8fc3297b90f56955"),
            (&a, b"", "4b2569be9eddfe6834351504b15b1ca373b31208ba0f4f90c39dd805507be12e"),
            (&a, b"a\0b", "f19a3088a4ce45a148a023fdb110f137af31fc4b6657e1d063a55aa03b61aad5"),
            (
                &a,
                b"h\xc3\xa9\xf0\x9f\x98\x80\xed\xa0\x80",
                "0a6ce588b75ea173fd69875924ec8a35678f67d24fab60d5414c7f1ae18df643",
            ),
        ] {
            assert_eq!(ids.named(name).to_string(), id, "{name:?}");
        }
    }

    #[test]
    fn a_namespace_knows_its_own_ids() {
        let (a, b) = (ObjectIds::new("w1-Aa"), ObjectIds::new("w1-Bb"));
        let id = a.unique();
        assert!(a.owns(&id) && !b.owns(&id) && a.unique() != id);
        assert!(a.owns(&a.named("x")) && !a.owns(&ObjectId([0xaa; 32])));
    }
}
