"""The rig: hosts that are namespaces, each with an sshd, a name and a home, on one network.

    controller 10.77.0.254 - br0 - v1 = e0 10.77.0.1 server
                                 - v2 = e0 10.77.0.2 client1 ...

It lives in the namespaces that inside.py makes for the whole test process and ends with them: there
is nothing to tear down. Tests reach the hosts as anybody does, by ssh_config and inventory.json.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = HERE.parent.parent / "build" / "packages"
PORT = 2222  # one id is not enough for 22
STARTED_WITHIN_S = 30
INSIDE = os.environ.get("CORESWEEP_RIG_INSIDE")


def sshd():
    """The installed one, or the one that unpack_package.sh got."""
    found = [root / "usr/sbin/sshd" for root in (pathlib.Path("/"), PACKAGES)]
    return next((path for path in found if path.exists()), None)


def libfaketime():
    name = "usr/lib/*-linux-gnu*/faketime/libfaketime.so.1"
    return next((path for root in (pathlib.Path("/"), PACKAGES) for path in root.glob(name)), None)


def why_not():
    """Why there can be no rig here; None where there can."""
    if not INSIDE:
        return os.environ.get("CORESWEEP_RIG_REASON") or (
            "needs namespaces of its own: run tests/hosts/inside.py python3 -m pytest ..."
        )
    if missing := [tool for tool in ("ip", "ssh", "ssh-keygen", "tc") if not shutil.which(tool)]:
        return f"has no {', '.join(missing)} here"
    return None if sshd() else "has no sshd here: cmake/unpack_package.sh openssh-server libwrap0"


def call(*words, **options):
    """What a command of the rig itself printed; it must do."""
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return done.stdout


def set_up(device, *more):
    """Without an address of its own making, which IPv6 would give it where there is IPv6."""
    subprocess.run(["ip", "link", "set", device, "addrgenmode", "none"], capture_output=True)
    call("ip", "link", "set", device, *more, "up")


@dataclasses.dataclass
class Host:
    name: str
    number: int
    cpus: list
    folder: pathlib.Path
    process: subprocess.Popen = None  # who waits for its init
    init: int = 0

    @property
    def address(self):
        return f"10.77.0.{self.number}"

    @property
    def cable(self):
        """This end of its cable."""
        return f"v{self.number}"

    @property
    def home(self):
        """Its home, as the controller can reach it without the network."""
        return pathlib.Path(f"/proc/{self.init}/root{self.folder}/home")


class Rig:
    """`pairs` servers with `clients` clients each, all up. One pair's are server, client1, ...;
    of several they are pair01-server, pair01-client1, ..."""

    def __init__(self, folder, pairs=1, clients=1):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.user = "root" if INSIDE == "root" else "bench"
        self.pairs = {}
        self.hosts = {}
        self.ssh_config = self.folder / "ssh_config"
        self.inventory = self.folder / "inventory.json"
        self.relays = {}
        # With two CPUs: a server's programs on one, all clients' on the other.
        cpus = sorted(os.sched_getaffinity(0))
        half = (len(cpus) + 1) // 2
        for pair in range(1, pairs + 1):
            before = f"pair{pair:02}-" if pairs > 1 else ""
            names = [before + "server", *(f"{before}client{i}" for i in range(1, clients + 1))]
            self.pairs[f"pair{pair:02}"] = names
            for name in names:
                own = cpus[:half] if name == names[0] else cpus[half:] or cpus
                number = len(self.hosts) + 1
                self.hosts[name] = Host(name, number, own, self.folder / name)
        assert len(self.hosts) < 254
        self._start()
        self._write_ssh_files()
        self._write_inventory()

    def ssh(self, name, *words, options=()):
        """The words of an ssh to that host."""
        return ["ssh", "-F", str(self.ssh_config), *options, name, *words]

    def on(self, name, *words, options=()):
        """A command run there to its end. Its words go through the login's shell."""
        return subprocess.run(
            self.ssh(name, *words, options=options),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    def kill(self, name):
        """As if its power were gone: not a packet comes from it any more, no FIN either."""
        self.cut(name)
        os.kill(self.hosts[name].init, signal.SIGKILL)
        self.hosts[name].process.wait()

    def cut(self, name):
        """Pulls the cable, and nothing there notices."""
        call("ip", "link", "set", self.hosts[name].cable, "down")

    def mend(self, name):
        call("ip", "link", "set", self.hosts[name].cable, "up")

    def fill_home(self, name):
        """Not a byte is free in its home."""
        with (self.hosts[name].home / "filler").open("wb", buffering=0) as filler:
            with contextlib.suppress(OSError):
                while filler.write(bytes(1 << 20)):
                    pass

    def empty_home(self, name):
        (self.hosts[name].home / "filler").unlink()

    def slow_clock(self, name, behind_ms):
        """Programs that are started by ssh there from now on see the time so many ms ago. What has
        no time of day goes on as it is."""
        wanted = {
            "LD_PRELOAD": libfaketime(),
            "FAKETIME": f"{-behind_ms / 1000:+.6f}",
            "FAKETIME_DONT_FAKE_MONOTONIC": 1,
        }
        lines = "".join(f"{key}={value}\n" for key, value in wanted.items())
        (self.hosts[name].home / ".ssh").mkdir(exist_ok=True)
        (self.hosts[name].home / ".ssh" / "environment").write_text(lines if behind_ms else "")

    def limit(self, name, mbit):
        """The link's rate, each way."""
        host = self.hosts[name]
        shape = f"root tbf rate {mbit}mbit burst 32kb latency 50ms".split()
        call("tc", "qdisc", "replace", "dev", host.cable, *shape)
        call(*self._in_network(host), "tc", "qdisc", "replace", "dev", "e0", *shape)

    def delay(self, name, each_way_ms, lose_every=0):
        """Every packet to and from it comes so much later, and of so many the last one never. A
        program of ours does it, because not every kernel has netem: it is for few packets."""
        if name in self.relays:
            self.undelay(name)
        host = self.hosts[name]
        far, near = f"r{host.number}", f"q{host.number}"
        call("ip", "link", "add", far, "type", "veth", "peer", "name", near)
        # The relay alone hears them: to ARP the controller would answer at any of its devices.
        call("ip", "link", "set", host.cable, "nomaster", "arp", "off")
        set_up(far, "arp", "off")
        set_up(near, "master", "br0")
        self.relays[name] = subprocess.Popen(
            [sys.executable, "-B", HERE / "relay.py", host.cable, far, str(each_way_ms),
             str(lose_every)],
            stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self.relays[name].stdout.readline() == b"relays\n"

    def undelay(self, name):
        """Takes the delay away again."""
        relay = self.relays.pop(name)
        relay.kill()
        relay.communicate()
        host = self.hosts[name]
        call("ip", "link", "del", f"r{host.number}")
        call("ip", "link", "set", host.cable, "master", "br0", "arp", "on")

    @staticmethod
    def _in_network(host):
        return ["nsenter", "--net", f"--target={host.init}"]

    def _start(self):
        # Of itself it would have one of its ports' addresses, and change it as they come and go.
        call("ip", "link", "add", "br0", "address", "02:00:0a:4d:00:fe", "type", "bridge")
        call("ip", "addr", "add", "10.77.0.254/24", "dev", "br0")
        set_up("br0")
        hosts = self.hosts.values()
        for host in hosts:
            (host.folder / "home").mkdir(parents=True)
        keys = [self.folder / "key", *(host.folder / "host_key" for host in hosts)]
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "rig", "-f"]
        for made in [subprocess.Popen([*words, key]) for key in keys]:
            assert made.wait() == 0
        for host in hosts:
            self._begin(host)
        for host in hosts:
            self._connect(host)
        for host in hosts:
            self._await_sshd(host)

    def _begin(self, host):
        home = host.folder / "home"
        (host.folder / "sshd_config").write_text(
            f"Port {PORT}\nListenAddress {host.address}\nHostKey {host.folder}/host_key\n"
            f"AuthorizedKeysFile {self.folder}/key.pub\nStrictModes no\nPidFile none\nUsePAM no\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPrintLastLog no\n"
            "PermitUserEnvironment yes\nMaxStartups 100\nUseDNS no\nSubsystem sftp internal-sftp\n"
        )
        (host.folder / "passwd").write_text(
            f"root:x:0:0::{home}:/bin/sh\nbench:x:1000:1000::{home}:/bin/sh\n"
            "sshd:x:101:65534::/run/sshd:/usr/sbin/nologin\n"
        )
        (host.folder / "shadow").write_text("".join(
            f"{user}:*:19000:0:99999:7:::\n" for user in ("root", "bench", "sshd")
        ))  # fmt: skip
        cpus = ",".join(str(cpu) for cpu in host.cpus)
        host.process = subprocess.Popen(
            ["unshare", "--net", "--uts", "--mount", "--ipc", "--pid", "--fork", "--kill-child",
             "--mount-proc", HERE / "host.sh", host.name, host.address, host.folder, cpus,
             self.user, sshd(), PACKAGES],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def _connect(self, host):
        assert host.process.stdout.readline() == b"made\n"
        unshare = host.process.pid
        children = pathlib.Path(f"/proc/{unshare}/task/{unshare}/children").read_text()
        host.init = int(children)
        call("ip", "link", "add", host.cable, "type", "veth",
             "peer", "name", "e0", "netns", host.init)  # fmt: skip
        set_up(host.cable, "master", "br0")
        host.process.stdin.write(b"\n")
        host.process.stdin.close()

    @staticmethod
    def _await_sshd(host):
        log = host.folder / "log"
        deadline = time.monotonic() + STARTED_WITHIN_S
        while not log.exists() or "Server listening on" not in log.read_text():
            assert host.process.poll() is None, f"{host.name}: {log.read_text()}"
            assert time.monotonic() < deadline, f"{host.name} is not up"
            time.sleep(0.005)

    def _write_ssh_files(self):
        hosts = self.hosts.values()
        known = [
            f"[{host.address}]:{PORT} {(host.folder / 'host_key.pub').read_text()}"
            for host in hosts
        ]
        (self.folder / "known_hosts").write_text("".join(known))
        aliases = "".join(f"Host {host.name}\n  HostName {host.address}\n" for host in hosts)
        self.ssh_config.write_text(
            f"{aliases}Host *\n  Port {PORT}\n  User {self.user}\n"
            f"  IdentityFile {self.folder}/key\n  IdentitiesOnly yes\n  IdentityAgent none\n"
            f"  UserKnownHostsFile {self.folder}/known_hosts\n"
            "  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n"
            "  BatchMode yes\n  ConnectTimeout 5\n"
        )

    def _write_inventory(self):
        hosts = {
            host.name: {
                "role": "server" if host.name.endswith("server") else "client",
                "private_address": host.address,
                "cpus": len(host.cpus),
                "arch": platform.machine(),
                # Of no machine: what is optional is read, too.
                "instance_type": "rig",
                "price_per_hour": 1.0,
            }
            for host in self.hosts.values()
        }
        pairs = {
            pair: {"server": server, "clients": clients}
            for pair, (server, *clients) in self.pairs.items()
        }
        document = {
            "schema_version": 1, "ssh_config": "ssh_config", "hosts": hosts, "pairs": pairs,
        }  # fmt: skip
        self.inventory.write_text(json.dumps(document, indent=2) + "\n")
