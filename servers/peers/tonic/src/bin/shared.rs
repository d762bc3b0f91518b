//! tonic_shared: one runtime serves all, the way every guide has it.
//!
//!   one listener -> one epoll set -> N workers, who take tasks from each other -> say_hello()
//!
//! The main thread accepts. A worker at a time waits at the epoll set for all of them; a connection
//! is a task, and so is each of its calls, and any worker may run them.
use coresweep_greeter::{Options, announce, listen};
use coresweep_tonic::serve;

fn main() {
    let options = Options::read();
    let listener = listen(options.listen);
    let address = listener.local_addr().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(options.threads)
        .enable_all()
        .build()
        .unwrap();
    let serving = {
        let _inside = runtime.enter();
        serve(listener)
    };
    announce(address);
    runtime.block_on(serving);
}
