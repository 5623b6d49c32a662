//! The guard's table, and the client against servers and names that mean no good.

mod hostile;
mod redirects;
mod servers;

use super::*;
use servers::Answers;

/// What is asked for, and whether it may be: addresses as people and attackers write them.
const CASES: &[(&str, bool)] = &[
    // The public internet.
    ("https://93.184.215.14/", true),
    ("http://1.1.1.1:8080/x?y#z", true),
    ("http://100.63.255.255/", true),
    ("http://100.128.0.1/", true),
    ("http://172.15.255.255/", true),
    ("http://172.32.0.1/", true),
    ("http://192.0.1.1/", true),
    ("http://169.253.0.1/", true),
    ("http://223.255.255.255/", true),
    ("http://[2606:4700:4700::1111]/", true),
    ("http://[2a00:1450:4001:81b::200e]/", true),
    ("http://[64:ff9b::5db8:d70e]/", true),
    ("http://[::ffff:93.184.215.14]/", true),
    ("https://api.example.com/", true),
    ("https://API.EXAMPLE.COM./", true),
    ("https://bücher.example/", true),
    // This machine.
    ("http://127.0.0.1/", false),
    ("http://127.255.255.254:9000/", false),
    ("http://0.0.0.0/", false),
    ("http://0.1.2.3/", false),
    ("http://[::1]/", false),
    ("http://[::]/", false),
    ("http://[0:0:0:0:0:0:0:1]/", false),
    // In other spellings.
    ("http://2130706433/", false),
    ("http://0x7f000001/", false),
    ("http://0x7f.0.0.1/", false),
    ("http://0177.0.0.1/", false),
    ("http://017700000001/", false),
    ("http://127.1/", false),
    ("http://127.0.1/", false),
    ("http://0/", false),
    ("http://127.0.0.1./", false),
    ("http://①②⑦.0.0.1/", false),
    ("http://127。0。0。1/", false),
    ("http://%31%32%37.0.0.1/", false),
    ("http://0xA9FEA9FE/", false),
    ("http://2852039166/", false),
    ("http://0251.0376.0251.0376/", false),
    ("http:\\\\127.0.0.1\\", false),
    ("http:127.0.0.1", false),
    // Private networks.
    ("http://10.0.0.1/", false),
    ("http://10.255.255.255/", false),
    ("http://172.16.0.1/", false),
    ("http://172.31.255.255/", false),
    ("http://192.168.0.1/", false),
    ("http://100.64.0.1/", false),
    ("http://100.127.255.255/", false),
    ("http://100.100.100.200/", false),
    ("http://[fc00::1]/", false),
    ("http://[fd00:ec2::254]/", false),
    ("http://[fec0::1]/", false),
    // Metadata services and links.
    ("http://169.254.169.254/latest/meta-data/", false),
    ("http://169.254.170.2/", false),
    ("http://168.63.129.16/", false),
    ("http://192.0.0.192/", false),
    ("http://[fe80::1]/", false),
    ("http://[febf::1]/", false),
    // Reserved, multicast, broadcast.
    ("http://192.0.2.1/", false),
    ("http://198.18.0.1/", false),
    ("http://198.19.255.255/", false),
    ("http://198.51.100.1/", false),
    ("http://203.0.113.1/", false),
    ("http://192.88.99.1/", false),
    ("http://224.0.0.1/", false),
    ("http://239.255.255.250/", false),
    ("http://240.0.0.1/", false),
    ("http://255.255.255.255/", false),
    ("http://[ff02::1]/", false),
    ("http://[2001:db8::1]/", false),
    ("http://[100::1]/", false),
    ("http://[3fff::1]/", false),
    ("http://[5f00::1]/", false),
    ("http://[4000::1]/", false),
    // Addresses of IPv4 inside of IPv6.
    ("http://[::ffff:127.0.0.1]/", false),
    ("http://[::ffff:7f00:1]/", false),
    ("http://[::ffff:a9fe:a9fe]/", false),
    ("http://[::ffff:10.0.0.1]/", false),
    ("http://[::127.0.0.1]/", false),
    ("http://[64:ff9b::7f00:1]/", false),
    ("http://[64:ff9b::10.0.0.1]/", false),
    ("http://[64:ff9b::169.254.169.254]/", false),
    ("http://[64:ff9b:1::5db8:d70e]/", false),
    ("http://[2002:7f00:1::]/", false),
    ("http://[2002:a00:1::1]/", false),
    ("http://[2002:5db8:d70e::1]/", false),
    ("http://[2001::1]/", false),
    ("http://[2001:0:a9fe:a9fe::1]/", false),
    // No requests at all.
    ("file:///etc/passwd", false),
    ("ftp://example.com/", false),
    ("gopher://example.com/", false),
    ("data:text/plain,hello", false),
    ("javascript:alert(1)", false),
    ("unix:/var/run/docker.sock", false),
    ("//example.com/", false),
    ("example.com", false),
    ("http://", false),
    ("http:///", false),
    ("http://user@example.com/", false),
    ("http://user:word@example.com/", false),
    ("http://example.com@127.0.0.1/", false),
    ("http://127.0.0.1#@example.com/", false),
    ("http://[fe80::1%25eth0]/", false),
    ("http://exa mple.com/", false),
    ("", false),
];

