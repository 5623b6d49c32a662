//! Servers that do not answer, answer too much, or answer nonsense.

use super::servers::{Answers, LIMITS, Server, client, get, ok};
use crate::server::outbound::{Limits, Outbound, OutboundError, Request};
use reqwest::Method;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let silent = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok(connection) = listener.accept().await {
            held.push(connection);
        }
    });
    let limits = Limits { timeout: Duration::from_millis(200), ..LIMITS };
    let error = client().request(Request::new(Method::GET, url, limits)).await.unwrap_err();
    assert_eq!(error, OutboundError::Timeout { after: Duration::from_millis(200) });
    assert!(error.is_retryable() && error.to_string().contains("`timeout_ms`"));
    silent.abort();
}

/// Sends for ever: a gigabyte and more.
#[tokio::test]
async fn a_reply_without_end_is_cut_at_the_limit() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        // A request first: a reply to nothing is nonsense.
        assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await.unwrap();
        let chunk = [b"10000\r\n".as_slice(), &[b'x'; 0x10000], b"\r\n"].concat();
        while counted.load(Ordering::Relaxed) < 1 << 30 && stream.write_all(&chunk).await.is_ok() {
            counted.fetch_add(0x10000, Ordering::Relaxed);
        }
    });
    let error = get(&client(), url).await.unwrap_err();
    assert_eq!(error, OutboundError::TooLarge { host: "127.0.0.1".to_owned(), limit: 64 * 1024 });
    server.await.unwrap();
    assert!(sent.load(Ordering::Relaxed) < 1 << 28, "{} bytes were taken", sent.load(Ordering::Relaxed));
}

#[tokio::test]
async fn a_length_that_is_too_large_is_refused_before_it_is_read() {
    let server = Server::start(|_| "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\nx".to_owned()).await;
    assert_eq!(get(&client(), server.url("/")).await.unwrap_err().code(), "reply_too_large");
}

/// Five megabytes of zeros in a few kilobytes, as gzip: what counts is what comes out.
#[tokio::test]
async fn a_packed_reply_counts_unpacked() {
    let packed = zeros(5 << 20);
    assert!(packed.len() < LIMITS.reply_bytes, "{} bytes", packed.len());
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", packed.len());
    let bomb = [head.into_bytes(), packed].concat();
    let server = Server::bytes("127.0.0.1:0", move |_| bomb.clone()).await;
    assert_eq!(get(&client(), server.url("/")).await.unwrap_err().code(), "reply_too_large");
}

/// A gzip file without its end: one zero, then copies of it, each in 13 bits.
fn zeros(count: usize) -> Vec<u8> {
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let (mut bits, mut filled) = (0_u32, 0);
    let mut push = |code: u32, length: u32, bytes: &mut Vec<u8>| {
        bits |= code << filled;
        filled += length;
        while filled >= 8 {
            bytes.push((bits & 0xff) as u8);
            bits >>= 8;
            filled -= 8;
        }
    };
    push(0b011, 3, &mut bytes); // the last block, fixed codes
    push(0b0000_1100, 8, &mut bytes); // the literal 0 (0x30, bits reversed)
    for _ in 0..count / 258 {
        push(0b1010_0011, 8, &mut bytes); // copy 258 bytes (code 285, bits reversed)
        push(0, 5, &mut bytes); // from one byte back
    }
    push(0, 7, &mut bytes); // the end of the block
    push(0, 7, &mut bytes); // what is left of the last byte
    bytes
}

#[tokio::test]
async fn a_packed_reply_that_fits_is_unpacked() {
    let mut packed = zeros(258 * 4);
    // The checksum and the length that gzip wants.
    packed.extend_from_slice(&crc_of_zeros(1033).to_le_bytes());
    packed.extend_from_slice(&1033_u32.to_le_bytes());
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", packed.len());
    let whole = [head.into_bytes(), packed].concat();
    let server = Server::bytes("127.0.0.1:0", move |_| whole.clone()).await;
    assert_eq!(get(&client(), server.url("/")).await.unwrap().body, vec![0; 1033]);
}

fn crc_of_zeros(count: usize) -> u32 {
    let mut crc = u32::MAX;
    for _ in 0..count * 8 {
        crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    }
    !crc
}

#[tokio::test]
async fn nonsense_is_told_from_a_lost_connection() {
    for (reply, code) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly so much", "reply_cut_off"),
        ("", "reply_cut_off"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "bad_reply"),
        ("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!", "bad_reply"),
    ] {
        let server = Server::start(move |_| reply.to_owned()).await;
        let error = get(&client(), server.url("/")).await.unwrap_err();
        assert_eq!(error.code(), code, "{reply:?}: {error}");
        assert!(error.to_string().contains("127.0.0.1"), "{error}");
    }
}

#[tokio::test]
async fn what_cannot_be_reached_is_told_apart() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let refused = get(&client(), format!("http://{free}/secret?key=canary")).await.unwrap_err();
    assert_eq!(refused.code(), "connect_failed", "{refused}");
    assert!(refused.is_retryable() && !refused.to_string().contains("canary"), "{refused}");
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain_url = format!("https://{}/", plain.local_addr().unwrap());
    let answering = tokio::spawn(async move {
        let (mut stream, _) = plain.accept().await.unwrap();
        assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
        stream.write_all(ok("plain text").as_bytes()).await.unwrap();
    });
    let no_tls = get(&client(), plain_url).await.unwrap_err();
    answering.await.unwrap();
    assert_eq!(no_tls.code(), "tls_failed", "{no_tls}");
    assert!(!no_tls.is_retryable());
    let nowhere = Outbound::with_lookup(Vec::new(), 1 << 20, Answers::of(Vec::new()));
    let no_name = get(&nowhere, "http://nowhere.example/?key=canary").await.unwrap_err();
    assert_eq!(
        no_name,
        OutboundError::Dns { host: "nowhere.example".to_owned(), cause: "no such name".to_owned() }
    );
}
