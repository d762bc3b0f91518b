"""terraform/ with the real terraform, in a copy: nothing is written here and no cloud is asked.

What is rendered is read by those that read it in a sweep: the inventory by the rules of
docs/inventory.md, ssh_config by OpenSSH, a host's first acts as cloud-init and systemd do.
"""

import json
import os
import shutil
import subprocess

import jsonschema
import pytest
import terraforms
from conftest import BIN
from terraforms import ROOT, run

MODULES = ["modules/layout", "modules/inventory", "local"]
MEASURED = ROOT / "results/published/20261126T174556Z-bench"

pytestmark = terraforms.needed


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A copy of terraform/ where each module has found its own modules."""
    copy = terraforms.copied_to(tmp_path_factory.mktemp("tree"))
    for module in MODULES:
        run(copy / module, "init")
    return copy


def applied(folder, variables, state):
    """The outputs of local/, applied."""
    file = state / "given.tfvars.json"
    file.write_text(json.dumps(variables))
    stored = f"-state={state}/terraform.tfstate"
    run(folder / "local", "apply", "-auto-approve", "-input=false", stored, f"-var-file={file}")
    done = run(folder / "local", "output", "-json", stored)
    return {name: output["value"] for name, output in json.loads(done.stdout).items()}


def test_it_is_written_as_terraform_writes_it():
    done = run(ROOT / "terraform", "fmt", "-check", "-diff", "-recursive", check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("module", MODULES)
def test_its_own_tests_pass(folder, module):
    done = run(folder / module, "test")
    assert "Success!" in done.stdout and " 0 passed" not in done.stdout, done.stdout


def machine(number, **more):
    return {"private_address": f"10.77.0.{number}", "cpus": 2, "arch": "x86_64", **more}


@pytest.mark.parametrize("server", [machine(1), machine(1, here=True)])
def test_the_inventory_of_local_keeps_the_rules(folder, tmp_path, server):
    hosts = [server, machine(2, price_per_hour=0.25, network_gbps=12.5, instance_type="own")]
    inventory = applied(folder, {"hosts": hosts, "user": "root"}, tmp_path)["inventory"]
    assert set(inventory) == {"schema_version", "ssh_config", "hosts", "pairs"}
    assert (inventory["schema_version"], inventory["ssh_config"]) == (1, "ssh_config")
    assert inventory["pairs"] == {
        "pair01": {"server": "pair01-server", "clients": ["pair01-client1"]}
    }
    assert inventory["hosts"] == {
        "pair01-server": {**server, "role": "server"},
        "pair01-client1": {**hosts[1], "role": "client"},
    }


def test_coresweep_reads_the_inventory(folder, tmp_path):
    """All of it, before it finds that there is no such pair."""
    hosts = [machine(number, price_per_hour=0.000001, network_gbps=1e6, instance_type="x" * 64)
             for number in range(1, 7)]
    outputs = applied(folder, {"hosts": hosts, "user": "root", "client_count": 2}, tmp_path)
    file = tmp_path / "inventory.json"
    file.write_text(json.dumps(outputs["inventory"]))
    (tmp_path / "ssh_config").write_text(outputs["ssh_config"])
    command = [BIN / "coresweep", "report", MEASURED, "--hosts", file, "--pair", "none"]
    done = subprocess.run(command, capture_output=True, text=True)
    wanted = f"--pair: 'none': allowed is one of those in {file}: pair01, pair02\n"
    assert (done.returncode, done.stderr[-len(wanted):]) == (2, wanted)


@pytest.mark.skipif(not shutil.which("ssh"), reason="needs ssh")
def test_ssh_reads_its_config(folder, tmp_path):
    hosts = [machine(1, ssh_address="203.0.113.9", ssh_port=2222), machine(2)]
    words = {"hosts": hosts, "user": "root", "identity_file": "/keys/my key",
             "known_hosts": "/keys/known hosts"}
    outputs = applied(folder, words, tmp_path)

    def settings(text, host):
        (tmp_path / "ssh_config").write_text(text)
        done = subprocess.run(["ssh", "-G", "-F", tmp_path / "ssh_config", host],
                              capture_output=True, text=True, check=True)
        return dict(line.split(" ", 1) for line in done.stdout.splitlines())

    server = settings(outputs["ssh_config"], "pair01-server")
    wanted = {"hostname": "203.0.113.9", "port": "2222", "user": "root", "batchmode": "yes",
              "stricthostkeychecking": "true", "identityfile": "/keys/my key",
              "identitiesonly": "yes", "controlmaster": "auto", "serveraliveinterval": "1",
              "userknownhostsfile": "/keys/known hosts", "controlpersist": "60"}
    assert {key: server[key] for key in wanted} == wanted
    assert settings(outputs["ssh_config"], "pair01-client1")["hostname"] == "10.77.0.2"
    assert settings(outputs["ssh_config_private"], "pair01-server")["hostname"] == "10.77.0.1"
    # A host that is not in it gets nothing of it.
    assert settings(outputs["ssh_config"], "elsewhere")["batchmode"] == "no"


# What is given beside what is right, and what is said of it.
LOCAL = [
    ({"hosts": [machine(1)]}, "hosts has 1 of them: allowed is a multiple of 2, a server and "
     "client_count = 1 a pair."),
    ({"client_count": 2}, "hosts has 2 of them: allowed is a multiple of 3, a server and "
     "client_count = 2 a pair."),
    ({"client_count": 0}, "client_count is 0: allowed is a whole number from 1 to 64."),
    ({"client_count": 1.5}, "client_count is 1.5: allowed is a whole number from 1 to 64."),
    ({"user": "-oProxyCommand=x"}, 'user is "-oProxyCommand=x": allowed is a login of a to z, '
     "0 to 9, _ and -."),
    ({"identity_file": "a\nProxyCommand x"}, 'identity_file is "a\\nProxyCommand x": allowed is a '
     "path without quotes, \\ and new lines, or null."),
    ({"known_hosts": 'a"'}, 'known_hosts is "a\\"": allowed is a path without quotes, \\ and new '
     "lines, or null."),
]
PRIVATE = ("allowed are numeric private addresses (10/8, 172.16/12, 192.168/16, 100.64/10 or "
           "fc00::/7): trials never run over a public one.")
INVENTORY = [
    ({"private_address": "8.8.8.8"}, f'server.private_address is "8.8.8.8": {PRIVATE}'),
    ({"private_address": "172.32.0.1"}, f'server.private_address is "172.32.0.1": {PRIVATE}'),
    ({"private_address": "100.128.0.1"}, f'server.private_address is "100.128.0.1": {PRIVATE}'),
    ({"private_address": "127.0.0.1"}, f'server.private_address is "127.0.0.1": {PRIVATE}'),
    ({"private_address": "010.0.0.1"}, f'server.private_address is "010.0.0.1": {PRIVATE}'),
    ({"private_address": "10.0.0.256"}, f'server.private_address is "10.0.0.256": {PRIVATE}'),
    ({"private_address": "fe80::1"}, f'server.private_address is "fe80::1": {PRIVATE}'),
    ({"private_address": "2001:db8::1"}, f'server.private_address is "2001:db8::1": {PRIVATE}'),
    ({"private_address": "server"}, f'server.private_address is "server": {PRIVATE}'),
    ({"private_address": "fd00:0::2"}, 'client.private_address is "fd00::2"; '
     'server.private_address is "fd00:0::2": allowed is each address once.'),
    ({"role": "proxy"}, 'server.role is "proxy": allowed is server or client.'),
    ({"role": "client"}, "pair01 has 0 servers: allowed is one server in each pair."),
    ({"pair": "pair02"}, "pair01 has 0 servers: allowed is one server in each pair."),
    ({"pair": "pair02"}, "pair02 has 0 clients: allowed are 1 to 64 clients in each pair."),
    ({"pair": "Pair"}, '"server" in pair "Pair": allowed are names of 1 to 63 of a to z, 0 to 9 '
     "and -, and no - at the front."),
    ({"cpus": 0}, "server.cpus is 0: allowed are whole numbers from 1 to 4096."),
    ({"cpus": 1.5}, "server.cpus is 1.5: allowed are whole numbers from 1 to 4096."),
    ({"arch": "arm64"}, 'server.arch is "arm64": allowed is x86_64 or aarch64, as `uname -m` says '
     "it."),
    ({"cpus": None}, "server.cpus is null: allowed are whole numbers from 1 to 4096."),
    ({"price_per_hour": 0}, "server has price_per_hour 0 and network_gbps null: allowed are "
     "numbers from 0.000001 to 1000000, or null."),
    ({"instance_type": "a b"}, 'server.instance_type is "a b": allowed are 1 to 64 characters '
     "without a blank, or null."),
    ({"here": True}, "client, server are here: allowed is one such host."),
    ({"ssh_address": "-oProxyCommand=x"}, 'server.ssh_address is "-oProxyCommand=x": allowed is a '
     "host's name or address, without a port, or null for private_address."),
    ({"ssh_port": 70000}, "server.ssh_port is 70000: allowed are whole numbers from 1 to 65535."),
]
LAYOUT = [
    ({"pair_count": 0}, "pair_count is 0: allowed is a whole number from 1 to 128."),
    ({"pair_count": 129}, "pair_count is 129: allowed is a whole number from 1 to 128."),
    ({"client_count": 65}, "client_count is 65: allowed is a whole number from 1 to 64."),
    ({"max_hosts": 1}, "max_hosts is 1: allowed is a whole number from 2 to 512."),
    ({"pair_count": 4, "client_count": 2}, "4 pairs of a server and 2 clients are 12 hosts: "
     "allowed are max_hosts = 10. Ask for fewer, or set max_hosts."),
    ({"deadline": "tomorrow"}, 'deadline is "tomorrow": allowed is a time as 2026-11-27T08:44:00Z, '
     "or null."),
    ({"deadline": "2026-11-27T08:44:00+01:00"}, 'deadline is "2026-11-27T08:44:00+01:00": allowed '
     "is a time as 2026-11-27T08:44:00Z, or null."),
    ({"time_servers": ["1.2.3.4\nallow"]}, 'time_servers is ["1.2.3.4\\nallow"]: allowed are '
     "numeric addresses."),
    ({"package_groups": ["build", "; reboot"]}, "package_groups is build, ; reboot: allowed are "
     "build, test, plot, trace and host."),
]


def host_of(server):
    client = {"private_address": "fd00::2", "cpus": 2, "arch": "x86_64", "pair": "pair01",
              "role": "client", "here": True}
    server = {**machine(1), "pair": "pair01", "role": "server", **server}
    return {"user": "root", "hosts": {"server": server, "client": client}}

# Of each module what it is given, and what terraform says.
REFUSED = {
    "local": [({"hosts": [machine(1), machine(2)], "user": "root", **more}, message)
              for more, message in LOCAL],
    "modules/inventory": [(host_of(server), f"hosts: {message}") for server, message in INVENTORY],
    "modules/layout": LAYOUT,
}


@pytest.mark.parametrize("module", REFUSED)
def test_it_refuses(folder, module):
    runs = [terraforms.given(variables) for variables, _ in REFUSED[module]]
    said = terraforms.refusals(folder / module, runs)
    missing = [(message, complaints)
               for (_, message), complaints in zip(REFUSED[module], said, strict=True)
               if message not in complaints]
    assert missing == []


@pytest.fixture(scope="module")
def cloud_init(folder, tmp_path_factory):
    """A host's user data, read as cloud-init reads it, and its files by their paths."""
    yaml = pytest.importorskip("yaml", reason="no yaml for python3: cloud-init's text is not read")
    state = f"-state={tmp_path_factory.mktemp('state')}/terraform.tfstate"
    run(folder / "modules/layout", "apply", "-auto-approve", state,
        "-var=deadline=2099-01-02T03:04:05Z")
    text = run(folder / "modules/layout", "output", "-raw", state, "cloud_init").stdout
    assert text.startswith("#cloud-config\n")
    read = yaml.safe_load(text)
    return read, {file["path"]: file for file in read["write_files"]}


