"""coresweep doctor on the real machine: what it says, and that nothing is changed.

How it ends is asked of coresweep probe, too.
"""

import json
import os
import resource
import signal
import subprocess
import sys

import pytest
from conftest import BIN, one_line, run_program, until

FINDINGS = (
    "governor boost smt numa open_files somaxconn port_range time_wait swap cpu_quota cpuset "
    "container other_load steal clock_source irqbalance io_uring locked_memory environment "
    "mitigations"
).split()


def doctor(*flags, **options):
    """Its findings by name, once what holds of every answer has been checked."""
    result = run_program("coresweep", "doctor", "--json", *flags, **options)
    assert result.stderr == ""
    answer = json.loads(result.stdout)
    assert list(answer) == ["schema_version", "ready", "findings"]
    assert answer["schema_version"] == 1
    findings = {finding["name"]: finding for finding in answer["findings"]}
    assert list(findings) == FINDINGS
    warned = [name for name in findings if findings[name]["state"] == "warning"]
    assert answer["ready"] == (not warned)
    assert result.returncode == (1 if warned else 0)
    for finding in answer["findings"]:
        assert finding["state"] in ("ok", "warning", "unknown")
        assert finding["reading"] and finding["why"]
        assert (finding["mend"] is not None) == (finding["state"] == "warning")
    return findings


def confined(*cpus):
    return {"preexec_fn": lambda: os.sched_setaffinity(0, cpus)}


def test_every_finding_has_its_reading_and_the_exit_code_says_whether_any_warns():
    findings = doctor()
    governor = f"/sys/devices/system/cpu/cpu{min(os.sched_getaffinity(0))}/cpufreq/scaling_governor"
    assert (findings["governor"]["state"] == "unknown") == (not os.path.exists(governor))
    somaxconn = int(open("/proc/sys/net/core/somaxconn").read())
    assert findings["somaxconn"]["reading"].startswith(f"{somaxconn:,}")
    opened_at_once = 64 * len(os.sched_getaffinity(0))
    assert (findings["somaxconn"]["state"] == "warning") == (somaxconn < opened_at_once)


def test_the_text_says_the_same_as_the_json():
    findings = doctor()
    result = run_program("coresweep", "doctor")
    lines = result.stdout.splitlines()
    told = {}
    for line in lines[:-1]:
        state, _, rest = line.partition(" ")
        if state:
            told[rest.split()[0]] = state
    steady = [name for name in FINDINGS if name not in ("other_load", "steal", "time_wait")]
    assert sorted(told) == sorted(FINDINGS)
    assert {name: told[name] for name in steady} == {
        name: findings[name]["state"] for name in steady
    }
    order = list(told.values())
    assert order == sorted(order, key=["warning", "unknown", "ok"].index)
    warnings = order.count("warning")
    assert lines[-1] == (
        "ready" if not warnings else "1 warning" if warnings == 1 else f"{warnings} warnings"
    )
    assert result.returncode == (1 if warnings else 0)
    for name in steady:
        if findings[name]["mend"]:
            assert f"         mend: {findings[name]['mend']}" in lines


@pytest.fixture
def burner():
    """A process of somebody else that takes all of one CPU."""
    cpu = min(os.sched_getaffinity(0))
    process = subprocess.Popen(
        [sys.executable, "-c", "while True: pass"], **confined(cpu), stdout=subprocess.DEVNULL
    )
    until(lambda: ticks_of(process.pid) > 5)
    yield process, cpu
    process.kill()
    process.wait()


def ticks_of(pid):
    fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_a_neighbour_that_burns_a_cpu_is_named(burner):
    process, cpu = burner
    finding = doctor()["other_load"]
    assert finding["state"] == "warning"
    assert f"CPU {cpu} " in finding["reading"]
    assert f"({process.pid}) " in finding["reading"]
    # What it proposes pauses the neighbour, and ends the pause.
    assert f" {process.pid}" in finding["mend"].split("; sleep")[0]
    assert f" {process.pid}" in finding["mend"].split("kill -CONT")[1]


def test_the_pause_that_is_proposed_ends_with_ctrl_c(burner):
    """Without its sudo, which has nothing to do with it; the user pastes it, we never run it."""
    process, _ = burner
    mend = doctor()["other_load"]["mend"]
    script = mend.removeprefix("sudo sh -c '").removesuffix("'")
    # Others may be busy too, and are not to be touched.
    named = script.split("kill -STOP ")[1].split(";")[0]
    script = script.replace(named, str(process.pid))
    shell = subprocess.Popen(["sh", "-c", script], start_new_session=True)
    try:
        until(lambda: "sleep" in children_of(shell.pid) and state_of(process.pid) == "T")
        os.killpg(shell.pid, signal.SIGINT)
        until(lambda: state_of(process.pid) != "T")
        assert shell.wait(20) == 0
    finally:
        if shell.poll() is None:
            os.killpg(shell.pid, signal.SIGKILL)
            shell.wait()


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may")


def within(*words):
    """Findings of a doctor that another command starts."""
    result = subprocess.run(
        [*words, BIN / "coresweep", "doctor", "--json"], capture_output=True, text=True, timeout=60
    )
    if not result.stdout:
        pytest.skip(result.stderr.strip())
    return {finding["name"]: finding for finding in json.loads(result.stdout)["findings"]}


