//! The service's stubs, by tonic's own generator, which runs protoc.

fn main() -> std::io::Result<()> {
    let protocol = "../../../protocol";
    tonic_prost_build::configure()
        .build_client(false)
        .compile_protos(
            &[format!("{protocol}/greeter.proto")],
            &[protocol.to_owned()],
        )
}
