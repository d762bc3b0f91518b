"""The rig that tests over several hosts stand on: that its hosts are what hosts are, that what
it breaks is broken as a network breaks it, and that nothing of it is left.

Run by tests/hosts/inside.py, which makes the namespaces.
"""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

import pytest
from conftest import ROOT, one_line, run_program, until

HOSTS = pathlib.Path(__file__).resolve().parent / "hosts"
sys.path.insert(0, str(HOSTS))
from host import call, libfaketime, why_not  # noqa: E402
from rig import Rig  # noqa: E402

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "")
NAMES = ["server", "client1", "client2", "client3", "client4"]
MEGABYTE = 1_000_000
# How soon ssh gives a silent host up.
ALIVE = ("-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=1")


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    """One for all tests: each leaves it whole."""
    return Rig(tmp_path_factory.mktemp("rig"), clients=4)


class Session:
    """An ssh to a host that stays; what is said there comes back."""

    def __init__(self, rig, name, command="cat", options=()):
        self.process = subprocess.Popen(
            rig.ssh(name, f"exec {command}", options=options),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
        )  # fmt: skip

    def ask(self, line=b"here"):
        self.say(line)
        return self.process.stdout.readline().strip()

    def say(self, line):
        self.process.stdin.write(line + b"\n")

    def __enter__(self):
        assert self.ask() != b"", self.process.stderr.read()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


def await_round_trip(session, least_ms, most_ms):
    """Returns once one takes so long. One that waits for a CPU takes longer; none takes less."""
    took = []

    def is_such():
        began = time.monotonic()
        session.ask()
        took.append(1000 * (time.monotonic() - began))
        return len(took) >= 5 and took[-1] < most_ms

    until(is_such)
    assert min(took) >= least_ms


def addresses(text):
    """All but loopback's own."""
    return set(re.findall(r"inet6? (\S+)", text)) - {"127.0.0.1/8", "::1/128"}


def on_all(rig, command):
    """What it printed on each host; all at once."""
    words = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "text": True}
    logins = {name: subprocess.Popen(rig.ssh(name, command), **words) for name in NAMES}
    said = {name: login.communicate()[0] for name, login in logins.items()}
    assert [login.returncode for login in logins.values()] == [0] * len(NAMES)
    return said


def test_each_host_is_reached_by_its_name_and_is_another(rig):
    tell = "echo mine >> mine; hostname; pwd; cat mine; ip -o addr; ip route"
    homes = set()
    for number, (name, said) in enumerate(on_all(rig, tell).items(), 1):
        hostname, home, mine, *network = said.splitlines()
        assert (hostname, mine) == (name, "mine")
        assert (rig.hosts[name].home / "mine").read_text() == "mine\n"
        assert addresses(said) == {f"10.77.0.{number}/24"}
        # The one route: there is no way out but to the others.
        assert network[-1].startswith("10.77.0.0/24 dev e0 ")
        assert re.match(r"\d+: e0 ", network[-2])
        homes.add(home)
    assert len(homes) == len(NAMES)


def test_the_controller_has_no_way_out_of_the_rig_either(rig):
    assert addresses(call("ip", "-o", "addr")) == {"10.77.0.254/24"}
    (route,) = call("ip", "route").splitlines()
    assert route.startswith("10.77.0.0/24 dev br0 ")
    with socket.socket() as anybody, pytest.raises(OSError, match="Network is unreachable"):
        anybody.connect(("192.0.2.1", 9))


def test_the_inventory_says_who_is_there(rig):
    inventory = json.loads(rig.inventory.read_text())
    assert inventory["pairs"] == {"pair01": {"server": NAMES[0], "clients": NAMES[1:]}}
    assert (rig.folder / inventory["ssh_config"]).samefile(rig.ssh_config)
    said = on_all(rig, "hostname -I; nproc; uname -m")
    assert {name: text.split() for name, text in said.items()} == {
        name: [host["private_address"], str(host["cpus"]), host["arch"]]
        for name, host in inventory["hosts"].items()
    }


