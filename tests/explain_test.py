"""coresweep explain and traced trials: one real sweep, what its tracers counted, what is told."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

import jsonschema
import pytest
from conftest import BIN, ROOT, Program, one_line, run_program
from sweeps import free_port, run_folder, sweep, trials_of

ARMS = ("reuseport_loops", "shared_reactor")
SCHEMA = json.loads((ROOT / "results" / "schema.json").read_text())


def write_plan(folder, **changes):
    fields = {
        "architectures": list(ARMS),
        "threads": [1],
        "connections": 8,
        "streams": 1,
        "warmup": "50ms",
        "duration": "400ms",
        "blocks": 2,
        "twin_blocks": 0,
        "controls": False,
        "reruns": 0,
        "ceiling": False,
        "trace": True,
        "listen": f"127.0.0.1:{free_port()}",
        **changes,
    }
    path = folder / "traced.json"
    path.write_text(json.dumps(fields))
    return path


def traces_of(folder):
    return [json.loads(line) for line in (folder / "traces.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def traced(tmp_path_factory):
    """A sweep of two architectures with their traces: its folder, and what it said."""
    folder = tmp_path_factory.mktemp("traced")
    result = sweep(write_plan(folder), folder)
    assert result.returncode == 0, result.stderr
    return run_folder(folder), result.stderr


def explain(*arguments):
    return run_program("coresweep", "explain", *arguments)


def test_every_arm_is_traced_once_and_stands_in_no_trial(traced):
    folder, said = traced
    traces = traces_of(folder)
    assert [trace["factors"]["architecture"] for trace in traces] == list(ARMS)
    assert len(trials_of(folder)) == 4
    for trace in traces:
        jsonschema.validate(trace, {"$ref": "#/$defs/trace", "$defs": SCHEMA["$defs"]})
        assert f"traced {trace['cell']}: " in said


RUNGS = {
    "syscalls": ["perf stat", "strace -f -c"],
    "locks": ["bpftrace lock:contention_begin", "perf record -e lock:contention_begin"],
}


@pytest.mark.parametrize("part", RUNGS)
def test_a_ladder_has_a_figure_or_says_of_every_rung_why_not(traced, part):
    for trace in traces_of(traced[0]):
        counted = trace[part]
        said = [rung["tool"] for rung in counted["tried"]]
        if counted["why"] is None:
            assert said == RUNGS[part][: RUNGS[part].index(counted["tool"])]
            assert counted["total_per_request"] == counted["total"] / counted["requests"]
        else:
            assert said == RUNGS[part] and all(rung["said"] for rung in counted["tried"])
            assert counted["tool"] is None and "total_per_request" not in counted


def test_calls_are_counted_as_they_are_made(traced):
    """With one stream a request is one read and one write, whatever counts them."""
    for trace in traces_of(traced[0]):
        syscalls = trace["syscalls"]
        if syscalls["why"] is not None:
            continue  # told by every rung, see above
        assert syscalls["requests"] > 100
        names = syscalls["by_name"]
        sends = sum(names.get(name, 0) for name in ("sendto", "sendmsg", "write", "writev"))
        assert 0.95 < sends / syscalls["requests"] < 1.1
        # perf begins to count one name after the other, and all of them a moment later or earlier.
        assert syscalls["total"] >= 0.999 * sum(names.values())
        assert syscalls["total_per_request"] == syscalls["total"] / syscalls["requests"] > 1.9
        assert syscalls["futex_per_request"] == syscalls["futex"] / syscalls["requests"]


def without_verdicts(folder, copy):
    """A run whose trials are all valid, as on a machine of one's own."""
    shutil.copytree(folder, copy)
    lines = trials_of(folder)
    for line in lines:
        line["verdict"], line["verdict_details"] = [], {}
    (copy / "trials.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return copy


def test_the_explanation_names_both_and_what_is_not_known(traced, tmp_path):
    folder = without_verdicts(traced[0], tmp_path / "valid")
    result = explain(folder, *ARMS)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0].startswith("throughput: reuseport_loops / shared_reactor (http2 lean, ")
    assert "at 1 thread" in lines[0]
    assert ("reuseport_loops against shared_reactor, medians of the 2 blocks in which both are "
            "valid: a ratio of fewer than six has a mere range, so no difference is shown and no "
            "cause found; in no order of size:\n") in result.stdout
    told = "".join(line for line in lines if not line.startswith("not measured"))
    for quantity in ("bytes sent", "voluntary context switches", "involuntary context switches",
                     "migrations", "minor page faults", "major page faults", "loop waits"):
        assert re.search(rf"(: |; |of ){quantity}|\d {quantity} a request", told), quantity
    for part, name in (("syscalls", "syscalls"), ("locks", "waits for the kernel's locks")):
        if all(trace[part]["why"] is None for trace in traces_of(folder)):
            assert re.search(rf"^  reuseport_loops: \S.* {name} a request", result.stdout, re.M)
        else:
            assert re.search(rf"^not measured.*: {name}.* \(\S", result.stdout, re.M)


