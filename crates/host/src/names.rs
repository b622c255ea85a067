//! The names that workers ask about: this machine's resolver, with its servers and its list of hosts.
//!
//! Owns the resolver, which is made when the first worker asks. What the servers do not know is asked of the system once
//! more, which may have other ways (a local name service); an address has no other. Whether an address may be connected
//! to is decided when it is.

use std::net::IpAddr;
use std::sync::OnceLock;

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::rdata::{CAA, NAPTR};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use lopata_bridges::{NameCall, NameFailure, NameReceiver, NameRecord, RecordKind};

/// Answers questions until nobody can ask any more.
pub async fn serve(mut calls: NameReceiver) {
    while let Some(NameCall { name, kind, mut reply }) = calls.recv().await {
        tokio::spawn(async move {
            tokio::select! {
                answer = resolve(&name, kind) => drop(reply.send(answer)),
                // The worker does not want it any more.
                () = reply.closed() => {}
            }
        });
    }
}

/// The one resolver of the process; `None` where the machine has no settings for one.
fn resolver() -> Option<&'static TokioResolver> {
    static RESOLVER: OnceLock<Option<TokioResolver>> = OnceLock::new();
    RESOLVER.get_or_init(|| TokioResolver::builder_tokio().ok().map(|builder| builder.build())).as_ref()
}

async fn resolve(name: &str, kind: RecordKind) -> Result<Vec<NameRecord>, NameFailure> {
    let asked = question(name, kind)?;
    let failure = match resolver() {
        Some(resolver) => match resolver.lookup(asked, record_type(kind)).await {
            Ok(found) => {
                let records: Vec<_> = found.records().iter().filter_map(|record| read(record, kind)).collect();
                if !records.is_empty() {
                    return Ok(records);
                }
                NameFailure::NotFound
            }
            Err(error) if error.is_no_records_found() => NameFailure::NotFound,
            Err(_) => NameFailure::Unreachable,
        },
        None => NameFailure::Unreachable,
    };
    match (kind, failure) {
        (RecordKind::A | RecordKind::Aaaa, NameFailure::NotFound) => system(name, kind).await.ok_or(failure),
        (RecordKind::A | RecordKind::Aaaa, _) if resolver().is_none() => system(name, kind).await.ok_or(failure),
        _ => Err(failure),
    }
}

/// The name that is asked about; an address is asked about by the name that addresses have.
fn question(name: &str, kind: RecordKind) -> Result<Name, NameFailure> {
    if kind == RecordKind::Ptr
        && let Ok(address) = name.parse::<IpAddr>()
    {
        return Ok(Name::from(address));
    }
    // The empty name is the root, which is nobody's host.
    if name.is_empty() {
        return Err(NameFailure::NotFound);
    }
    Name::from_utf8(name).map_err(|_| NameFailure::BadName)
}

/// Addresses that only the system knows.
async fn system(name: &str, kind: RecordKind) -> Option<Vec<NameRecord>> {
    let found = tokio::net::lookup_host((name, 0)).await.ok()?;
    let wanted = found.map(|address| address.ip()).filter(|ip| ip.is_ipv4() == (kind == RecordKind::A));
    let records: Vec<_> = wanted.map(|ip| NameRecord { ttl_s: 0, fields: vec![ip.to_string()] }).collect();
    if records.is_empty() { None } else { Some(records) }
}

fn record_type(kind: RecordKind) -> RecordType {
    match kind {
        RecordKind::A => RecordType::A,
        RecordKind::Aaaa => RecordType::AAAA,
        RecordKind::Caa => RecordType::CAA,
        RecordKind::Cname => RecordType::CNAME,
        RecordKind::Mx => RecordType::MX,
        RecordKind::Naptr => RecordType::NAPTR,
        RecordKind::Ns => RecordType::NS,
        RecordKind::Ptr => RecordType::PTR,
        RecordKind::Soa => RecordType::SOA,
        RecordKind::Srv => RecordType::SRV,
        RecordKind::Txt => RecordType::TXT,
    }
}

