"""The rig: hosts that are namespaces, each with an sshd, a name and a home, on one network.

    controller 10.77.0.254 - br0 - v1 = e0 10.77.0.1 server
                                 - v2 = e0 10.77.0.2 client1 ...

It lives in the namespaces that inside.py makes for the whole test process and ends with them, or
when another is made: there is one at a time. Tests reach the hosts as anybody does, by ssh_config
and inventory.json.
"""

import contextlib
import json
import os
import pathlib
import platform
import signal
import subprocess
import sys

from host import HERE, INSIDE, PORT, Host, call, chronyd, libfaketime, set_up


class Rig:
    """`pairs` servers with `clients` clients each, all up. One pair's are server, client1, ...;
    of several they are pair01-server, pair01-client1, ..."""

    _living = None

    def __init__(self, folder, pairs=1, clients=1):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.user = "root" if INSIDE == "root" else "bench"
        self.pairs = {}
        self.hosts = {}
        self.key = self.folder / "key"
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
        if Rig._living:
            Rig._living.end()
        Rig._living = self
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

    def deploy(self, names, programs):
        """Those hosts have the programs of that folder where an agent is looked for."""
        for name in names:
            folder = self.hosts[name].home / "coresweep"
            folder.mkdir(exist_ok=True)
            (folder / "bin").unlink(missing_ok=True)
            (folder / "bin").symlink_to(pathlib.Path(programs).resolve())

    def processes(self, name):
        """What runs on that host, by program: process ids as they are here."""
        found = {}
        left = [self.hosts[name].init]
        while left:
            pid = left.pop()
            with contextlib.suppress(OSError):
                command = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
                found.setdefault(command, []).append(pid)
                for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                    left += map(int, (task / "children").read_text().split())
        return found

    def kill(self, name):
        """As if its power were gone: not a packet comes from it any more, no FIN either."""
        host = self.hosts[name]
        self.cut(name)
        if name in self.relays:
            self.undelay(name)
        os.kill(host.init, signal.SIGKILL)
        host.process.wait()
        # The kernel does it too, but later.
        subprocess.run(["ip", "link", "del", host.cable], capture_output=True, check=False)

    def end(self):
        """Nothing of it is left but its folder, however far it was made."""
        Rig._living = None
        for relay in self.relays.values():
            relay.kill()
            relay.communicate()
        for host in self.hosts.values():
            if host.process:
                host.process.kill()  # its init goes with it, see begin()
                host.process.wait()
        devices = [*(host.cable for host in self.hosts.values()), "r0", "r1", "br1", "br0"]
        devices += [f"r{host.number}" for host in self.hosts.values()]
        for device in devices:  # those that are there
            subprocess.run(["ip", "link", "del", device], capture_output=True, check=False)

    def revive(self, name):
        """A killed host comes up again with an empty home."""
        host = self.hosts[name]
        (host.folder / "log").unlink()
        host.begin(self.user, self.key)
        host.connect()
        host.await_sshd()

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
        """Programs that are started by ssh there from now on see the time so many ms ago, and of
        those that were started so before, all see it change; 0 is the end of it. What has no time
        of day goes on as it is."""
        ssh = self.hosts[name].home / ".ssh"
        ssh.mkdir(exist_ok=True)
        # Under another name at first: it may be read at any time.
        (ssh / "new").write_text(f"{-behind_ms / 1000:+.6f}\n")
        (ssh / "new").replace(ssh / "clock")
        wanted = {
            "LD_PRELOAD": libfaketime(),
            "FAKETIME_TIMESTAMP_FILE": self.hosts[name].folder / "home/.ssh/clock",
            "FAKETIME_NO_CACHE": 1,
            "FAKETIME_DONT_FAKE_MONOTONIC": 1,
        }
        lines = "".join(f"{key}={value}\n" for key, value in wanted.items())
        (ssh / "environment").write_text(lines if behind_ms else "")

    def keep_time(self, name, *directives):
        """Has chrony there, with these and nothing else in its configuration. It never sets the
        clock, which is the machine's and all hosts'."""
        there = ["nsenter", "--net", "--mount", "--pid", f"--target={self.hosts[name].init}"]
        call(*there, chronyd(), "-x", "-u", "root", *directives)

    def limit(self, name, mbit):
        """The link's rate, each way."""
        self._shape(name, "replace", *f"tbf rate {mbit}mbit burst 32kb latency 50ms".split())

    def unlimit(self, name):
        self._shape(name, "del")

    def _shape(self, name, verb, *how):
        host = self.hosts[name]
        there = ["nsenter", "--net", f"--target={host.init}"]
        call("tc", "qdisc", verb, "dev", host.cable, "root", *how)
        call(*there, "tc", "qdisc", verb, "dev", "e0", "root", *how)

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
        self._relay(name, host.cable, far, each_way_ms, lose_every)

    def undelay(self, name):
        """Takes the delay away again."""
        self._end_relay(name)
        host = self.hosts[name]
        call("ip", "link", "del", f"r{host.number}")
        call("ip", "link", "set", host.cable, "master", "br0", "arp", "on")

    @contextlib.contextmanager
    def far_away(self, each_way_ms):
        """Meanwhile the controller is so far from all hosts, which stay as near to each other."""
        call("ip", "link", "add", "br1", "type", "bridge")
        set_up("br1", "arp", "off")  # as in delay(): nobody answers there
        for bridge, far, near in (("br0", "r0", "q0"), ("br1", "r1", "q1")):
            call("ip", "link", "add", far, "type", "veth", "peer", "name", near)
            set_up(far, "arp", "off")
            set_up(near, "master", bridge)
        self._relay("controller", "r0", "r1", each_way_ms)
        self._plug_into("br1")
        try:
            yield
        finally:
            self._plug_into("br0")
            self._end_relay("controller")
            for device in ("r0", "r1", "br1"):
                call("ip", "link", "del", device)

    def _plug_into(self, bridge):
        for host in self.hosts.values():
            call("ip", "link", "set", host.cable, "master", bridge)

    def _relay(self, whose, one, other, each_way_ms, lose_every=0):
        words = [sys.executable, "-B", HERE / "relay.py", one, other, each_way_ms, lose_every]
        relay = subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE)
        self.relays[whose] = relay
        assert relay.stdout.readline() == b"relays\n"

    def _end_relay(self, whose):
        relay = self.relays.pop(whose)
        relay.kill()
        relay.communicate()

    def _start(self):
        # Of itself it would have one of its ports' addresses, and change it as they come and go.
        call("ip", "link", "add", "br0", "address", "02:00:0a:4d:00:fe", "type", "bridge")
        call("ip", "addr", "add", "10.77.0.254/24", "dev", "br0")
        set_up("br0")
        hosts = self.hosts.values()
        for host in hosts:
            (host.folder / "home").mkdir(parents=True)
        keys = [self.key, *(host.folder / "host_key" for host in hosts)]
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "rig", "-f"]
        for made in [subprocess.Popen([*words, key]) for key in keys]:
            assert made.wait() == 0
        for host in hosts:
            host.begin(self.user, self.key)
        for host in hosts:
            host.connect()
        for host in hosts:
            host.await_sshd()

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
            f"  IdentityFile {self.key}\n  IdentitiesOnly yes\n  IdentityAgent none\n"
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
        words = {
            "ansible_user": self.user,
            "ansible_ssh_common_args": '-F "{{ inventory_dir }}/ssh_config"',
        }
        known = {name: {"private_address": host["private_address"]} for name, host in hosts.items()}
        ansible = {"all": {"vars": words, "hosts": known}}
        (self.folder / "hosts.yml").write_text(json.dumps(ansible, indent=2) + "\n")
