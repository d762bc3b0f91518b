//! tonic_per_thread: a runtime for each thread, and nothing between them.
//!
//!   N listeners on one port -> N epoll sets -> the one thread of each -> say_hello()
//!
//! The kernel deals connections out by SO_REUSEPORT, and a connection stays where it came. Threads
//! are not pinned, as neither tonic nor Tokio does: the process is confined to N CPUs from outside.
use coresweep_greeter::{Options, announce, listen_often};
use coresweep_tonic::serve;
use std::thread;

fn main() {
    let options = Options::read();
    let listeners = listen_often(options.listen, options.threads);
    let address = listeners[0].local_addr().unwrap();
    let threads: Vec<_> = listeners
        .into_iter()
        .map(|listener| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let serving = {
                let _inside = runtime.enter();
                serve(listener)
            };
            thread::spawn(move || runtime.block_on(serving))
        })
        .collect();
    announce(address);
    for thread in threads {
        thread.join().unwrap();
    }
}