def test_coresweep_takes_the_inventory(rig):
    """It reads all of it before it looks for a pair."""
    run = next((ROOT / "results" / "published").glob("*-bench"))
    said = run_program("coresweep", "report", run, "--hosts", rig.inventory, "--pair", "pair2")
    assert said.returncode == 2
    assert one_line(said, "coresweep") == (
        f"--pair: 'pair2': allowed is one of those in {rig.inventory}: pair01"
    )


def test_a_host_with_another_key_than_is_known_is_refused(rig, tmp_path):
    known = (rig.folder / "known_hosts").read_text().splitlines()
    keys = {"none": "", "anothers": f"{known[1].split()[0]} {known[0].split(' ', 1)[1]}\n"}
    for name, text in keys.items():
        (tmp_path / name).write_text(text)
        said = rig.on("client1", "true", options=("-o", f"UserKnownHostsFile={tmp_path / name}"))
        assert said.returncode == 255
        assert said.stderr.splitlines()[-1] == "Host key verification failed."


def test_another_key_than_the_rigs_lets_nobody_in(rig, tmp_path):
    call("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key")
    config = tmp_path / "ssh_config"
    text = rig.ssh_config.read_text()
    config.write_text(text.replace(f"{rig.folder}/key", f"{tmp_path}/key"))
    said = subprocess.run(
        ["ssh", "-F", config, "client1", "true"], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 255
    assert said.stderr.splitlines()[-1].endswith("Permission denied (publickey).")


def test_a_full_disk_is_that_hosts_alone(rig):
    rig.fill_home("client1")
    said = rig.on("client1", "cat /etc/passwd > copy")
    assert said.returncode != 0 and "No space left on device" in said.stderr
    assert rig.on("client2", "cat /etc/passwd > copy").returncode == 0
    rig.empty_home("client1")
    assert rig.on("client1", "cat /etc/passwd > copy").returncode == 0


def offset_ns(rig, name):
    """How far a host's clock is ahead, and how well that is known, by the fastest of some round
    trips."""
    tell = f"{sys.executable} -uc 'import sys, time\nfor _ in sys.stdin: print(time.time_ns())'"
    samples = []
    with Session(rig, name, tell) as session:
        for _ in range(20):
            began = time.time_ns()
            there = int(session.ask())
            ended = time.time_ns()
            samples.append(((ended - began) / 2, there - (began + ended) / 2))
    bound, offset = min(samples)
    return offset, bound


@pytest.mark.skipif(not libfaketime(), reason="has no libfaketime here")
def test_a_slow_clock_is_slow_by_that_much_on_that_host(rig):
    rig.slow_clock("client2", 5)
    slow, bound = offset_ns(rig, "client2")
    assert abs(slow + 5_000_000) <= bound
    exact, bound = offset_ns(rig, "client3")
    assert abs(exact) <= bound
    rig.slow_clock("client2", 0)
    exact, bound = offset_ns(rig, "client2")
    assert abs(exact) <= bound


def test_a_delay_is_added_each_way_and_taken_away_again(rig):
    """A frame that the kernel left unfinished arrives whole, too: more than it takes at once."""
    with Session(rig, "client3") as session:
        rig.delay("client3", 30)
        await_round_trip(session, 60, 80)
        rig.delay("client3", 10)
        await_round_trip(session, 20, 40)
        assert len(rig.on("client3", f"head -c {MEGABYTE} /dev/zero").stdout) == MEGABYTE
        rig.cut("client3")
        rig.mend("client3")
        await_round_trip(session, 20, 40)
        rig.undelay("client3")
        await_round_trip(session, 0, 20)


def sent_again(rig, name):
    """Segments of TCP there, since it is up."""
    rows = pathlib.Path(f"/proc/{rig.hosts[name].init}/net/snmp").read_text().splitlines()
    names, values = (row.split() for row in rows if row.startswith("Tcp:"))
    return int(values[names.index("RetransSegs")])


def test_what_is_lost_is_sent_again(rig):
    before = sent_again(rig, "client2")
    rig.delay("client2", 0, lose_every=10)
    assert len(rig.on("client2", f"head -c {MEGABYTE} /dev/zero").stdout) == MEGABYTE
    rig.undelay("client2")
    assert sent_again(rig, "client2") > before


def up_and_down_s(session):
    """How long a megabyte takes to a host, and another one back."""
    began = time.monotonic()
    session.process.stdin.write(bytes(MEGABYTE))
    assert session.process.stdout.readline() == b"%d\n" % MEGABYTE
    sent = time.monotonic()
    missing = MEGABYTE
    while missing:
        missing -= len(session.process.stdout.read(missing))
    return sent - began, time.monotonic() - sent


def test_a_limited_link_carries_no_more(rig):
    """8 Mbit at 20 Mbit/s take 0.4 s, less what may come at once."""
    count = f"head -c {MEGABYTE} | wc -c && head -c {MEGABYTE} /dev/zero"
    answer = f"sh -c 'read -r line; echo $line; while {count}; do :; done'"
    with Session(rig, "client1", answer) as session:
        until(lambda: max(up_and_down_s(session)) < 0.35)
        rig.limit("client1", 20)
        limited = up_and_down_s(session)
        rig.unlimit("client1")
    assert min(limited) > 0.35


def test_a_cut_that_is_short_loses_nothing(rig):
    with Session(rig, "server") as session:
        rig.cut("server")
        session.say(b"late")
        assert rig.on("server", "true", options=("-o", "ConnectTimeout=1")).returncode == 255
        rig.mend("server")
        assert session.process.stdout.readline() == b"late\n"
    assert rig.on("server", "true").returncode == 0


def test_a_killed_host_is_silent_the_others_are_not_and_it_comes_up_empty(rig):
    """With a FIN ssh would say that the connection was closed."""
    with Session(rig, "client4", options=ALIVE) as session, Session(rig, "client3") as other:
        rig.kill("client4")
        assert session.process.wait(30) == 255
        said = session.process.stderr.read().decode()
        assert said == "Timeout, server 10.77.0.5 not responding.\r\n"
        assert other.ask(b"alive") == b"alive"
    rig.revive("client4")
    said = rig.on("client4", "ls -A; hostname")
    assert (said.returncode, said.stdout) == (0, "client4\n")


def processes():
    return {int(path.name) for path in pathlib.Path("/proc").glob("[0-9]*")}


def command_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except (FileNotFoundError, ProcessLookupError):  # ended before it was opened, or while it was
        return []


def interfaces():
    return sorted(line.split(": ")[1] for line in call("ip", "-o", "link").splitlines())


@pytest.mark.parametrize("victim", ["pytest", "inside.py"])
def test_nothing_is_left_of_a_rig_whose_test_was_killed(rig, tmp_path, victim):
    before = processes(), interfaces()
    words = [sys.executable, "-B", "-m", "pytest", "-qs", "-p", "no:cacheprovider"]
    outer = subprocess.Popen(
        [sys.executable, "-B", HOSTS / "inside.py", *words, HOSTS / "until_killed.py"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert outer.stdout.readline() == b"up\n"
    started = processes() - before[0]
    assert sum("sshd" in " ".join(command_of(pid)) for pid in started) >= 3
    (test,) = (pid for pid in started if "-qs" in (words := command_of(pid)) and
               "inside.py" not in " ".join(words))  # fmt: skip
    os.kill(test if victim == "pytest" else outer.pid, signal.SIGKILL)
    assert outer.wait() == (128 + signal.SIGKILL if victim == "pytest" else -signal.SIGKILL)
    until(lambda: not started & processes())
    assert interfaces() == before[1]
    assert list(tmp_path.iterdir()) == []
