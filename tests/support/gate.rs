//! A way to a server whose answers can be held back, as a network does that loses them.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream, tcp},
    sync::watch,
    task::JoinSet,
};

/// Passes everything on, but answers only while it is open.
pub struct Gate {
    address: SocketAddr,
    passage: watch::Sender<Passage>,
    _passing: JoinSet<()>,
}

#[derive(Clone, Copy)]
struct Passage {
    is_open: bool,
    cuts: u32,
}

impl Gate {
    /// An open one.
    pub async fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (passage, watched) = watch::channel(Passage {
            is_open: true,
            cuts: 0,
        });
        let mut passing = JoinSet::new();
        passing.spawn(pass(listener, server.to_owned(), watched));
        Self {
            address,
            passage,
            _passing: passing,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn shut(&self) {
        self.passage.send_modify(|passage| passage.is_open = false);
    }

    pub fn open(&self) {
        self.passage.send_modify(|passage| passage.is_open = true);
    }

    /// Ends the connections there are, and loses the answers it holds back.
    pub fn cut(&self) {
        self.passage.send_modify(|passage| passage.cuts += 1);
    }
}

async fn pass(listener: TcpListener, server: String, passage: watch::Receiver<Passage>) {
    let mut passing = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await.unwrap();
        // Where nobody listens behind it, it lets go of its clients.
        let Ok(server) = TcpStream::connect(&server).await else {
            continue;
        };
        let (answering, mut passage) = (passage.clone(), passage.clone());
        passing.spawn(async move {
            let cuts = passage.borrow().cuts;
            let (mut requests, mut to_client) = client.into_split();
            let (answers, mut to_server) = server.into_split();
            tokio::select! {
                biased; // nothing held back slips out after a cut
                _ = passage.wait_for(|passage| passage.cuts > cuts) => {}
                _ = answer(answers, &mut to_client, answering) => {}
                _ = copy(&mut requests, &mut to_server) => {}
            }
        });
    }
}

async fn answer(
    mut answers: tcp::OwnedReadHalf,
    to_client: &mut tcp::OwnedWriteHalf,
    mut passage: watch::Receiver<Passage>,
) -> Option<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = answers.read(&mut buffer).await.ok()?;
        passage.wait_for(|passage| passage.is_open).await.ok()?;
        if length == 0 {
            return None;
        }
        to_client.write_all(&buffer[..length]).await.ok()?;
    }
}
