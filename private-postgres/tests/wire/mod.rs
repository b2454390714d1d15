//! A minimal client of PostgreSQL's protocol (version 3.0): one simple query on one connection.

use std::{
    io::{self, Read, Write},
    os::unix::net::UnixStream,
};

use private_postgres::PrivatePostgres;

/// The first column of the last row, or the server's error.
pub(crate) fn query(postgres: &PrivatePostgres, role: &str, sql: &str) -> Result<String, String> {
    let socket = postgres.socket_dir().join(".s.PGSQL.5432");
    let mut stream = UnixStream::connect(socket).map_err(|error| error.to_string())?;
    simple_query(&mut stream, role, sql).map_err(|error| error.to_string())?
}

fn simple_query(
    stream: &mut UnixStream,
    role: &str,
    sql: &str,
) -> io::Result<Result<String, String>> {
    let database = if role == "postgres" {
        "postgres"
    } else {
        "orders"
    };
    let startup = format!("\0\x03\0\0user\0{role}\0database\0{database}\0\0");
    stream.write_all(&framed(startup.as_bytes()))?;
    let mut result = Ok(String::new());
    let mut sent = false;
    loop {
        let (kind, body) = message(stream)?;
        match kind {
            b'E' => {
                result = Err(String::from_utf8_lossy(&body).replace('\0', " "));
                if !sent {
                    return Ok(result);
                }
            }
            // DataRow: column count, then length and bytes of the first column.
            b'D' => {
                let length = body[2..6]
                    .iter()
                    .fold(0, |sum, &byte| sum << 8 | usize::from(byte));
                result = Ok(String::from_utf8_lossy(&body[6..6 + length]).into_owned());
            }
            b'Z' if sent => return Ok(result),
            b'Z' => {
                sent = true;
                stream.write_all(b"Q")?;
                stream.write_all(&framed(format!("{sql}\0").as_bytes()))?;
            }
            _ => {}
        }
    }
}

fn framed(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap_or_default();
    [&length.to_be_bytes(), body].concat()
}

fn message(stream: &mut UnixStream) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
    let mut body = vec![0; length - 4];
    stream.read_exact(&mut body)?;
    Ok((head[0], body))
}
