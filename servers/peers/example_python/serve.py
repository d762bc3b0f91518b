"""A greeter on grpcio: serve.py ADDRESS:PORT THREADS, until its stdin ends."""

import sys
from concurrent.futures import ThreadPoolExecutor

import grpc
from greeter_pb2 import HelloReply, HelloRequest


def say_hello(request, context):
    greeting, size = "Hello " + request.name, request.reply_bytes
    return HelloReply(message=greeting[:size].ljust(size, ".") if size else greeting)


method = grpc.unary_unary_rpc_method_handler(
    say_hello, HelloRequest.FromString, HelloReply.SerializeToString
)
service = grpc.method_handlers_generic_handler("helloworld.Greeter", {"SayHello": method})
# Without SO_REUSEPORT: a left-over server would share the port, and take some of the load.
server = grpc.server(ThreadPoolExecutor(int(sys.argv[2])), options=[("grpc.so_reuseport", 0)])
server.add_generic_rpc_handlers([service])
server.add_insecure_port(sys.argv[1])
server.start()
sys.stdin.read()
server.stop(grace=1).wait()
