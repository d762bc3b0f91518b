//! glommio: hyper's HTTP/2 and tonic's service on glommio's executors, one a thread and CPU.
//!
//!   kernel -> N listeners (SO_REUSEPORT) -> N executors -> connections -> say_hello()
//!
//! A connection stays on the executor that accepted it, and nothing is shared. An executor sleeps
//! in io_uring, which tells it whom to wake; the bytes themselves it reads and writes by recv() and
//! send(), as glommio does for every TCP stream.

mod stream;

use std::net::{Shutdown, TcpListener};
use std::os::fd::{FromRawFd, IntoRawFd};
use std::process;
use std::sync::mpsc;
use std::time::Duration;

use coresweep_greeter::{Options, announce, leave, listen_often, service};
use futures_lite::future;
use glommio::timer::{sleep, timeout};
use glommio::{ExecutorJoinHandle, GlommioError, LocalExecutorBuilder, Placement};
use hyper::server::conn::http2;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use nix::sched::{CpuSet, sched_getaffinity};
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::Pid;
use socket2::SockRef;
use tokio::sync::oneshot;

use stream::{TcpForHyper, OnThisThread};

const EXIT_FAILED: i32 = 1;
/// A client that reads nothing more must not keep us: the harness kills after three seconds.
const PATIENCE_WITH_CALLS: Duration = Duration::from_secs(1);
/// Accepting fails while every descriptor is in use, and would at once fail again.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(10);

type Thread = ExecutorJoinHandle<()>;

fn main() {
    let options = Options::read();
    // Before there is any thread, as threads inherit what is held back.
    let stop_signals = SigSet::from_iter([Signal::SIGTERM, Signal::SIGINT]);
    stop_signals.thread_block().unwrap();

    let listeners = listen_often(options.listen, options.threads);
    let address = listeners[0].local_addr().unwrap();
    let (started, starting) = mpsc::channel();
    let (stops, threads): (Vec<_>, Vec<_>) = listeners
        .into_iter()
        .zip(allowed_cpus().into_iter().cycle())
        .map(|(listener, cpu)| start(listener, cpu, started.clone()))
        .unzip();
    drop(started);
    let all_run = starting.iter().count() == threads.len();
    if all_run {
        announce(address);
        stop_signals.wait().unwrap();
    }
    drop(stops);
    threads.into_iter().for_each(end);
    process::exit(if all_run { 0 } else { EXIT_FAILED });
}

/// Those that we may run on, in ascending order.
fn allowed_cpus() -> Vec<usize> {
    let mask = sched_getaffinity(Pid::from_raw(0)).unwrap();
    (0..CpuSet::count()).filter(|&cpu| mask.is_set(cpu).unwrap()).collect()
}

/// An executor on `cpu`. It says on `started` that it runs, and ends when the sender is dropped.
fn start(
    listener: TcpListener,
    cpu: usize,
    started: mpsc::Sender<()>,
) -> (oneshot::Sender<()>, Thread) {
    let (stop, stopped) = oneshot::channel();
    let thread = LocalExecutorBuilder::new(Placement::Fixed(cpu))
        .spawn(move || async move {
            started.send(()).unwrap();
            drop(started);
            serve(listener, stopped).await;
        })
        .unwrap_or_else(|error| leave_with(error));
    (stop, thread)
}

/// Leaves with its line when an executor could not be made.
fn end(thread: Thread) {
    thread.join().unwrap_or_else(|error| leave_with(error));
}

fn leave_with(error: GlommioError<()>) -> ! {
    leave(EXIT_FAILED, &format!("glommio cannot run: {error}"))
}

async fn serve(listener: TcpListener, stopped: oneshot::Receiver<()>) {
    let descriptor = listener.into_raw_fd();
    // SAFETY: nobody else has it.
    let listener = unsafe { glommio::net::TcpListener::from_raw_fd(descriptor) };
    let connections = GracefulShutdown::new();
    let told = async {
        let _ = stopped.await;
    };
    future::or(told, accept(&listener, &connections)).await;
    // io_uring holds on to it for a moment longer, in which the next one would be refused the port.
    let _ = SockRef::from(&descriptor).shutdown(Shutdown::Both);
    drop(listener);
    let answered = async {
        connections.shutdown().await;
        Ok(())
    };
    let _ = timeout(PATIENCE_WITH_CALLS, answered).await;
}

async fn accept(listener: &glommio::net::TcpListener, connections: &GracefulShutdown) {
    let service = TowerToHyperService::new(service());
    loop {
        let Ok(stream) = listener.accept().await else {
            sleep(PAUSE_AFTER_FAILURE).await;
            continue;
        };
        let _ = stream.set_nodelay(true); // it fails on one that has already left
        let connection = http2::Builder::new(OnThisThread)
            .max_concurrent_streams(None)
            .serve_connection(TcpForHyper(stream), service.clone());
        glommio::spawn_local(connections.watch(connection)).detach();
    }
}
