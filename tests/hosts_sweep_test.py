"""A sweep over several hosts, by ssh: a server and four clients of the rig. What it records, and
what it says when one of them is not as it should be, before its first trial and within one.

Run by tests/hosts/inside.py, which makes the namespaces. All hosts share two CPUs, so trials may
well be noisy: what is asserted is that they did not fail.
"""

import json
import os
import pathlib
import shutil
import signal
import sys

import pytest
from conftest import BIN, one_line, run_program, until, write_plan
from host_sweeps import ended, failures, over_hosts, running_over, sweep_over
from peers import FOLDER
from sweeps import await_trials, run_folder, trials_of

HOSTS = pathlib.Path(__file__).resolve().parent / "hosts"
sys.path.insert(0, str(HOSTS))
from host import libfaketime, why_not  # noqa: E402
from rig import Rig  # noqa: E402

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "")
CLIENTS = ["client1", "client2", "client3", "client4"]
NAMES = ["server", *CLIENTS]
PROGRAMS = ["coresweep", "greeter", "greeter-io_uring", "loadgen"]
DEPLOY = "ansible-playbook -i build/hosts/hosts.yml terraform/ansible/deploy.yml"


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    """One for all tests: each leaves it whole."""
    rig = Rig(tmp_path_factory.mktemp("rig"), clients=4)
    rig.deploy(NAMES, BIN)
    return rig


def kill_one(rig, name, program):
    """The only one of that program there, as soon as it runs."""
    until(lambda: program in rig.processes(name))
    (pid,) = rig.processes(name)[program]
    os.kill(pid, signal.SIGKILL)


def test_a_sweep_over_a_server_and_four_clients(rig, tmp_path):
    plan = write_plan(tmp_path, connections=11, trace=True)
    said = sweep_over(rig, plan, tmp_path)
    assert said.returncode == 0, said.stderr
    lines = said.stderr.splitlines()
    for number, name in enumerate(NAMES, 1):
        (line,) = (line for line in lines if line.startswith(f"{name}: "))
        assert line.startswith(f"{name}: 10.77.0.{number}, 1 CPU, ")
        assert (" client1's" in line) == (name != "client1")
    assert "skipped: trace: tracers are for a server on this machine" in lines
    folder = run_folder(tmp_path)
    record = json.loads((folder / "run.json").read_text())
    port = json.loads(plan.read_text())["listen"].split(":")[1]
    assert record["plan"]["listen"] == f"10.77.0.1:{port}"
    hosts = record["hosts"]
    assert (hosts["pair"], hosts["server"], hosts["clients"]) == ("pair01", "server", CLIENTS)
    assert hosts["inventory"] == json.loads(rig.inventory.read_text())
    assert list(hosts["machines"]) == NAMES
    assert hosts["machines"]["client1"]["clock"]["offset_ns"] == 0
    for name, machine in hosts["machines"].items():
        assert machine["role"] == ("server" if name == "server" else "client")
        assert machine["binaries"] == record["binaries"]
        assert abs(machine["clock"]["offset_ns"]) <= machine["clock"]["bound_ns"] <= 1_000_000
    trials = trials_of(folder)
    assert failures(trials) == [None] * len(trials)
    for trial in trials:
        check_trial(trial)


def check_trial(trial):
    assert list(trial["hosts"]) == NAMES
    server, *clients = trial["hosts"].values()
    assert [client["connections"] for client in clients] == [3, 3, 3, 2]
    assert [thread["client"] for thread in trial["load"]["threads"]] == CLIENTS
    assert sum(thread["connections"] for thread in trial["load"]["threads"]) == 11
    for client, thread in zip(clients, trial["load"]["threads"]):
        assert client["begun_late_ns"] == [thread["begun_late_ns"]]
        assert client["cpus"] == [thread["cpu"]]
    late = [client["begun_late_ns"][0] for client in clients]
    assert trial["starts_apart_ns"] == max(late) - min(late)
    assert len(server["read_late_ns"]) == 2
    for key in ("machine_cpu", "network", "cpu_frequency"):
        assert trial[key] == server[key]
    assert trial["totals"]["server"]["requests"] == trial["totals"]["load"]["requests_answered"]
    assert trial["totals"]["server"]["connections_accepted"] == 11


