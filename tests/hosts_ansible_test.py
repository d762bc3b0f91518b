"""terraform/ansible with the real Ansible over the rig's hosts: what is deployed, tuned, held
against what is wanted, and restored.

Run by tests/hosts/inside.py, which makes the namespaces.
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
from conftest import BIN, ROOT

HOSTS = pathlib.Path(__file__).resolve().parent / "hosts"
sys.path.insert(0, str(HOSTS))
from host import INSIDE, why_not  # noqa: E402
from rig import Rig  # noqa: E402

ANSIBLE = ROOT / "terraform" / "ansible"
PROGRAMS = ["coresweep", "greeter", "loadgen"]
SYSCTL = "/proc/sys/net/core/somaxconn"


def why_none():
    if why_not():
        return why_not()
    if not shutil.which("ansible-playbook"):
        return "has no ansible-playbook here: cmake/install_packages.sh cloud"
    return None


pytestmark = pytest.mark.skipif(bool(why_none()), reason=why_none() or "")
as_root = pytest.mark.skipif(INSIDE != "root", reason="no host has a root here: who tunes is root")


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    rig = Rig(tmp_path_factory.mktemp("rig"), clients=1)
    # Who is root in here has no right to root's home.
    (rig.folder / "host_vars").mkdir()
    own = {"ansible_remote_tmp": str(rig.folder / "ansible")}
    (rig.folder / "host_vars" / "localhost.yml").write_text(json.dumps(own))
    return rig


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """Real ones, without what else lies there."""
    folder = tmp_path_factory.mktemp("bin")
    for name in PROGRAMS:
        shutil.copy(BIN / name, folder)
    return folder


def play(rig, name, *words):
    """A playbook over all hosts, to its end."""
    return subprocess.run(
        ["ansible-playbook", "-i", rig.folder / "hosts.yml", ANSIBLE / f"{name}.yml", *words],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "ANSIBLE_CONFIG": str(ANSIBLE / "ansible.cfg"),
             "ANSIBLE_HOME": str(rig.folder / "ansible"), "HOME": str(rig.folder)},
    )  # fmt: skip


def played(rig, name, *words):
    """What it said; it must do."""
    done = play(rig, name, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def changes(said):
    """How many there were on each host, as Ansible counts them."""
    rows = [line.split() for line in said.splitlines() if "changed=" in line]
    assert rows, said
    return {row[0]: int(next(word for word in row if "changed=" in word)[8:]) for row in rows}


def checksum(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def there(rig, host, *parts):
    return rig.hosts[host].home.joinpath("coresweep", *parts)


def is_deployed(rig, host, folder):
    """Whether it runs these programs and no others, as it says itself."""
    done = rig.on(host, "cd coresweep/bin && sha256sum -c --strict SHA256SUMS")
    assert done.returncode == 0, done.stderr
    wanted = [f"{checksum(folder / name)}  {name}" for name in PROGRAMS]
    return there(rig, host, "bin", "SHA256SUMS").read_text().splitlines() == wanted


@pytest.fixture(scope="module")
def deployed(rig, programs):
    return played(rig, "deploy", "-e", f"bin={programs}")


def test_each_host_has_the_same_programs_and_they_run(rig, programs, deployed):
    assert all(is_deployed(rig, host, programs) for host in rig.hosts)
    done = rig.on("server", "coresweep/bin/greeter --list")
    assert done.stdout == subprocess.run(
        [programs / "greeter", "--list"], capture_output=True, text=True, check=True
    ).stdout


def test_the_controller_reaches_the_others_to_run_the_agent_and_nothing_else(rig, deployed):
    inventory = json.loads(there(rig, "client1", "hosts", "inventory.json").read_text())
    assert [name for name, host in inventory["hosts"].items() if host.get("here")] == ["client1"]
    # The agent begins, whatever is asked for, and ends with its stdin.
    login = "ssh -F coresweep/hosts/ssh_config server echo whatever"
    ran = rig.on("client1", f"sleep 3 | {login}")
    said = [json.loads(line) for line in ran.stdout.splitlines()]
    assert (ran.returncode, ran.stderr) == (0, "")
    assert said[0]["event"] == "agent" and said[0]["host"] == "server"
    assert {line["event"] for line in said[1:]} <= {"beat"}
    assert not list(there(rig, "server", "hosts").parent.glob("hosts"))


def test_a_second_deploy_changes_nothing(rig, programs, deployed):
    said = played(rig, "deploy", "-e", f"bin={programs}", "--check")
    assert changes(said) == dict.fromkeys(rig.hosts, 0)


def test_programs_that_a_host_cannot_start_are_not_taken(rig, programs, deployed, tmp_path):
    shutil.copytree(programs, tmp_path, dirs_exist_ok=True)
    greeter = (tmp_path / "greeter").read_bytes()
    (tmp_path / "greeter").write_bytes(greeter.replace(b"libprotobuf.so", b"libprotobuf.no"))
    said = played(rig, "deploy", "-e", f"bin={tmp_path}", "--check")
    assert min(changes(said).values()) > 0
    done = play(rig, "deploy", "-e", f"bin={tmp_path}")
    assert done.returncode != 0
    for host in rig.hosts:
        assert re.search(rf"\[{host}\].* error while loading shared libraries: libprotobuf\.no",
                         done.stdout), done.stdout
    assert all(is_deployed(rig, host, programs) for host in rig.hosts)


def test_a_full_disk_leaves_all_hosts_their_programs_and_space_a_new_build(
    rig, programs, deployed, tmp_path
):
    shutil.copytree(programs, tmp_path, dirs_exist_ok=True)
    with (tmp_path / "loadgen").open("ab") as loadgen:
        loadgen.write(b"another build")
    rig.fill_home("server")
    done = play(rig, "deploy", "-e", f"bin={tmp_path}")
    rig.empty_home("server")
    assert done.returncode != 0
    # One, or from Ansible 2.19 on one for each program.
    failures = re.findall("^(?:fatal|failed): .*", done.stdout, re.MULTILINE)
    assert failures and all(
        "[server]" in line and "No space left on device" in line for line in failures)
    assert all(is_deployed(rig, host, programs) for host in rig.hosts)

    played(rig, "deploy", "-e", f"bin={tmp_path}")
    assert all(is_deployed(rig, host, tmp_path) for host in rig.hosts)
    assert len(list(there(rig, "server", "builds").iterdir())) == 1


def values(rig, host, files):
    done = rig.on(host, "head -n 9 " + " ".join(files))
    return done.stdout


@as_root
def test_tuned_verified_disturbed_and_restored(rig):
    sysctls = [f"/proc/sys/net/ipv4/{name}" for name in (
        "tcp_max_syn_backlog", "ip_local_reserved_ports", "ip_local_port_range", "tcp_tw_reuse"
    )] + [SYSCTL]  # fmt: skip
    rig.on("client1", "echo 7777 >/proc/sys/net/ipv4/ip_local_reserved_ports")
    before = {host: values(rig, host, sysctls) for host in rig.hosts}
    said = played(rig, "tune")
    assert changes(said) == dict.fromkeys(rig.hosts, 1)
    # What a host of the rig has not is said, and not called tuned. Ansible breaks its lines.
    said = " ".join(said.split())
    for host in rig.hosts:
        assert f"{host}: skipped interrupt: e0 has no interrupts of its own" in said
        assert f"{host}: skipped irqbalance, apt-daily, apt-daily-upgrade, " in said
        assert ", man-db: no systemd runs here" in said
        tuned = values(rig, host, sysctls).split("\n")
        assert [line for line in tuned if line and line[0] != "="] == [
            "65535", "10051", "1024\t65535", "1", "65535"
        ]  # fmt: skip
    saved = there(rig, "client1", "state", "before.json").read_text()
    assert changes(played(rig, "tune", "--check")) == dict.fromkeys(rig.hosts, 0)
    document = json.loads(there(rig, "server", "state", "wanted.json").read_text())
    wanted = {row["key"]: row for row in document["wanted"]}
    assert wanted["net.core.somaxconn"] == {
        "key": "net.core.somaxconn", "file": SYSCTL, "value": "65535"
    }  # fmt: skip
    played(rig, "verify")

    # Whatever is broken off, or changed by others, is named, can be tuned again, and is restored.
    rig.on("client1", f"echo 4000 >{SYSCTL}")
    done = play(rig, "verify")
    assert done.returncode != 0
    assert "client1: net.core.somaxconn is 4000: wanted is 65535" in done.stdout
    assert "fatal: [server]" not in done.stdout
    assert changes(played(rig, "tune")) == {"server": 0, "client1": 1}
    assert there(rig, "client1", "state", "before.json").read_text() == saved

    played(rig, "revert")
    assert {host: values(rig, host, sysctls) for host in rig.hosts} == before
    for host in rig.hosts:
        assert list(there(rig, host, "state").iterdir()) == []
    assert changes(played(rig, "revert", "--check")) == dict.fromkeys(rig.hosts, 0)
