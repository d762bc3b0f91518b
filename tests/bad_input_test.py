"""What coresweep says to bad input and to a machine in its way: one line, and nothing lost."""

import json
import os
import re
import socket
import subprocess
import sys
import threading

import pytest
from conftest import BIN, ROOT, Greeter, one_line, run_program
from sweeps import PYTHON, RunningSweep, drawn_sweep, run_folder, sweep, trials_of

sys.path.insert(0, str(ROOT / "plots"))
import results  # noqa: E402  plots/results.py validates against results/schema.json

RUN = next((ROOT / "results" / "published").glob("*-bench"))
BENCH = ROOT / "harness" / "plans" / "bench.json"


def test_a_port_in_use_ends_the_sweep_with_one_line(plan, tmp_path, start):
    stale = start(Greeter, "reuseport_loops")
    result = sweep(plan(listen=stale.target), tmp_path)
    assert result.returncode == 1
    text = one_line(result, "coresweep")
    assert f"{stale.target} is in use by another listener" in text
    assert f"0 of 6 trials kept in {run_folder(tmp_path)}" in text


def test_a_port_that_is_free_within_a_second_is_waited_for(plan, tmp_path, start):
    listener = socket.create_server(("127.0.0.1", 0))
    listen = "127.0.0.1:{}".format(listener.getsockname()[1])
    running = start(RunningSweep, plan(listen=listen, blocks=1), tmp_path)
    running.await_child("greeter")  # the first try is under way, and must fail
    closing = threading.Timer(0.3, listener.close)
    closing.start()
    assert running.wait() == 0, running.process.stderr.read()
    closing.join()


def test_an_address_of_nobody_here_ends_the_sweep_with_one_line(plan, tmp_path):
    result = sweep(plan(listen="192.0.2.1:10051"), tmp_path)
    assert result.returncode == 1
    text = one_line(result, "coresweep")
    assert "cannot listen on 192.0.2.1:10051 (--listen): Cannot assign requested address" in text


def test_a_results_folder_that_cannot_be_written_gets_one_line(plan, tmp_path):
    (tmp_path / "file").write_text("")
    result = run_program("coresweep", "run", plan(), "--results", tmp_path / "file" / "runs")
    assert result.returncode == 1
    assert one_line(result, "coresweep") == f"{tmp_path}/file/runs: Not a directory"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_ends_the_sweep_and_keeps_what_was_written(plan, tmp_path):
    disk = tmp_path / "runs"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32k", "none", disk]).returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        result = sweep(plan(blocks=100, duration="100ms"), tmp_path)
        assert result.returncode == 1
        last = result.stderr.splitlines()[-1]
        folder = run_folder(tmp_path)
        kept = trials_of(folder)
        assert "No space left on device" in last and f"{len(kept)} of 300 trials kept" in last
        assert len(kept) > 0
        results.load_run(folder)
    finally:
        subprocess.run(["umount", disk], check=True)


def test_python_without_matplotlib_costs_chart_and_report_only(plan, tmp_path):
    bare = tmp_path / "python3"
    # The real interpreter without its site-packages: what a python without matplotlib is.
    bare.write_text(f'#!/bin/sh\nexec {PYTHON} -S "$@"\n')
    bare.chmod(0o755)
    result = drawn_sweep(plan(blocks=1), tmp_path, "--python", bare)
    assert result.returncode == 1
    folder = run_folder(tmp_path)
    assert f"run: {folder}" in result.stdout and "at 1 thread" in result.stdout
    last = result.stderr.splitlines()[-1]
    assert "has no matplotlib: apt-get install python3-matplotlib" in last
    assert f"then: coresweep report {folder}" in last
    assert len(trials_of(folder)) == 3


def test_a_python_that_draws_nothing_is_no_report(plan, tmp_path):
    result = drawn_sweep(plan(blocks=1), tmp_path, "--python", "/bin/true")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == (
        "coresweep: no chart and no report: /bin/true ended well and wrote none (--python); "
        f"again: coresweep report {run_folder(tmp_path)}"
    )


@pytest.mark.parametrize(
    "arguments",
    [["coresweep", "--help"], ["coresweep", "plan"], ["coresweep", "run"], ["greeter", "--list"]],
    ids=" ".join,
)
def test_what_cannot_be_printed_is_no_success(plan, tmp_path, arguments):
    program, *rest = arguments
    if rest[0] in ("plan", "run"):
        rest += [plan(blocks=1), *(["--results", tmp_path / "runs"] if rest[0] == "run" else [])]
    with open("/dev/full", "w") as full:
        result = subprocess.run([BIN / program, *rest], stdout=full, stderr=subprocess.PIPE)
    assert result.returncode == 1
    last = result.stderr.decode().splitlines()[-1]
    assert last == f"{program}: standard output: No space left on device"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"architectures": ["shared_reactor"],\n "thread": [1]}', '2: unknown key "thread"'),
        ('{"architectures": ["shared_reactor"],\n "threads": [1,\n 0]}', "3: threads[1] is 0"),
        ('{"architectures": ["shared_reactor"], "threads": [4096]}', "coresweep may run on"),
        ('{"architectures": ["shared_reactor"], "threads": "all"}', "threads"),
        ('{"architectures": ["shared_reactor"], "blocks": "8"}', "blocks"),
        ('{"architectures": ["shared_reactor"], "blocks": 8,\n"blocks": 9}', '2: "blocks" is'),
        ('{"architectures": ["shared"]}', "shared_reactor, "),
        ('{"architectures": ["shared_reactor"], "http2": "h3"}', "http2 is the text"),
        ('{"architectures": ["shared_reactor"], "http2": ["lean", "lean"]}', "http2[1] is"),
        ('{"architectures": ["shared_reactor"], "duration": "2500"}', "duration"),
        ('{"architectures": ["shared_reactor"],\n "blocks": }', "2: column 12: "),
        ("\n{}", "2: architectures is missing"),
        ("", "1: column 1: "),
        ('{"architectures": ["shared_reactor"]}\0 blocks', "holds a NUL byte, at offset 37"),
    ],
)
def test_a_bad_plan_gets_one_line_and_exit_2(tmp_path, text, complaint):
    path = tmp_path / "bad.json"
    path.write_text(text)
    for command in ("plan", "run"):
        result = run_program("coresweep", command, path, cwd=tmp_path)
        assert result.returncode == 2, result.stderr
        line = one_line(result, "coresweep")
        assert re.match(rf"{re.escape(str(path))}:\d: ", line) and complaint in line
        assert result.stdout == ""
    assert not (tmp_path / "results").exists()


