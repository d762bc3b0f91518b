//! What pajamax's own generator would make of greeter.proto, by hand, so that protoc is not needed:
//! pajamax-build 0.3.0, the last there is, makes what does not compile with pajamax 0.4.

use pajamax::error::Error;
use pajamax::{PajamaxService, Response, local_build_response};
use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub struct HelloRequest {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(uint32, tag = "1000")]
    pub reply_bytes: u32,
}

#[derive(Clone, PartialEq, Message)]
pub struct HelloReply {
    #[prost(string, tag = "1")]
    pub message: String,
}

/// The service whose one method is the function.
pub struct Greeter(pub fn(HelloRequest) -> Response<HelloReply>);

const SAY_HELLO: usize = 0;

impl PajamaxService for Greeter {
    fn route(&self, path: &[u8]) -> Option<usize> {
        (path == b"/helloworld.Greeter/SayHello").then_some(SAY_HELLO)
    }

    fn handle(&self, _method: usize, request: &[u8], stream_id: u32) -> Result<(), Error> {
        local_build_response(stream_id, self.0(HelloRequest::decode(request)?))
    }

    fn is_dispatch_mode(&self) -> bool {
        false // "local mode": the connection's own thread answers
    }
}
