//! A raw connection, for bytes that no client library sends.

use std::{io, net::SocketAddr, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

use super::Reply;

/// Below all default timeouts of the service, so that a response that waits for one fails the
/// test.
const PATIENCE: Duration = Duration::from_secs(8);

/// A raw connection.
pub struct Wire(BufReader<TcpStream>);

impl Wire {
    pub async fn connect(address: SocketAddr) -> Self {
        Self(BufReader::new(TcpStream::connect(address).await.unwrap()))
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// The next response. It must have a Content-Length.
    pub async fn reply(&mut self) -> Reply {
        let reply = timeout(PATIENCE, self.read_reply());
        reply.await.expect("no answer").unwrap()
    }

    /// Fails the test unless the service closes the connection without sending more.
    pub async fn closed(&mut self) {
        let mut rest = Vec::new();
        let end = timeout(PATIENCE, self.0.read_to_end(&mut rest))
            .await
            .expect("the connection stays open");
        if let Err(error) = end {
            assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        }
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }

    /// As [`closed`](Self::closed), and ignores what the service sends before.
    pub async fn closed_after_all(&mut self) {
        let mut rest = Vec::new();
        let end = timeout(PATIENCE, self.0.read_to_end(&mut rest)).await;
        end.expect("the connection stays open").ok();
    }

    /// All that the service sends until it closes the connection.
    pub async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        let end = timeout(PATIENCE, self.0.read_to_end(&mut rest)).await;
        end.expect("the connection stays open").unwrap();
        String::from_utf8_lossy(&rest).into_owned()
    }

    /// Closes its sending side, and returns when the service has closed the connection.
    pub async fn hang_up(&mut self) {
        self.0.shutdown().await.unwrap();
        self.closed().await;
    }

    async fn read_reply(&mut self) -> io::Result<Reply> {
        let status = self.line().await?;
        let status = status.split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = HeaderMap::new();
        loop {
            let line = self.line().await?;
            let Some((name, value)) = line.split_once(": ") else {
                break;
            };
            headers.append(
                name.parse::<HeaderName>().unwrap(),
                value.parse::<HeaderValue>().unwrap(),
            );
        }
        let length = headers["content-length"].to_str().unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        self.0.read_exact(&mut body).await?;
        Ok(Reply {
            status,
            headers,
            body: body.into(),
        })
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }
}