def test_what_the_kernel_tells_of_a_process_is_compared_whoever_serves(tmp_path):
    """Of a thread for each connection there is one entry, and of a peer none: only the process."""
    peer = tmp_path / "somebodys"
    peer.mkdir()
    (peer / "peer.json").write_text(json.dumps({
        "name": "somebodys",
        "start": [str(BIN / "greeter"), "--architecture", "reuseport_loops", "--threads", "1",
                  "--listen", "{address}:{port}", "--pin", "none", "--stay"],
        "ready": {"port": True},
    }))  # fmt: skip
    plan = write_plan(tmp_path, architectures=[ARMS[0], "thread_per_connection"], trace=False)
    result = sweep(plan, tmp_path, "--peer", peer)
    assert result.returncode == 0, result.stderr
    folder = without_verdicts(run_folder(tmp_path), tmp_path / "valid")
    for other in ("thread_per_connection", "somebodys"):
        result = explain(folder, ARMS[0], other)
        assert result.returncode == 0, result.stderr
        missing = "\n".join(re.findall("^not measured.*", result.stdout, re.M))
        for quantity in ("context switches", "page faults", "server CPU a request"):
            assert quantity in result.stdout and quantity not in missing, result.stdout
    # Of a peer they are those of its threads, which not every kernel tells.
    assert ("migrations" in missing) != pathlib.Path("/proc/self/sched").exists()


def test_an_interruption_of_the_traces_spoils_no_answer(tmp_path, start):
    running = start(Program, BIN / "coresweep", "run", write_plan(tmp_path, blocks=1),
                    "--results", tmp_path / "runs", "--python", "/bin/false")
    said = b""
    while b"traced " not in said:
        said += running.process.stderr.readline()
    running.process.send_signal(signal.SIGINT)
    assert running.wait() == 130
    folder = run_folder(tmp_path)
    errors = running.process.stderr.read().decode()
    assert "no chart" not in errors, "whoever interrupts waits for no report"
    assert errors.splitlines()[-1] == (
        f"coresweep: interrupted while tracing; 2 of 2 trials kept in {folder}; "
        f"go on: coresweep resume {folder}"
    )
    shown = running.process.stdout.read().decode()
    assert "median requests/s" in shown and f"\nrun: {folder}\n" in shown
    assert f"\nno report: coresweep report {folder} makes it\n" in shown
    assert len(traces_of(folder)) == 1


def test_without_traces_it_says_so(tmp_path):
    published = sorted((ROOT / "results" / "published").glob("*/run.json"))[0].parent
    result = explain(published, *ARMS)
    assert result.returncode == 0, result.stderr
    why = 'no traced trial: the plan has no "trace"'
    assert f"not measured: syscalls and futex calls ({why})" in result.stdout.splitlines()
    assert re.search("^not measured: .*migrations a request", result.stdout, re.M)


def test_hollow_trials_are_compared_by_nothing_and_said_why(traced, tmp_path):
    shutil.copytree(traced[0], tmp_path / "run")
    trials = tmp_path / "run" / "trials.jsonl"
    lines = [json.loads(line) for line in trials.read_text().splitlines()]
    for line in lines:
        line["verdict"] = ["client_bound"]
        line["verdict_details"] = {"client_bound": "a load thread was busy"}
    trials.write_text("".join(json.dumps(line) + "\n" for line in lines))
    result = explain(tmp_path / "run", *ARMS)
    assert result.returncode == 0
    assert "no ratio: 0 of 2 blocks have both arms valid" in result.stdout
    assert "  client_bound: reuseport_loops in block 0: a load thread was busy" in result.stdout
    assert "server CPU a request" not in result.stdout