def test_an_open_loop_is_one_schedule_over_all_clients(rig, tmp_path):
    plan = write_plan(tmp_path, mode="poisson", rate=2000, blocks=1, ceiling=False)
    said = sweep_over(rig, plan, tmp_path)
    assert said.returncode == 0, said.stderr
    for trial in trials_of(run_folder(tmp_path)):
        assert "failed" not in trial["verdict_details"]
        assert 200 < trial["requests_due"] < 600  # of 2,000 a second within 200 ms


def test_clients_that_would_have_no_connection_are_left_out(rig, tmp_path):
    plan = write_plan(tmp_path, connections=2, blocks=1, ceiling=False)
    said = sweep_over(rig, plan, tmp_path)
    assert said.returncode == 0, said.stderr
    for trial in trials_of(run_folder(tmp_path)):
        assert list(trial["hosts"]) == ["server", "client1", "client2"]
        assert [thread["client"] for thread in trial["load"]["threads"]] == CLIENTS[:2]


def test_plan_says_who_would_do_what(rig, tmp_path):
    said = over_hosts(rig, "plan", write_plan(tmp_path, connections=64))
    assert said.returncode == 0, said.stderr
    lines = said.stdout.splitlines()
    inventory = json.loads(rig.inventory.read_text())
    cpus = {name: rig.hosts[name].cpus for name in inventory["hosts"]}
    for name in NAMES:
        use = "server" if name == "server" else "load"
        assert f"{name}: CPUs {','.join(map(str, cpus[name]))} for the {use}" in lines
    (load,) = (line for line in lines if line.startswith("load: "))
    assert load.endswith(", over 4 threads")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"listen": "10.77.0.254:10051"},
         'listen is "10.77.0.254:10051": allowed is server\'s 10.77.0.1 or loopback, which stands '
         "for it"),
        ({"threads": [2]}, "threads[0] is 2: allowed is \"auto\" or a list of 1 to"),
    ],
)  # fmt: skip
def test_a_plan_that_its_hosts_do_not_allow_is_refused(rig, tmp_path, changes, complaint):
    said = sweep_over(rig, write_plan(tmp_path, **changes), tmp_path)
    assert said.returncode == 2
    assert complaint in said.stderr.splitlines()[-1]
    assert not (tmp_path / "runs").exists()


def test_a_peer_is_left_out(rig, tmp_path):
    """It is on no host: nothing deploys it."""
    plan = write_plan(tmp_path, architectures=[], ceiling=False)
    said = sweep_over(rig, plan, tmp_path, "--peer", FOLDER / "example_python")
    assert said.returncode == 2
    assert said.stderr.splitlines()[-1] == (
        f"coresweep: {plan}: nothing is left to run: peer example_python: no peer is deployed on "
        "hosts: allowed without --hosts"
    )
    assert not (tmp_path / "runs").exists()


def test_an_inventory_of_another_machine_is_refused_before_anybody_is_asked(rig, tmp_path):
    inventory = json.loads(rig.inventory.read_text())
    foreign = {"x86_64": "aarch64", "aarch64": "x86_64"}[inventory["hosts"]["client3"]["arch"]]
    inventory["hosts"]["client3"]["arch"] = foreign
    path = rig.folder / "foreign.json"
    path.write_text(json.dumps(inventory))
    said = run_program("coresweep", "plan", write_plan(tmp_path), "--hosts", path)
    assert said.returncode == 2
    line = one_line(said, "coresweep")
    assert line.startswith(f"{path}: client3 is {foreign} and ") and line.endswith(": build there")


