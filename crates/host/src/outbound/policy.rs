//! Which addresses may be reached: the rules of a network service.
//!
//! Rules hold for addresses and not for names: a name is resolved first, and what may not be reached is as if the
//! name did not have it. Of the rules that fit an address the narrowest counts; of two as narrow the one that denies.
//!
//! The names of rules and what they stand for are those of Cap'n Proto's library, on which workerd is built.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// This machine. Connecting to the unspecified address reaches it, too.
const LOCAL: [&str; 4] = ["127.0.0.0/8", "::1/128", "0.0.0.0/32", "::/128"];

/// Networks that are nobody else's business.
const PRIVATE: [&str; 7] =
    ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10"];

/// What belongs to protocols of its own and is neither public nor private.
const RESERVED: [&str; 6] =
    ["192.0.0.0/24", "224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32", "2001::/23", "ff00::/8"];

/// A rule that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// It is no block of addresses.
    #[error(
        "\"{0}\" is neither a block of addresses (\"10.0.0.0/8\") nor public, private, local, network, unix or unix-abstract."
    )]
    Unknown(String),
    /// Source: the library's text.
    #[error("don't deny '{0}', allow '{1}' instead")]
    Backwards(&'static str, &'static str),
}

/// The rules of one network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    allow: Vec<IpNet>,
    deny: Vec<IpNet>,
    /// Whether all is allowed that has no other use.
    public: bool,
    /// Whether all of that is, and private networks.
    network: bool,
    /// Whether sockets with a path may be reached.
    pub unix: bool,
    /// Whether sockets with a name that is no path may be reached.
    pub unix_abstract: bool,
}

impl Policy {
    /// Reads rules.
    pub fn new<'r>(
        allow: impl IntoIterator<Item = &'r str>,
        deny: impl IntoIterator<Item = &'r str>,
    ) -> Result<Self, PolicyError> {
        let mut policy = Self::default();
        for rule in allow {
            policy.allow_rule(rule)?;
        }
        for rule in deny {
            policy.deny_rule(rule)?;
        }
        Ok(policy)
    }

    /// The public network and nothing else.
    pub fn public() -> Self {
        Self::new(["public"], []).expect("`public` is a rule")
    }

    fn allow_rule(&mut self, rule: &str) -> Result<(), PolicyError> {
        match rule {
            "local" => self.allow.extend(blocks(&LOCAL)),
            "network" => self.network = true,
            "private" => {
                self.allow.extend(blocks(&PRIVATE));
                self.allow.extend(blocks(&LOCAL));
            }
            "public" => self.public = true,
            "unix" => self.unix = true,
            "unix-abstract" => self.unix_abstract = true,
            block => self.allow.push(parse(block)?),
        }
        Ok(())
    }

    fn deny_rule(&mut self, rule: &str) -> Result<(), PolicyError> {
        match rule {
            "local" => self.deny.extend(blocks(&LOCAL)),
            "network" => return Err(PolicyError::Backwards("network", "local")),
            "private" => self.deny.extend(blocks(&PRIVATE)),
            "public" => return Err(PolicyError::Backwards("public", "private")),
            "unix" => self.unix = false,
            "unix-abstract" => self.unix_abstract = false,
            block => self.deny.push(parse(block)?),
        }
        Ok(())
    }

    /// Whether an address may be reached.
    pub fn allows(&self, address: IpAddr) -> bool {
        // An IPv4 address that is written as one of IPv6 is the same machine.
        let address = address.to_canonical();
        let narrowest =
            |rules: &[IpNet]| rules.iter().filter(|block| block.contains(&address)).map(IpNet::prefix_len).max();
        let is_in = |texts| blocks(texts).any(|block| block.contains(&address));
        let unnamed = !is_in(&LOCAL) && !is_in(&RESERVED) && (self.network || self.public && !is_in(&PRIVATE));
        match (narrowest(&self.allow).or(unnamed.then_some(0)), narrowest(&self.deny)) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(allowed), Some(denied)) => allowed > denied,
        }
    }
}

fn blocks(texts: &'static [&'static str]) -> impl Iterator<Item = IpNet> {
    texts.iter().map(|text| IpNet::from_str(text).expect("the tables above are blocks"))
}

fn parse(text: &str) -> Result<IpNet, PolicyError> {
    text.parse::<IpNet>().map_err(|_| PolicyError::Unknown(text.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn allows(allow: &[&str], deny: &[&str], address: &str) -> bool {
        let policy = Policy::new(allow.iter().copied(), deny.iter().copied()).unwrap();
        policy.allows(address.parse().unwrap())
    }

    #[test]
    fn names_of_rules() {
        for (rule, public, private, local) in [
            ("public", true, false, false),
            ("private", false, true, true),
            ("local", false, false, true),
            ("network", true, true, false),
        ] {
            for (address, expected) in [
                ("93.184.216.34", public),
                ("2606:2800:220:1::1", public),
                ("10.1.2.3", private),
                ("fd00::1", private),
                ("127.0.0.1", local),
                ("::1", local),
                ("0.0.0.0", local),
                ("::ffff:127.0.0.1", local),
                ("224.0.0.1", false),
            ] {
                assert_eq!(allows(&[rule], &[], address), expected, "{rule} {address}");
            }
        }
        assert!(!allows(&[], &[], "93.184.216.34"));
        assert!(allows(&["public", "local"], &[], "127.0.0.1") && allows(&["public", "local"], &[], "1.1.1.1"));
    }

    #[test]
    fn the_narrowest_rule_counts() {
        assert!(allows(&["public", "10.0.0.0/16"], &[], "10.0.1.1"));
        assert!(!allows(&["public", "10.0.0.0/16"], &["10.0.1.0/24"], "10.0.1.1"));
        assert!(allows(&["10.0.1.1/32"], &["10.0.1.0/24"], "10.0.1.1"));
        assert!(!allows(&["10.0.0.0/8"], &["10.0.0.0/8"], "10.0.1.1"));
        assert!(allows(&["240.0.0.0/8"], &[], "240.0.0.1"), "reserved blocks can be named");
    }

    #[test]
    fn rules_that_cannot_be() {
        assert_eq!(
            Policy::new([], ["public"]).unwrap_err().to_string(),
            "don't deny 'public', allow 'private' instead"
        );
        assert!(Policy::new(["everything"], []).is_err());
        let unix = Policy::new(["unix"], []).unwrap();
        assert!(unix.unix && !unix.unix_abstract);
    }
}
