"""One host of the rig: namespaces of its own with an sshd, a name and a home, on a cable."""

import dataclasses
import os
import pathlib
import shutil
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = HERE.parent.parent / "build" / "packages"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # of who logs in
PORT = 2222  # one id is not enough for 22
STARTED_WITHIN_S = 30
INSIDE = os.environ.get("CORESWEEP_RIG_INSIDE")


def program(path):
    """The installed one, or the one that unpack_package.sh got."""
    found = [root / path for root in (pathlib.Path("/"), PACKAGES)]
    return next((path for path in found if path.exists()), None)


def sshd():
    return program("usr/sbin/sshd")


def chronyd():
    return program("usr/sbin/chronyd")


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
    unpack = "cmake/unpack_package.sh $(cmake/install_packages.sh --list rig)"
    return None if sshd() else f"has no sshd here: {unpack}"


def call(*words, **options):
    """What a command of the rig itself printed; it must do."""
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return done.stdout


def set_up(device, *more):
    """Without an address of its own making, which IPv6 would give it where there is IPv6."""
    words = ["ip", "link", "set", device, "addrgenmode", "none"]
    subprocess.run(words, capture_output=True, check=False)
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

    def begin(self, user, key):
        """Has its namespaces made. Who has that key may log in, as that user."""
        home = self.folder / "home"
        (self.folder / "sshd_config").write_text(
            f"Port {PORT}\nListenAddress {self.address}\nHostKey {self.folder}/host_key\n"
            f"AuthorizedKeysFile {key}.pub .ssh/authorized_keys\nStrictModes no\n"
            "PidFile none\nUsePAM no\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPrintLastLog no\n"
            "PermitUserEnvironment yes\nMaxStartups 100\nUseDNS no\nSubsystem sftp internal-sftp\n"
            f'SetEnv "PATH={PATH}:{PACKAGES}/usr/bin"\n'
        )
        (self.folder / "passwd").write_text(
            f"root:x:0:0::{home}:/bin/sh\nbench:x:1000:1000::{home}:/bin/sh\n"
            "sshd:x:101:65534::/run/sshd:/usr/sbin/nologin\n"
        )
        (self.folder / "shadow").write_text("".join(
            f"{user}:*:19000:0:99999:7:::\n" for user in ("root", "bench", "sshd")
        ))  # fmt: skip
        cpus = ",".join(str(cpu) for cpu in self.cpus)
        self.process = subprocess.Popen(
            ["unshare", "--net", "--uts", "--mount", "--ipc", "--pid", "--fork", "--kill-child",
             "--mount-proc", HERE / "host.sh", self.name, self.address, self.folder, cpus,
             user, sshd(), PACKAGES],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def connect(self):
        """A cable from the bridge to it, once it has its namespaces."""
        said = self.process.stdout.readline()
        assert said == b"made\n", f"{self.name} could not be made: its complaint is on stderr"
        unshare = self.process.pid
        children = pathlib.Path(f"/proc/{unshare}/task/{unshare}/children").read_text()
        self.init = int(children)
        call("ip", "link", "add", self.cable, "type", "veth",
             "peer", "name", "e0", "netns", self.init)  # fmt: skip
        set_up(self.cable, "master", "br0")
        self.process.stdin.write(b"\n")
        self.process.stdin.close()

    def await_sshd(self):
        log = self.folder / "log"
        deadline = time.monotonic() + STARTED_WITHIN_S
        while True:
            said = log.read_text() if log.exists() else ""
            if "Server listening on" in said:
                return
            assert self.process.poll() is None, f"{self.name}: {said}"
            assert time.monotonic() < deadline, f"{self.name} is not up: {said}"
            time.sleep(0.005)