def test_every_host_that_cannot_be_used_is_named(rig, tmp_path):
    """One has another loadgen, one has no programs."""
    other = rig.hosts["client2"].home / "other"
    other.mkdir()
    for program in PROGRAMS:
        if (BIN / program).exists():
            shutil.copy(BIN / program, other / program)
    with (other / "loadgen").open("ab") as loadgen:
        loadgen.write(b"\0")
    rig.deploy(["client2"], rig.folder / "client2/home/other")
    (rig.hosts["client3"].home / "coresweep/bin").unlink()
    said = over_hosts(rig, "plan", write_plan(tmp_path))
    shutil.rmtree(other)
    rig.deploy(["client2", "client3"], BIN)
    assert said.returncode == 1
    build, missing, *rest = sorted(said.stderr.splitlines())
    assert build.startswith("coresweep: client2: loadgen is another build (sha256 ")
    assert build.endswith(f" here): deploy again: {DEPLOY}")
    assert missing == f"coresweep: client3: has no ~/coresweep/bin/coresweep: deploy: {DEPLOY}"
    assert rest == ["coresweep: pair01: its hosts cannot be used as they are"]


@pytest.mark.skipif(not libfaketime(), reason="has no libfaketime here")
def test_a_host_whose_clock_is_off_is_refused(rig, tmp_path):
    rig.slow_clock("client2", 5)
    said = over_hosts(rig, "plan", write_plan(tmp_path))
    rig.slow_clock("client2", 0)
    assert said.returncode == 1
    line = one_line(said, "coresweep")
    assert line.startswith(("client2: its clock is 4.", "client2: its clock is 5.")), line
    assert line.endswith(" behind client1's: allowed is 1 ms: chronyc tracking there")


def test_a_client_whose_load_generator_is_killed_fails_that_trial(rig, tmp_path, start):
    plan = write_plan(tmp_path, duration="2s", blocks=1, ceiling=False)
    sweep = running_over(start, rig, plan, tmp_path)
    kill_one(rig, "client2", "loadgen")
    code, _, errors = ended(sweep)
    assert code == 1
    first, *rest = trials_of(run_folder(tmp_path))
    assert failures([first]) == ["client2: the load generator was killed by signal 9 (Killed)"]
    assert first["hosts"]["client2"]["machine_cpu"] is None
    assert rest and failures(rest) == [None] * len(rest)
    assert "1 of 2 trials failed" in errors


def test_a_server_that_is_killed_is_the_reason_and_no_client(rig, tmp_path, start):
    plan = write_plan(tmp_path, duration="2s", blocks=1, ceiling=False)
    sweep = running_over(start, rig, plan, tmp_path)
    until(lambda: "loadgen" in rig.processes("client4"))
    kill_one(rig, "server", "greeter")
    assert ended(sweep)[0] == 1
    first, *rest = trials_of(run_folder(tmp_path))
    assert failures([first]) == ["server: the server was killed by signal 9 (Killed)"]
    assert rest and failures(rest) == [None] * len(rest)


def test_a_host_whose_agent_is_killed_is_connected_to_again(rig, tmp_path, start):
    plan = write_plan(tmp_path, duration="2s", blocks=1, ceiling=False)
    sweep = running_over(start, rig, plan, tmp_path, "--keep-going")
    until(lambda: "loadgen" in rig.processes("client3"))
    kill_one(rig, "client3", "coresweep")
    code, _, errors = ended(sweep)
    assert code == 0, errors
    first, *rest = trials_of(run_folder(tmp_path))
    (failure,) = failures([first])
    assert failure.startswith("client3: the connection ended: ssh exited with "), failure
    assert first["verdict_details"]["lost_host"] == failure
    assert rest and failures(rest) == [None] * len(rest)
    assert all("client3" in trial["hosts"] for trial in rest)
    until(lambda: not {"loadgen", "greeter"} & set().union(*map(rig.processes, NAMES)))


