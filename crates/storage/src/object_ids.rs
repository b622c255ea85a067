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

    /// The id of the object with this name.
    pub fn named(&self, name: &str) -> ObjectId {
        self.of(self.half(name.as_bytes()))
    }

    /// The id that these bytes, which are nobody else's, come to.
    pub fn unique(&self, random: [u8; HALF_BYTES]) -> ObjectId {
        self.of(random)
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
            (&a, "hello", "4619cbda77911d904db069fd15a130c1c8b140cad44982eb1fc30c5022011210"),
            (&b, "hello", "14e3b293d035eba5ac9f169cac0e539d0fbdc0db5fa9b96b8fc3297b90f56955"),
            (&a, "", "4b2569be9eddfe6834351504b15b1ca373b31208ba0f4f90c39dd805507be12e"),
            (&a, "a\0b", "f19a3088a4ce45a148a023fdb110f137af31fc4b6657e1d063a55aa03b61aad5"),
            // A script's half of a surrogate pair is three replacement characters.
            (
                &a,
                "h\u{e9}\u{1f600}\u{fffd}\u{fffd}\u{fffd}",
                "0a6ce588b75ea173fd69875924ec8a35678f67d24fab60d5414c7f1ae18df643",
            ),
        ] {
            assert_eq!(ids.named(name).to_string(), id, "{name:?}");
        }
    }

    #[test]
    fn a_namespace_knows_its_own_ids() {
        let (a, b) = (ObjectIds::new("w1-Aa"), ObjectIds::new("w1-Bb"));
        let id = a.unique([7; 16]);
        assert_eq!(id.0[..16], [7; 16]);
        assert!(a.owns(&id) && !b.owns(&id));
        assert!(a.owns(&a.named("x")) && !a.owns(&ObjectId([0xaa; 32])));
    }
}