def deep(path):
    path.write_text('{"architectures":' + "[" * 200_000)


def many_keys(path):
    path.write_text("{" + ",".join(f'"{i}":1' for i in range(90_000)) + "}")


def of_holes(path):
    with path.open("wb") as file:
        file.truncate(1 << 40)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda path: path.mkdir(), ": is a folder: a file is needed"),
        (os.mkfifo, ": is no regular file"),  # which nobody ever writes to
        (lambda path: path.symlink_to("/dev/zero"), ": is no regular file"),
        (lambda path: path.symlink_to(path), ": Too many levels of symbolic links"),
        (of_holes, ": is larger than the 1048576 bytes that are allowed"),
        (deep, ":1: nested deeper than the 16 levels that are allowed"),
        (many_keys, ":1: an object has more than the 1000 keys that are allowed"),
        (lambda path: path.write_bytes(b'{\n"\xff": 1}'), ":2: column 2: syntax error"),
    ],
    ids=["folder", "pipe", "device", "loop", "holes", "deep", "keys", "no_utf8"],
)
def test_what_is_no_plan_at_all_is_answered_at_once(tmp_path, make, complaint):
    path = tmp_path / "bad.json"
    make(path)
    result = run_program("coresweep", "plan", path)
    assert result.returncode == 2
    assert one_line(result, "coresweep").startswith(f"{path}{complaint}")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "a command is needed: run, resume, capacity, fleet, plan, explain, report, list, "
         "compare, export, peers, doctor, probe, agent or block"),
        (["sweep"], "'sweep' is no command: allowed are run, resume, capacity, fleet, plan, "
         "explain, report, list, compare, export, peers, doctor, probe, agent and block"),
        (["run"], "PLAN"),
        (["run", BENCH, "--keep-going"], "--keep-going requires --hosts"),
        (["run", "benhc"], "'benhc' is no plan: allowed are architectures, article, bench, "),
        (["run", "/nonexistent.json"], "/nonexistent.json: No such file or directory"),
        (["run", "/"], "/: "),
        (["run", BENCH, "--results", ""], "--results is empty"),
        (["run", "x.json", "--blocks", "3"], "--blocks"),
        (["run", "x.json", "--seed", "1", "--seed", "2"], "--seed"),
    ],
)
def test_wrong_usage_gets_one_line_and_exit_2(arguments, text):
    result = run_program("coresweep", *arguments)
    assert result.returncode == 2
    assert text in one_line(result, "coresweep")


@pytest.mark.parametrize(
    ("change", "line", "complaint"),
    [
        (lambda stored: stored.update(schema_version=2), 2, "schema_version is 2: allowed is 1"),
        (lambda stored: stored["hosts"]["client1"].update(private_address="8.8.8.8"), 14,
         "hosts.client1.private_address is the text \"8.8.8.8\": allowed is a numeric private "),
        (lambda stored: stored["hosts"]["server"].pop("price_per_hour"), None,
         "hosts.server.price_per_hour is missing: allowed is a price in dollars, or "),
    ],
)
def test_a_bad_inventory_gets_one_line_and_exit_2(change, line, complaint, tmp_path):
    host = {"cpus": 32, "arch": "aarch64"}
    stored = {
        "schema_version": 1,
        "ssh_config": "ssh_config",
        "hosts": {
            "server": {"role": "server", "private_address": "10.77.0.1", **host,
                       "price_per_hour": 1.3824},
            "client1": {"role": "client", "private_address": "10.77.0.2", **host},
        },
        "pairs": {"pair01": {"server": "server", "clients": ["client1"]}},
    }  # fmt: skip
    change(stored)
    (tmp_path / "ssh_config").write_text("")
    file = tmp_path / "inventory.json"
    file.write_text(json.dumps(stored, indent=1))
    result = run_program("coresweep", "report", RUN, "--output", tmp_path / "out", "--hosts",
                         file)
    assert result.returncode == 2
    where = file if line is None else f"{file}:{line}"
    assert one_line(result, "coresweep").startswith(f"{where}: {complaint}")