fn guarded(allowed: &[&str]) -> Outbound {
    let allowed = allowed.iter().map(|net| net.parse().unwrap()).collect();
    Outbound::new(allowed, 1 << 20)
}

#[test]
fn every_case_of_the_table_holds() {
    let outbound = guarded(&[]);
    let wrong: Vec<_> = CASES
        .iter()
        .filter(|(url, may)| outbound.check(url).is_ok() != *may)
        .map(|(url, may)| format!("{url} must be {}", if *may { "allowed" } else { "refused" }))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(CASES.len() >= 60, "only {} cases", CASES.len());
}

#[test]
fn a_network_that_is_allowed_is_allowed_in_every_spelling_and_no_other() {
    let outbound = guarded(&["10.1.0.0/16", "127.0.0.1/32", "fd00::/8"]);
    for url in [
        "http://10.1.2.3/",
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://[::ffff:10.1.2.3]/",
        "http://[fd12::1]/",
        "http://[64:ff9b::a01:203]/",
    ] {
        outbound.check(url).unwrap_or_else(|error| panic!("{url}: {error}"));
    }
    for url in [
        "http://10.2.0.1/",
        "http://127.0.0.2/",
        "http://[::1]/",
        "http://[fc00::1]/",
        "http://169.254.169.254/",
    ] {
        assert_eq!(outbound.check(url).unwrap_err().code(), "address_blocked", "{url}");
    }
}

#[test]
fn a_refusal_says_why_and_who_can_change_it() {
    let says = |url: &str| guarded(&[]).check(url).unwrap_err().to_string();
    assert_eq!(
        says("http://0x7f.1/secret-path?key=canary"),
        "requests to this address are blocked: 127.0.0.1 is this machine; an operator can allow it with \
         MILLRACE_OUTBOUND_ALLOW"
    );
    assert!(says("http://[::ffff:169.254.169.254]/").contains("metadata"));
    assert!(says("http://me:canary@example.com/").contains("use a credential"));
    assert!(!says("http://me:canary@example.com/").contains("canary"));
}

#[tokio::test]
async fn a_name_is_dialled_only_where_it_is_allowed() {
    let public: IpAddr = "93.184.215.14".parse().unwrap();
    let private: IpAddr = "10.0.0.1".parse().unwrap();
    for (answer, found) in [
        (vec![public], Ok(vec![public])),
        (vec![private, public], Ok(vec![public])),
        (vec![private], Err("address_blocked")),
        (vec!["169.254.169.254".parse().unwrap(), "::1".parse().unwrap()], Err("address_blocked")),
        (vec![], Err("dns_failed")),
    ] {
        let outbound = Outbound::with_lookup(Vec::new(), 1 << 20, Answers::of(vec![answer]));
        let got = outbound.addresses("db.example", 5432).await;
        let got = got.map(|all| all.into_iter().map(|a| a.ip()).collect::<Vec<_>>()).map_err(|e| e.code());
        assert_eq!(got, found);
    }
    let outbound = guarded(&[]);
    assert_eq!(outbound.addresses("127.0.0.1", 5432).await.unwrap_err().code(), "address_blocked");
    assert_eq!(outbound.addresses("[::1]", 5432).await.unwrap_err().code(), "address_blocked");
}
