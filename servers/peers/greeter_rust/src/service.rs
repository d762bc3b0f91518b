//! The service, as tonic's users write it.

use helloworld::greeter_server::{Greeter, GreeterServer};
use helloworld::{HelloReply, HelloRequest};
use tonic::{Request, Response, Status};

mod helloworld {
    tonic::include_proto!("helloworld");
}

const MOST_REPLY_BYTES: u32 = 1 << 20;

pub struct Greetings;

pub fn service() -> GreeterServer<Greetings> {
    GreeterServer::new(Greetings)
}

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
