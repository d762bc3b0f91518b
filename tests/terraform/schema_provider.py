"""A terraform provider that has the AWS provider's schema (aws_schema.json) and nothing else.

terraform holds names, types and blocks against it, and makes up what AWS would answer
(mock_provider): no request ever leaves. It speaks terraform's plugin protocol, version 6, which is
gRPC; of its messages only those are here that `validate` and `test` send. It runs in the process of
the test, which tells terraform where (TF_REATTACH_PROVIDERS): none is started for each command.
"""

import concurrent.futures
import contextlib
import json
import os
import pathlib

import grpc

SOURCE = "registry.terraform.io/hashicorp/aws"
NESTING = {"single": 1, "list": 2}
MOCKED = "This provider is a schema alone: terraform's own mock_provider answers."


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    """A whole number as protobuf has it; 0 and what is not there are left out."""
    return varint(field << 3) + varint(int(value)) if value else b""


def text(field, value):
    """A text, bytes or a message as protobuf has them."""
    raw = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(raw)) + raw


def block_message(block):
    """tfplugin6.Schema.Block."""
    message = b""
    for name, attribute in sorted(block["attributes"].items()):
        message += text(2, text(1, name) + text(2, json.dumps(attribute["type"]))
                        + number(4, attribute.get("required"))
                        + number(5, attribute.get("optional"))
                        + number(6, attribute.get("computed")))
    for name, nested in sorted(block["blocks"].items()):
        message += text(3, text(1, name) + text(2, block_message(nested["block"]))
                        + number(3, NESTING[nested["nesting"]])
                        + number(4, nested.get("min")) + number(5, nested.get("max")))
    return message


def schema_message(block):
    """tfplugin6.Schema."""
    return number(1, 1) + text(2, block_message(block))


def provider_schema(schema):
    """tfplugin6.GetProviderSchema.Response."""
    message = text(1, schema_message(schema["provider"]))
    for field, kind in ((2, "resources"), (3, "data_sources")):
        for name, block in sorted(schema[kind].items()):
            message += text(field, text(1, name) + text(2, schema_message(block)))
    return message


class Provider(grpc.GenericRpcHandler):
    """Answers each message with bytes that are ready; one that is not here is refused by gRPC."""

    def __init__(self, schema):
        refusal = text(1, number(1, 1) + text(2, MOCKED))  # a diagnostic: an error
        answers = {
            "GetProviderSchema": provider_schema(schema),
            "ValidateProviderConfig": b"",
            "ValidateResourceConfig": b"",
            "ValidateDataResourceConfig": b"",
            "ConfigureProvider": refusal,
            "StopProvider": b"",
        }
        self.answers = {f"/tfplugin6.Provider/{name}": raw for name, raw in answers.items()}

    def service(self, handler_call_details):
        raw = self.answers.get(handler_call_details.method)
        if raw is None:
            return None
        return grpc.unary_unary_rpc_method_handler(lambda _request, _context: raw)


@contextlib.contextmanager
def served():
    """What terraform's surroundings must hold so that it asks this provider."""
    file = pathlib.Path(__file__).resolve().parent / "aws_schema.json"
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers([Provider(json.loads(file.read_text()))])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    where = {"Protocol": "grpc", "ProtocolVersion": 6, "Pid": os.getpid(), "Test": True,
             "Addr": {"Network": "tcp", "String": f"127.0.0.1:{port}"}}
    try:
        yield {"TF_REATTACH_PROVIDERS": json.dumps({SOURCE: where})}
    finally:
        server.stop(0)