def path_without(tmp_path, *missing):
    """A PATH with the tools of this one, but for these."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for tool in {"perf", "strace"} - set(missing):
        if shutil.which(tool):
            (folder / tool).symlink_to(shutil.which(tool))
    return str(folder)


def traced_with(tmp_path, path):
    result = subprocess.run(
        [BIN / "coresweep", "run", write_plan(tmp_path, blocks=1, architectures=[ARMS[0]]),
         "--results", tmp_path / "runs"],
        env={**os.environ, "PATH": path}, capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    (trace,) = traces_of(run_folder(tmp_path))
    return trace


def test_without_any_tracer_the_sweep_is_whole_and_says_what_is_missing(tmp_path):
    trace = traced_with(tmp_path, path_without(tmp_path, "perf", "strace"))
    assert trace["syscalls"]["why"] == (
        "perf stat: perf is not installed; strace -f -c: strace is not installed"
    )
    assert trace["locks"]["why"].endswith("perf is not installed")
    result = explain(run_folder(tmp_path), ARMS[0], ARMS[1])
    assert f"B is '{ARMS[1]}'" in one_line(result, "coresweep")


@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")
def test_strace_counts_where_perf_is_missing(tmp_path):
    trace = traced_with(tmp_path, path_without(tmp_path, "perf"))
    syscalls = trace["syscalls"]
    assert syscalls["tried"] == [{"tool": "perf stat", "said": "perf is not installed"}]
    if syscalls["why"] is not None:
        assert "Operation not permitted" in syscalls["why"]
        return
    assert syscalls["tool"] == "strace -f -c"
    sends = sum(syscalls["by_name"].get(name, 0) for name in ("sendto", "sendmsg", "write"))
    assert 0.95 < sends / syscalls["requests"] < 1.1


def test_a_torn_last_line_is_dropped_with_a_line_as_the_chart_does(traced, tmp_path):
    shutil.copytree(traced[0], tmp_path / "torn")
    with (tmp_path / "torn" / "trials.jsonl").open("a") as file:
        file.write('{"schema_version": 1, "tri')
    result = explain(tmp_path / "torn", *ARMS)
    assert result.returncode == 0
    assert one_line(result, "coresweep") == (
        f"{tmp_path}/torn/trials.jsonl: line 5: torn last line dropped")
    assert result.stdout == explain(traced[0], *ARMS).stdout


def test_bad_input_is_one_line(traced, tmp_path):
    folder, _ = traced
    torn = tmp_path / "torn"
    shutil.copytree(folder, torn)
    with (torn / "trials.jsonl").open("a") as file:
        file.write('{"schema_version": 1, "tri\n')
    empty = tmp_path / "empty"
    shutil.copytree(folder, empty)
    (empty / "trials.jsonl").write_text("")
    for arguments, text in (
        ((tmp_path / "nowhere", *ARMS), f"{tmp_path}/nowhere: No such file or directory"),
        ((tmp_path, *ARMS), f"{tmp_path}/run.json: No such file or directory"),
        ((folder / "run.json", *ARMS), "run.json: is no folder: a run's folder is needed"),
        ((empty, *ARMS), "trials.jsonl: holds no trial of an arm: nothing was measured"),
        ((torn, *ARMS), "trials.jsonl: line 5: is not JSON: allowed is one JSON object a line"),
        ((folder, ARMS[0], "x"), f"B is 'x': {folder} has reuseport_loops, shared_reactor"),
        ((folder, ARMS[0], ARMS[0]), "A and B are both 'reuseport_loops'"),
        ((folder, *ARMS, "--threads", 2), "--threads is 2: this run has both arms at 1"),
        ((folder, *ARMS, "--threads", "many"), "--threads"),
        ((folder, *ARMS, "--http2", "null"), "--http2 is 'null': this run has"),
        ((folder, *ARMS, "--engine", "x"), "--engine is 'x': this run has"),
        ((folder, ARMS[0]), "B is required"),
    ):
        result = explain(*arguments)
        assert result.returncode == 2, arguments
        assert text in one_line(result, "coresweep")
