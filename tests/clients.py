"""What the tests of architectures do to a greeter: load, and connections that stay open."""

import json
import socket

from conftest import run_program, until


def load(target, *flags):
    """A short closed loop's report; every request was answered rightly."""
    result = run_program(
        *("loadgen", "--target", target, "--warmup", "50ms", "--duration", "300ms", "--quiet"),
        *flags,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def connect(target, count):
    host, port = target.rsplit(":", 1)
    return [socket.create_connection((host, int(port))) for _ in range(count)]


def close(sockets):
    for each in sockets:
        each.close()


def begun(greeter, count):
    """Connections that each thread serves, once there are so many."""
    counts = []

    def all_there():
        counts[:] = [thread["connections_begun"] for thread in greeter.snapshot()["threads"]]
        return sum(counts) == count

    until(all_there)
    return counts
