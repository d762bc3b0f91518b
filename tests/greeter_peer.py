"""Somebody else's server for tests: our own greeter behind a peer's contract."""

import json

import pytest
from conftest import BIN
from sweeps import PYTHON

# A real server; a fork keeps a process beside it.
SERVE = f"""
import os, sys
mode, address, threads, cpus = sys.argv[1:]
print("\\x00\\xff garbage, no line of JSON", "x" * 100_000, flush=True)
print("serving soon", file=sys.stderr, flush=True)
command = ["{BIN}/greeter", "--architecture", "reuseport_loops", "--threads", threads,
           "--listen", address, "--pin", "none", "--stay"]
if mode == "stubborn":
    deaf = 'trap "" TERM; "$@" & while :; do sleep 1; done'
    os.execv("/bin/bash", ["bash", "-c", deaf, "bash", *command])
if os.fork() == 0:
    os.execv(command[0], command)
os.wait()
"""


@pytest.fixture
def peer(tmp_path):
    """peer(**changes) writes a peer of our own greeter and returns its folder."""

    def write(mode="plain", **changes):
        folder = tmp_path / "peer"
        folder.mkdir(exist_ok=True)
        (folder / "serve.py").write_text(SERVE)
        fields = {
            "name": "greeter_of_others",
            "start": [PYTHON, "serve.py", mode, "{address}:{port}", "{threads}", "{cpus}"],
            "ready": {"port": True},
            "varies": ["threads"],
            **changes,
        }
        fields = {key: value for key, value in fields.items() if value is not None}
        (folder / "peer.json").write_text(json.dumps(fields))
        return folder

    return write


def small(plan, **changes):
    return plan(**{"architectures": [], "blocks": 1, "ceiling": False, "duration": "200ms",
                   **changes})