@needs_root
def test_a_process_namespace_of_its_own_is_seen():
    findings = within("unshare", "--pid", "--fork", "--mount-proc")
    assert findings["container"]["state"] == "warning"
    assert "the pid namespace is not the machine's" in findings["container"]["reading"]
    assert findings["irqbalance"]["state"] == "unknown"


@needs_root
def test_the_mend_of_a_low_limit_of_open_files_mends_it():
    mend = "sudo prlimit --pid $$ --nofile=65536:65536".removeprefix("sudo ")
    script = f'ulimit -n 1024 && {mend} && "$@"'
    assert within("sh", "-c", script, "sh")["open_files"]["state"] == "ok"


def test_the_mend_of_a_low_limit_of_locked_memory_mends_it():
    """Below the hard limit it needs no root."""
    script = 'ulimit -H -l 4096 && ulimit -S -l 64 && "$@"'
    finding = within("sh", "-c", script, "sh")["locked_memory"]
    assert finding["state"] == "warning"
    assert finding["reading"] == "soft limit 64 KiB, hard limit 4,096 KiB"
    mended = script.replace('&& "$@"', f'\n{finding["mend"]}\n"$@"')
    assert within("sh", "-c", mended, "sh")["locked_memory"] == {
        **finding, "state": "ok", "reading": "soft limit 512 KiB, hard limit 4,096 KiB",
        "mend": None}


@pytest.fixture
def control_group():
    """A control group of ours with the controller of CPU time: its folder."""
    first = os.path.isdir("/sys/fs/cgroup/cpu")
    folder = f"/sys/fs/cgroup/{'cpu/' if first else ''}coresweep_doctor_test_{os.getpid()}"
    try:
        os.mkdir(folder)
    except OSError as error:
        pytest.skip(f"no control group can be made: {error}")
    try:
        if not os.path.exists(f"{folder}/{'cpu.cfs_quota_us' if first else 'cpu.max'}"):
            pytest.skip("its parent gives it no controller of CPU time")
        yield folder
    finally:
        os.rmdir(folder)


def test_a_quota_is_found_and_its_mend_lifts_it(control_group):
    first = os.path.exists(f"{control_group}/cpu.cfs_quota_us")
    file, quota = ("cpu.cfs_quota_us", "50000") if first else ("cpu.max", "50000 100000")
    with open(f"{control_group}/{file}", "w") as limit:
        limit.write(quota)

    def enter():
        with open(f"{control_group}/cgroup.procs", "w") as members:
            members.write("0")

    finding = doctor(preexec_fn=enter)["cpu_quota"]
    assert finding["state"] == "warning"
    assert finding["reading"].startswith("0.5 CPUs of ")
    assert "periods so far" in finding["reading"]
    assert finding["mend"].endswith(f"| sudo tee {control_group}/{file}")
    mend = finding["mend"].replace("sudo ", "")  # we are root, or there would be no such group
    subprocess.run(["sh", "-c", mend], check=True, capture_output=True)
    assert doctor(preexec_fn=enter)["cpu_quota"]["state"] == "ok"


def children_of(pid):
    """What they are called: a child is its parent's twin until it has become another program."""
    ids = open(f"/proc/{pid}/task/{pid}/children").read().split()
    return [open(f"/proc/{child}/comm").read().strip() for child in ids]


def state_of(pid):
    return open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0]


def test_a_low_hard_limit_of_open_files_is_a_warning_with_its_mend():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    low = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 1024))}
    finding = doctor(**low)["open_files"]
    assert finding["state"] == "warning"
    assert finding["reading"].startswith("hard limit 1,024, soft limit 256; the largest plan takes")
    assert finding["mend"] == "sudo prlimit --pid $$ --nofile=65536:65536"
    if hard >= 13_000:
        # The soft limit alone is no reason: coresweep raises it itself.
        soft_only = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))}
        assert doctor(**soft_only)["open_files"]["state"] == "ok"
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (soft, hard)


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one CPU is all there is")
def test_fewer_cpus_than_the_machine_has_are_told():
    cpu = max(os.sched_getaffinity(0))
    finding = doctor(**confined(cpu))["cpuset"]
    if finding["state"] != "unknown":
        assert f"coresweep was started on {cpu} alone" in finding["reading"]


@pytest.mark.parametrize("command", ["doctor", "probe"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once(command, number):
    process = subprocess.Popen(
        [BIN / "coresweep", command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    blocked = 1 << (number - 1)
    until(lambda: signal_mask(process.pid) & blocked)  # it has begun, and waits for signals
    process.send_signal(number)
    out, said = process.communicate(timeout=20)
    assert process.returncode == 128 + number
    assert said == "coresweep: interrupted\n"
    assert out == ""


def signal_mask(pid):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("SigBlk:"):
            return int(line.split()[1], 16)
    return 0


@pytest.mark.parametrize("command", ["doctor", "probe"])
def test_what_cannot_be_printed_is_no_success(command):
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [BIN / "coresweep", command, "--json"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert result.returncode == 1
    said = result.stderr.removeprefix("coresweep: standard output: ")
    assert said in ("No space left on device\n", "an earlier write failed\n")


@pytest.mark.parametrize("command", ["doctor", "probe"])
def test_wrong_usage_gets_one_line_and_exit_2(command):
    for words in (["now"], ["--jsn"]):
        result = run_program("coresweep", command, *words)
        assert result.returncode == 2 and result.stdout == ""
        assert words[0] in one_line(result, "coresweep")
