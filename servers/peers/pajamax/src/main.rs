//! pajamax: a thread for each connection, and one read, all its calls, one write.
//!
//!   one listener -> a thread a connection, for its life -> say_hello()
//!
//! The main thread accepts. How many threads there are is how many clients connect, so there is no
//! --threads here, and to run on N CPUs it is confined to them from outside. serve() opens the
//! listener itself and never returns: nothing can be said between, so that port 0 is of no use, and
//! it has no stop: a signal ends it where it stands.
mod greeter;

use std::net::SocketAddr;
use std::process;

use greeter::{Greeter, HelloReply, HelloRequest};
use pajamax::status::{Code, Status};

const EXIT_WRONG_USAGE: i32 = 2;
const EXIT_CANNOT_LISTEN: i32 = 3;
/// pajamax sends a reply in one frame, and clients take no longer one than they say: 16 KiB, unless
/// asked. Eight bytes are around the greeting.
const MOST_REPLY_BYTES: u32 = (16 << 10) - 8;
/// The most that loadgen opens. pajamax's own 100 would drop what comes beyond them.
const MOST_CONNECTIONS: usize = 100_000;

fn say_hello(HelloRequest { name, reply_bytes }: HelloRequest) -> pajamax::Response<HelloReply> {
    if reply_bytes > MOST_REPLY_BYTES {
        return Err(Status {
            code: Code::ResourceExhausted,
            message: "reply_bytes is above what fits a frame of 16 KiB".to_owned(),
        });
    }
    let mut message = format!("Hello {name}");
    if reply_bytes > 0 {
        fit(&mut message, reply_bytes as usize);
    }
    Ok(HelloReply { message })
}

/// Cuts `greeting` to so many bytes, or fills it up with dots.
fn fit(greeting: &mut String, bytes: usize) {
    while greeting.len() > bytes {
        greeting.pop(); // a whole character: a string of Rust has no half of one
    }
    greeting.push_str(&".".repeat(bytes - greeting.len()));
}

fn main() {
    let listen = listen_address(std::env::args().skip(1))
        .unwrap_or_else(|line| leave(EXIT_WRONG_USAGE, &line));
    let error = pajamax::Config::new()
        .max_concurrent_connections(MOST_CONNECTIONS)
        .add_service(Greeter(say_hello))
        .serve(listen)
        .unwrap_err(); // it returns where it cannot listen, or can accept no more
    leave(
        EXIT_CANNOT_LISTEN,
        &format!("cannot listen on {listen}, or not accept: {error}"),
    );
}

fn listen_address(mut arguments: impl Iterator<Item = String>) -> Result<SocketAddr, String> {
    let mut listen = String::new();
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--listen" => {
                listen = arguments
                    .next()
                    .ok_or("option '--listen' requires an argument")?;
            }
            "--threads" => return Err("--threads: pajamax has a thread for each connection".into()),
            _ if flag.starts_with('-') => return Err(format!("unrecognized option '{flag}'")),
            _ => return Err(format!("'{flag}' is no flag")),
        }
    }
    listen.parse().ok().filter(|address: &SocketAddr| address.port() > 0).ok_or(format!(
        "--listen: '{listen}' is no ADDRESS:PORT with a numeric address and a port from 1 to 65535"
    ))
}

fn leave(exit_code: i32, line: &str) -> ! {
    eprintln!("pajamax: {line}");
    process::exit(exit_code);
}