/// The fields of a record of the kind that was asked for; aliases on the way there are none.
fn read(record: &Record, kind: RecordKind) -> Option<NameRecord> {
    let fields = match (kind, record.data()) {
        (RecordKind::A, RData::A(address)) => vec![address.to_string()],
        (RecordKind::Aaaa, RData::AAAA(address)) => vec![address.to_string()],
        (RecordKind::Caa, RData::CAA(caa)) => caa_fields(caa),
        (RecordKind::Cname, RData::CNAME(name)) => vec![name.to_utf8()],
        (RecordKind::Mx, RData::MX(mx)) => vec![mx.preference().to_string(), mx.exchange().to_utf8()],
        (RecordKind::Naptr, RData::NAPTR(naptr)) => naptr_fields(naptr),
        (RecordKind::Ns, RData::NS(name)) => vec![name.to_utf8()],
        (RecordKind::Ptr, RData::PTR(name)) => vec![name.to_utf8()],
        (RecordKind::Soa, RData::SOA(soa)) => vec![
            soa.mname().to_utf8(),
            soa.rname().to_utf8(),
            soa.serial().to_string(),
            soa.refresh().to_string(),
            soa.retry().to_string(),
            soa.expire().to_string(),
            soa.minimum().to_string(),
        ],
        (RecordKind::Srv, RData::SRV(srv)) => {
            vec![srv.priority().to_string(), srv.weight().to_string(), srv.port().to_string(), srv.target().to_utf8()]
        }
        (RecordKind::Txt, RData::TXT(txt)) => txt.iter().map(|text| lossy(text)).collect(),
        _ => return None,
    };
    Some(NameRecord { ttl_s: record.ttl(), fields })
}

fn caa_fields(caa: &CAA) -> Vec<String> {
    vec![caa.flags().to_string(), caa.tag().as_str().to_string(), lossy(caa.raw_value())]
}

fn naptr_fields(naptr: &NAPTR) -> Vec<String> {
    vec![
        naptr.order().to_string(),
        naptr.preference().to_string(),
        lossy(naptr.flags()),
        lossy(naptr.services()),
        lossy(naptr.regexp()),
        naptr.replacement().to_utf8(),
    ]
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use hickory_resolver::proto::rr::rdata::{CNAME, MX, TXT};

    use super::*;

    fn record(data: RData) -> Record {
        Record::from_rdata(Name::from_ascii("e.test.").unwrap(), 60, data)
    }

    #[test]
    fn addresses_are_asked_about_by_their_names() {
        assert_eq!(question("1.2.3.4", RecordKind::Ptr).unwrap().to_ascii(), "4.3.2.1.in-addr.arpa.");
        assert_eq!(question("e.test", RecordKind::Ptr).unwrap().to_ascii(), "e.test");
        assert_eq!(question("", RecordKind::A), Err(NameFailure::NotFound));
        assert_eq!(question(&"a".repeat(300), RecordKind::A), Err(NameFailure::BadName));
    }

    #[test]
    fn records_become_their_fields() {
        let mx = record(RData::MX(MX::new(10, Name::from_ascii("mail.test.").unwrap())));
        assert_eq!(read(&mx, RecordKind::Mx).unwrap().fields, ["10", "mail.test."]);
        let txt = record(RData::TXT(TXT::new(vec!["a".to_string(), "b \"c\"".to_string()])));
        assert_eq!(
            read(&txt, RecordKind::Txt).unwrap(),
            NameRecord { ttl_s: 60, fields: vec!["a".to_string(), "b \"c\"".to_string()] }
        );
        let alias = record(RData::CNAME(CNAME(Name::from_ascii("other.test.").unwrap())));
        assert_eq!(read(&alias, RecordKind::A), None);
    }

    #[tokio::test]
    async fn this_machine_is_known_without_a_server() {
        let found = resolve("localhost", RecordKind::A).await.unwrap();
        assert_eq!(found[0].fields, ["127.0.0.1"]);
    }
}