def test_cloud_init_takes_its_text(cloud_init):
    schema = json.loads((ROOT / "tests/terraform/cloud_config_schema.json").read_text())
    jsonschema.validate(cloud_init[0], schema)
    # Another key may be right, but the schema here knows of these alone.
    assert set(cloud_init[0]) == {"write_files", "runcmd"}


def test_cloud_init_installs_what_make_bench_does(cloud_init):
    """The list and the script are the tree's own, and what is run is where it was written."""
    read, files = cloud_init
    command = read["runcmd"][-1]
    assert command == ["env", "PACKAGES_FILE=/opt/coresweep/packages.txt",
                       "/opt/coresweep/install_packages.sh", "build", "plot", "trace", "host"]
    packages, script = command[1].split("=")[1], command[2]
    assert files[packages]["content"] == (ROOT / "packages.txt").read_text()
    assert files[script]["content"] == (ROOT / "cmake/install_packages.sh").read_text()
    assert files[script]["permissions"] == "0755"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze")
def test_systemd_takes_the_deadline(cloud_init, tmp_path):
    units = []
    for path, file in cloud_init[1].items():
        if path.startswith("/etc/systemd/system/"):
            units.append(tmp_path / path.rsplit("/", 1)[1])
            units[-1].write_text(file["content"])
    assert sorted(unit.suffix for unit in units) == [".service", ".timer"]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True)
    assert [line for line in done.stderr.splitlines() if "coresweep" in line] == []
    when = cloud_init[1]["/etc/systemd/system/coresweep-deadline.timer"]["content"]
    when = when.split("OnCalendar=")[1].split("\n")[0]
    done = subprocess.run(["systemd-analyze", "calendar", when], capture_output=True, text=True,
                          env={**os.environ, "TZ": "Asia/Tokyo"}, check=True)
    assert "(in UTC): Fri 2099-01-02 03:04:05 UTC" in done.stdout
