"""What is recorded of a network device: a real one, a cable between two namespaces of the rig, with
its own driver, held against what `ip` and the kernel's own files say of it.

Run by tests/hosts/inside.py, which makes the namespaces.
"""

import json
import pathlib
import socket
import subprocess
import sys

import pytest
from conftest import BIN

HOSTS = pathlib.Path(__file__).resolve().parent / "hosts"
sys.path.insert(0, str(HOSTS))
from host import INSIDE, call, set_up  # noqa: E402

pytestmark = pytest.mark.skipif(not INSIDE, reason="needs namespaces of its own: hosts/inside.py")
NEAR, FAR = "10.78.0.1", "10.78.0.2"
DATAGRAMS, DATAGRAM, ANSWER = 500, 8000, 100
HEADS = 14 + 20 + 8  # of Ethernet, IP and UDP
ANSWERER = f"""
import socket
answerer = socket.socket(type=socket.SOCK_DGRAM)
answerer.bind(("{FAR}", 9))
print("listens", flush=True)
while True:
    answerer.sendto(bytes({ANSWER}), answerer.recvfrom({DATAGRAM})[1])
"""


@pytest.fixture(scope="module")
def far():
    """Words of a command that run it at the cable's far end."""
    words = ["unshare", "--net", "sh", "-c", "echo made; exec cat"]
    holder = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"made\n"
    there = ["nsenter", "--net", f"--target={holder.pid}"]
    call("ip", "link", "add", "n0", "numtxqueues", 2, "numrxqueues", 2, "type", "veth",
         "peer", "name", "f0", "netns", holder.pid)  # fmt: skip
    call("ip", "addr", "add", f"{NEAR}/24", "label", "n0:1", "dev", "n0")
    call(*there, "ip", "addr", "add", f"{FAR}/24", "dev", "f0")
    set_up("n0", "mtu", "9001")
    call(*there, "ip", "link", "set", "f0", "mtu", "9001", "up")
    yield there
    call("ip", "link", "del", "n0")  # the kernel does it too, but later
    holder.kill()
    holder.communicate()


class Device:
    def __init__(self, address, within=()):
        self.process = subprocess.Popen(
            [*within, BIN / "network_device", address],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip
        said = json.loads(self.process.stdout.readline())
        self.record, self.losses = said["record"], said["losses"]

    def since(self):
        """What it counted since this was asked before."""
        self.process.stdin.write("\n")
        return json.loads(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


def test_a_devices_record_is_what_the_kernel_says_of_it(far):
    call("tc", "qdisc", "replace", "dev", "n0", "root", *"tbf rate 1gbit burst 1mb".split(),
         "latency", "50ms")  # fmt: skip
    try:
        with Device(NEAR) as device:
            record = device.record
    finally:
        call("tc", "qdisc", "del", "dev", "n0", "root")
    (link,) = json.loads(call("ip", "-j", "-d", "link", "show", "n0"))
    assert (record["device"], record["mtu"]) == ("n0", link["mtu"]) == ("n0", 9001)
    assert record["driver"] == link["linkinfo"]["info_kind"] == "veth"
    assert record["qdisc"].startswith("tbf")
    # What the driver says whatever the cable.
    assert record["speed_mbps"] == 10_000


def test_a_device_without_hardware_answers_what_it_can(far):
    with Device(NEAR) as device:
        record = device.record
        # Of its statistics those alone: it counts packets, too, and has its other end's number.
        assert {f"rx_queue_{queue}_drops" for queue in (0, 1)} <= set(device.losses)
        assert all("drop" in name or "err" in name for name in device.losses)
    assert record["queues"] == {"rx": 2, "tx": 2, "combined": 0}
    assert record["offloads"]["tx-checksum-ip-generic"] is True
    assert record["rss"] is record["rings"] is None
    assert record["interrupts"] == []


def test_what_was_sent_is_counted_to_the_byte_at_both_ends(far):
    answerer = subprocess.Popen([*far, sys.executable, "-c", ANSWERER], stdout=subprocess.PIPE)
    assert answerer.stdout.readline() == b"listens\n"
    with socket.socket(type=socket.SOCK_DGRAM) as asker, Device(NEAR) as near, Device(
        FAR, far
    ) as other:
        asker.connect((FAR, 9))
        for datagrams in (1, DATAGRAMS):  # the first looks for the other's place on the cable
            near.since(), other.since()
            for _ in range(datagrams):
                asker.send(bytes(DATAGRAM))
                assert asker.recv(DATAGRAM) == bytes(ANSWER)
        ours, theirs = near.since(), other.since()
    answerer.kill()
    answerer.communicate()
    sent, answered = ("tx", "rx"), ("rx", "tx")
    for (here, there), size in ((sent, DATAGRAM), (answered, ANSWER)):
        for counted in (ours["counters"][f"{here}_bytes"], theirs["counters"][f"{there}_bytes"]):
            assert counted == DATAGRAMS * (HEADS + size)
        assert ours["counters"][f"{here}_packets"] == DATAGRAMS
        assert theirs["counters"][f"{there}_packets"] == DATAGRAMS
        assert ours["counters"][f"{here}_dropped"] == ours["counters"][f"{here}_errors"] == 0
    assert sum(cpu["net_rx"] for cpu in theirs["per_cpu"]) > 0
    # Nothing was lost.
    assert ours["driver"] == theirs["driver"] == {}
