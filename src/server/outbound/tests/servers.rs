//! Small servers that answer as a test wants, and names that do.

use crate::server::outbound::{Limits, Looking, Lookup, Outbound, OutboundError, Reply, Request};
use reqwest::Method;
use std::{
    collections::VecDeque,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// Answers of a name server, one after the other; the last one stays.
pub struct Answers(Mutex<VecDeque<Vec<IpAddr>>>);

impl Answers {
    pub fn of(answers: Vec<Vec<IpAddr>>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(answers.into())))
    }
}

impl Lookup for Answers {
    fn look_up(&self, _name: String) -> Looking {
        let mut answers = self.0.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        Box::pin(std::future::ready(match answer {
            Some(found) => Ok(found),
            None => Err(std::io::Error::other("no such name")),
        }))
    }
}

/// A server; what it was asked, in order.
pub struct Server {
    pub address: SocketAddr,
    pub asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers each request and closes the connection.
    pub async fn start(reply: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self::bytes("127.0.0.1:0", move |request| reply(request).into_bytes()).await
    }

    pub async fn bytes(at: &str, reply: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(at).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, reply) = (Arc::new(Mutex::new(Vec::new())), Arc::new(reply));
        let seen = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (seen, reply) = (Arc::clone(&seen), Arc::clone(&reply));
                tokio::spawn(async move {
                    let request = read(&mut stream).await;
                    seen.lock().unwrap().push(request.clone());
                    // The client may have seen enough.
                    let _ = stream.write_all(&reply(&request)).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self { address, asked }
    }

    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// Head and body of a request; nothing of one that breaks off.
async fn read(stream: &mut TcpStream) -> String {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0_usize) {
                return text;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return text,
            Ok(n) => bytes.extend_from_slice(&buffer[..n]),
        }
    }
}

pub fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

pub fn redirect(status: u16, to: &str) -> String {
    format!("HTTP/1.1 {status} Elsewhere\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

pub const LIMITS: Limits = Limits { timeout: Duration::from_secs(10), reply_bytes: 64 * 1024 };

/// A client that may reach the servers of these tests.
pub fn client() -> Outbound {
    Outbound::new(vec!["127.0.0.1/32".parse().unwrap()], 1 << 20)
}

pub async fn get(client: &Outbound, url: impl Into<String>) -> Result<Reply, OutboundError> {
    client.request(Request::new(Method::GET, url, LIMITS)).await
}
