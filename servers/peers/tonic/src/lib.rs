//! What both programs have in common, so that `diff src/bin/shared.rs src/bin/per_thread.rs` shows
//! two ways to run a service and nothing else.

mod listeners;
mod options;

pub use listeners::{announce, listen, listen_often};
pub use options::Options;

use std::net::TcpListener;
use std::time::Duration;

use helloworld::greeter_server::{Greeter, GreeterServer};
use helloworld::{HelloReply, HelloRequest};
use tokio::signal::unix::{SignalKind, signal};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

mod helloworld {
    tonic::include_proto!("helloworld");
}

const MOST_REPLY_BYTES: u32 = 1 << 20;
/// A client that reads nothing more must not keep us: the harness kills after three seconds.
const PATIENCE_WITH_CALLS: Duration = Duration::from_secs(1);

struct Greetings;

#[tonic::async_trait]
impl Greeter for Greetings {
    async fn say_hello(
        &self,
        request: Request<HelloRequest>,
    ) -> Result<Response<HelloReply>, Status> {
        let HelloRequest { name, reply_bytes } = request.into_inner();
        if reply_bytes > MOST_REPLY_BYTES {
            return Err(Status::resource_exhausted("reply_bytes is above 1 MiB"));
        }
        let mut message = format!("Hello {name}");
        if reply_bytes > 0 {
            fit(&mut message, reply_bytes as usize);
        }
        Ok(Response::new(HelloReply { message }))
    }
}

/// Cuts `greeting` to so many bytes, or fills it up with dots.
fn fit(greeting: &mut String, bytes: usize) {
    while greeting.len() > bytes {
        greeting.pop(); // a whole character: a string of Rust has no half of one
    }
    greeting.push_str(&".".repeat(bytes - greeting.len()));
}

/// Serves until SIGTERM or SIGINT, and then answers the calls that it has. To be called inside the
/// runtime that is to run what it returns: from then on the signals are ours.
pub fn serve(listener: TcpListener) -> impl Future<Output = ()> + Send + 'static {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    // tonic's default, which it only forgets for a listener that it has not opened itself.
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let serving = Server::builder()
        .add_service(GreeterServer::new(Greetings))
        .serve_with_incoming_shutdown(incoming, told_to_stop());
    let told = told_to_stop();
    async move {
        tokio::select! {
            ended = serving => ended.unwrap(),
            () = async { told.await; tokio::time::sleep(PATIENCE_WITH_CALLS).await } => {}
        }
    }
}

fn told_to_stop() -> impl Future<Output = ()> {
    let mut terminate = signal(SignalKind::terminate()).unwrap();
    let mut interrupt = signal(SignalKind::interrupt()).unwrap();
    async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}
