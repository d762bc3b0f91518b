"""Other people's servers for the tests here, driven as their peer.json says (servers/peers)."""

import json
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import time

from conftest import BIN, PATIENCE_S, ROOT, Program, until
from sweeps import free_port

FOLDER = ROOT / "servers" / "peers"
ADDRESS = "127.0.0.1"


def description(folder):
    return json.loads((folder / "peer.json").read_text())


def fill_in(words, folder, **values):
    """As coresweep fills them in: other braces are the peer's own."""
    peer = description(folder)
    out = BIN.parent / "peers" / peer.get("implementation", peer["name"])
    values |= {"out": out, "bin": BIN, "folder": folder}
    if "port" in values:
        values["listen"] = f"{values['address']}:{values['port']}"
    filled = r"\{(" + "|".join(values) + r")\}"
    return [re.sub(filled, lambda found: str(values[found[1]]), word) for word in words]


def is_proxy(folder):
    return "../../upstream.sh" in description(folder).get("source", [])


def all_peers():
    """The folder of each that comes with coresweep."""
    return sorted(path.parent for path in FOLDER.rglob("peer.json"))


def state(folder, *flags):
    """What `coresweep peers` says of one, and what it wrote while it built."""
    done = subprocess.run([BIN / "coresweep", "peers", "--json", folder, *flags],
                          capture_output=True, text=True)
    (told,) = json.loads(done.stdout)
    return told, done.stderr


def build(folder):
    told, said = state(folder, "--build")
    assert told["state"] == "built", said


def confine(cpus):
    """As coresweep starts one: on these CPUs, with as many open files as it may have."""
    os.sched_setaffinity(0, cpus)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Peer(Program):
    """A peer that is built and gets ready; `target` says where it listens."""

    def __init__(self, folder, cpus=None, threads=1, port=None):
        cpus = sorted(cpus or os.sched_getaffinity(0))
        self.port = port or free_port()
        self.target = f"{ADDRESS}:{self.port}"
        self.description = description(folder)
        values = {"address": ADDRESS, "port": self.port, "threads": threads}
        values["cpus"] = ",".join(map(str, cpus))
        super().__init__(
            *fill_in(self.description["start"], folder, **values),
            cwd=folder,
            # What is behind a proxy does as it is asked, to see that it was asked that.
            env={**os.environ, "UPSTREAM_HTTP2": "lean"},
            preexec_fn=lambda: confine(cpus),
            process_group=0,
        )
        line = self.description["ready"].get("line")
        if line is None:
            until(self.answers)
        while line is not None and line not in self.line():
            pass

    def line(self):
        text = self.process.stdout.readline().decode()
        assert text, f"ended before it was ready: {self.process.communicate()[1]!r}"
        return text

    def answers(self):
        assert self.process.poll() is None, self.process.communicate()
        with socket.socket() as probe:
            return probe.connect_ex((ADDRESS, self.port)) == 0

    def end(self):
        """Its whole process group, of which the first may be a shell."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        super().end()

    def proc(self, name):
        return pathlib.Path("/proc", str(self.process.pid), name)

    def ask_to_stop(self):
        how = self.description.get("stop", "SIGTERM")
        if how == "stdin":
            self.close_stdin()
        else:
            self.process.send_signal(getattr(signal, how))

    def stop(self):
        """Its exit code, and how long it took to leave."""
        start = time.monotonic()
        self.ask_to_stop()
        return self.process.wait(PATIENCE_S), time.monotonic() - start


def cpu_s(process):
    """User and system time of a process so far, of threads that have left too."""
    return time.clock_gettime(~process.pid << 3 | 2)  # as clock_getcpuclockid(3) numbers clocks