def test_a_sweep_that_lost_a_host_stops_and_goes_on_when_it_is_back(rig, tmp_path, start):
    plan = write_plan(tmp_path, duration="1s", blocks=1, ceiling=False)
    sweep = running_over(start, rig, plan, tmp_path)
    until(lambda: "loadgen" in rig.processes("client4"))
    rig.kill("client4")
    code, _, errors = ended(sweep)
    rig.revive("client4")
    rig.deploy(["client4"], BIN)
    folder = run_folder(tmp_path)
    assert code == 1
    last = errors.splitlines()[-1]
    assert last.startswith("coresweep: client4: ")
    assert last.endswith(f" trials kept in {folder}; go on: coresweep resume {folder}")
    (lost,) = failures(trials_of(folder))
    assert lost == "client4: no sign of life for 5 s"
    said = run_program("coresweep", "resume", folder, "--no-report")
    assert "1 of " in said.stderr and "trials are there" in said.stderr
    first, *rest = trials_of(folder)
    assert rest and failures(rest) == [None] * len(rest)
    assert {trial["cell"] for trial in rest} > {first["cell"]}
    assert said.returncode == 0, said.stderr


def test_keep_going_waits_for_a_lost_host_and_runs_again_what_was_lost(rig, tmp_path, start):
    plan = write_plan(tmp_path, duration="1s", blocks=1, ceiling=False)
    sweep = running_over(start, rig, plan, tmp_path, "--keep-going")
    until(lambda: "loadgen" in rig.processes("client4"))
    rig.kill("client4")
    await_trials(tmp_path, 1)
    rig.revive("client4")
    rig.deploy(["client4"], BIN)
    code, _, errors = ended(sweep)
    assert code == 0, errors
    first, *rest = trials_of(run_folder(tmp_path))
    assert first["verdict_details"]["lost_host"] == "client4: no sign of life for 5 s"
    assert rest and failures(rest) == [None] * len(rest)
    assert {trial["cell"] for trial in rest} > {first["cell"]}


def test_resume_refuses_another_inventory(rig, tmp_path):
    path = rig.folder / "changed.json"
    document = json.loads(rig.inventory.read_text())
    path.write_text(json.dumps(document))
    plan = write_plan(tmp_path, blocks=1, ceiling=False)
    said = run_program("coresweep", "run", plan, "--results", tmp_path / "runs", "--no-report",
                       "--hosts", path)  # fmt: skip
    assert said.returncode == 0, said.stderr
    document["hosts"]["server"]["price_per_hour"] = 2.0
    path.write_text(json.dumps(document))
    folder = run_folder(tmp_path)
    said = run_program("coresweep", "resume", folder)
    assert said.returncode == 2
    assert one_line(said, "coresweep") == (
        f"{path}: is not the inventory that the run was begun with: {folder}/run.json"
    )


def test_a_host_that_is_here_needs_no_ssh(rig, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))  # this user's own may be root's outside
    document = json.loads(rig.inventory.read_text())
    here = document["hosts"]["client1"] | {"private_address": "10.77.0.254", "here": True}
    document["hosts"] = {"server": document["hosts"]["server"], "client1": here}
    document["pairs"]["pair01"]["clients"] = ["client1"]
    path = rig.folder / "here.json"
    path.write_text(json.dumps(document))
    plan = write_plan(tmp_path, blocks=1, ceiling=False)
    said = run_program("coresweep", "run", plan, "--results", tmp_path / "runs", "--no-report",
                       "--hosts", path)  # fmt: skip
    assert said.returncode == 0, said.stderr
    for trial in trials_of(run_folder(tmp_path)):
        assert list(trial["hosts"]) == ["server", "client1"]
        assert {thread["client"] for thread in trial["load"]["threads"]} == {"client1"}
        assert trial["starts_apart_ns"] is None
