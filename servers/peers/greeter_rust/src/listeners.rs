//! Where it listens. Whoever cannot is told in one line, and that is its end.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, SockRef, Socket, Type};

use crate::options::leave;

const EXIT_CANNOT_LISTEN: i32 = 3;
/// As many as the kernel allows: all that a trial opens may come at once.
const BACKLOG: i32 = 65_535;

/// The one listener of `address`, blocking as all here are: whoever polls it sets that.
pub fn listen(address: SocketAddr) -> TcpListener {
    or_leave(address, listen_alone(address))
}

/// `count` listeners that share `address`, with nobody else.
pub fn listen_often(address: SocketAddr, count: usize) -> Vec<TcpListener> {
    or_leave(address, share(address, count))
}

/// Says where, once all listen.
pub fn announce(address: SocketAddr) {
    println!("listening on {address}");
    io::stdout().flush().unwrap();
}

fn listen_alone(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?; // which has a queue of 128
    SockRef::from(&listener).listen(BACKLOG)?; // once more, for the longer one
    Ok(listener)
}

// With SO_REUSEPORT a left-over server would share the port, and take some of the load unseen. The
// first listener has it only once it listens, so it is refused where anybody does.
fn share(address: SocketAddr, count: usize) -> io::Result<Vec<TcpListener>> {
    let guard = TcpListener::bind(address)?;
    SockRef::from(&guard).set_reuse_port(true)?;
    let address = guard.local_addr()?;
    (0..count).map(|_| listen_beside(address)).collect()
}

// SO_REUSEADDR is what std's bind() sets too: without it the guard of the next one is refused for a
// minute if this one has ever closed a connection first.
fn listen_beside(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn or_leave<T>(address: SocketAddr, tried: io::Result<T>) -> T {
    tried.unwrap_or_else(|error| {
        leave(
            EXIT_CANNOT_LISTEN,
            &format!("cannot listen on {address}: {error}"),
        )
    })
}
