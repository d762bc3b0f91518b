//! How both programs serve, so that `diff src/bin/shared.rs src/bin/per_thread.rs` shows two ways
//! to run a service and nothing else. What they serve is ../greeter_rust, as glommio's is.

use std::net::TcpListener;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

/// A client that reads nothing more must not keep us: the harness kills after three seconds.
const PATIENCE_WITH_CALLS: Duration = Duration::from_secs(1);

/// Serves until SIGTERM or SIGINT, and then answers the calls that it has. To be called inside the
/// runtime that is to run what it returns: from then on the signals are ours.
pub fn serve(listener: TcpListener) -> impl Future<Output = ()> + Send + 'static {
    listener.set_nonblocking(true).unwrap(); // from_std() takes it as it is
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    // tonic's default, which it only forgets for a listener that it has not opened itself.
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let serving = Server::builder()
        .add_service(coresweep_greeter::service())
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
