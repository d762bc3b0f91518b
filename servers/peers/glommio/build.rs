// The messages and the service of greeter.proto, as tonic generates them: no client, no transport.
fn main() -> std::io::Result<()> {
    let protocol = "../../../protocol";
    let greeter = format!("{protocol}/greeter.proto");
    tonic_prost_build::configure()
        .build_client(false)
        .build_transport(false)
        .compile_protos(&[greeter], &[protocol.to_string()])
}
