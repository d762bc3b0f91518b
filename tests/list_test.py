"""coresweep list: over the published runs, over copies of them, and over what is no run."""

import json
import shutil

import pytest
from conftest import one_line
from stored_runs import (
    FIRST,
    PUBLISHED,
    SECOND,
    SEEDS,
    TEN,
    TWINNED,
    change_record,
    copy_of,
    coresweep,
    told,
    write_lines,
)
from sweeps import trials_of


def test_published_runs_are_listed_the_newest_first():
    lines = told("list", "--results", PUBLISHED).splitlines()
    assert [line.split()[0] for line in lines] == [
        TWINNED.name, TEN.name, SECOND.name, FIRST.name]
    twinned, newest, second, first = lines
    assert "reuseport_loops / shared_reactor: 1.01x (0.96-1.02, 96.1 % interval)" in twinned
    # Of 97 stored one was run again; the two arms share CPUs with the load at two threads.
    assert " 96 of 96 trials, of arms and ceilings 24 of 42 valid " in twinned
    assert "interrupted" not in twinned
    assert "126 of 126 trials, of arms and ceilings 65 of 126 valid " in newest
    assert "interrupted" not in newest
    assert "; AMD EPYC, 2 CPUs; architectures: Which architecture answers" in newest
    # The headline is the one that the README tells, and so is why the oldest has none.
    assert "reuseport_loops / shared_reactor: 1.01x (0.89-1.22, a range: fewer than" in newest
    assert "1.02x (0.72-1.23" in second and "no difference shown" in second
    assert "no headline: " in first and "noisy_host" in first


def test_a_listed_headline_inside_the_noise_shows_no_difference(tmp_path):
    """As the sweep itself ended, whose A/A arm is in the list's run too."""

    def change(trial, is_ahead):
        trial["verdict"] = []
        trial["throughput_per_s"] = {
            "arm": 1050 if is_ahead else 1000, "aa": 1080 if trial["block"] % 3 else 930,
        }.get(trial["role"], 1000) + trial["block"] / 100  # fmt: skip

    copy_of(TWINNED, tmp_path / "run", change)
    listed = told("list", "--results", tmp_path)
    assert "1.05x (1.05-1.05, 96.1 % interval) at 1 thread, 9 blocks: " in listed
    assert "no difference shown: the same arm beside itself gave " in listed


def test_a_listed_run_over_hosts_says_so(tmp_path):
    copy_of(SECOND, tmp_path / "run", lambda trial, is_ahead: None)
    change_record(tmp_path / "run", lambda record: record.update(
        hosts={"machines": {"server": {}, "client1": {}, "client2": {}}}))  # fmt: skip
    assert ", 2 CPUs, over 3 hosts; " in told("list", "--results", tmp_path)
    listed = json.loads(told("list", "--results", tmp_path, "--json"))
    assert listed[0]["where"] == "over 3 hosts"


def open_loop(folder):
    """A copy of a published run as if it had offered two rates to two kinds of HTTP/2."""

    def change(trial, is_ahead):
        trial["factors"].update(mode="poisson", rate_per_s=20_000, rate_share=0.3)
        trial["latency_from_due_ns"]["p99"] = (900_000 if is_ahead else 1_000_000) + trial["block"]

    lines = [line for line in copy_of(TWINNED, folder, change) if line["role"] == "arm"]
    load = {"mode": "poisson", "rate": ["20%", "30%"], "http2": ["nghttp2", "lean"]}
    change_record(folder, lambda record: record["plan"].update(load))
    change_record(folder, lambda record: record["headline"].update(rate="30%"))
    write_lines(folder, lines)
    return lines


def test_a_listed_open_loop_is_told_by_its_latency_and_place(tmp_path):
    lines = open_loop(tmp_path / "run")
    arms = "reuseport_loops / shared_reactor with http2 nghttp2, rate 30%"
    what = f"p99 from due (below 1 is sooner), {arms}"
    assert f"{what}: 0.90x (0.90-0.90, 96.1 % interval) at 1 thread, 9 blocks; " in told(
        "list", "--results", tmp_path)  # fmt: skip
    (run,) = json.loads(told("list", "--results", tmp_path, "--json"))
    assert run["headline"]["figure"] == "latency_from_due_p99_ns"
    assert run["headline"]["ratio"] == pytest.approx(0.9, rel=1e-4)
    # A percentile that is not known may be the largest.
    next(line for line in lines if line["factors"]["threads"] == 1)["latency_from_due_ns"] = {
        "p99": None
    }
    write_lines(tmp_path / "run", lines)
    assert (
        f"no headline ({what}): 8 of 9 blocks have both arms valid at 1 thread; verdicts: p99 not "
        "known 1 (leaving these out would select the answer); "
    ) in told("list", "--results", tmp_path)


def test_a_listed_headline_that_no_a_a_was_held_against_says_so(tmp_path):

    def change(trial, _):
        if trial["role"] == "aa":
            trial["verdict"] = ["client_bound"]

    copy_of(TWINNED, tmp_path / "run", change)
    assert ", 9 blocks: no difference shown; held against no A/A; " in told(
        "list", "--results", tmp_path)  # fmt: skip


def search_for_capacity(folder):
    shutil.copytree(TWINNED, folder)
    change_record(folder, lambda record: record.update(seed=next(SEEDS)))
    change_record(folder, lambda record: record["plan"].update(capacity_p99="5ms"))
    lines = trials_of(folder)[:12]
    write_lines(folder, [{**line, "role": "capacity", "trial": i, "block": i}
                         for i, line in enumerate(lines)])  # fmt: skip
    return folder


def test_a_search_for_capacity_is_named_and_refused_where_it_has_no_ratio(tmp_path):
    folder = search_for_capacity(tmp_path / "run")
    assert (
        " 12 of about 96 trials  a search for capacity, p99 from due of at most 5ms: "
        f"coresweep resume {folder} tells its answer; "
    ) in told("list", "--results", tmp_path)
    (run,) = json.loads(told("list", "--results", tmp_path, "--json"))
    assert (run["capacity_p99"], run["trials_judged"]) == ("5ms", 0)
    assert run["headline"]["ratio"] is run["headline"]["figure"] is None
    for arguments in (("compare", TWINNED, folder), ("compare", folder, TWINNED),
                      ("explain", folder, "reuseport_loops", "shared_reactor")):  # fmt: skip
        result = coresweep(*arguments)
        assert result.returncode == 2
        assert one_line(result, "coresweep") == (
            f"{folder}: is a search for capacity (p99 from due of at most 5ms), which has no "
            f"trials of arms at one load: coresweep resume {folder} tells its answer again"
        )


def test_neighbours_that_did_not_run_back_to_back_have_no_ratio(tmp_path):
    """Of a block that a stop split, one trial is of before and the other of after it."""
    folder = tmp_path / "run"

    def change(trial, is_ahead):
        trial["session"] = 1 if is_ahead and trial["block"] == 3 else 0

    copy_of(TWINNED, folder, change)
    assert " at 1 thread, 8 of 9 blocks" in told("list", "--results", tmp_path)
    explained = told("explain", folder, "reuseport_loops", "shared_reactor")
    assert " at 1 thread, 8 of 9 blocks" in explained


def test_a_list_for_programs_says_the_same():
    runs = json.loads(told("list", "--results", PUBLISHED, "--json"))
    assert [run["name"] for run in runs] == [TWINNED.name, TEN.name, SECOND.name, FIRST.name]
    assert runs[1]["trials_stored"] == runs[1]["trials_planned"] == 126
    assert runs[1]["trials_valid"] == sum(not line["verdict"] for line in trials_of(TEN))
    assert (runs[0]["trials_stored"], runs[0]["trials_judged"]) == (96, 42)
    assert runs[1]["trials_judged"] == 126 and runs[1]["capacity_p99"] is None
    assert runs[1]["headline"]["figure"] == "throughput_per_s"
    assert runs[1]["headline"]["ratio"] == pytest.approx(1.01, abs=0.005)
    assert runs[1]["headline"]["coverage"] is None  # 5 blocks: a range
    assert runs[2]["headline"]["coverage"] == pytest.approx(0.9921875)
    assert runs[3]["headline"]["ratio"] is None


def test_what_is_no_run_or_broken_gets_a_line_and_spoils_no_other(tmp_path):
    shutil.copytree(SECOND, tmp_path / "whole")
    (tmp_path / "empty").mkdir()
    (tmp_path / "a file").write_text("")
    hostile = "esc\x1b[2J\nline"
    (tmp_path / hostile).mkdir()
    shutil.copytree(SECOND, tmp_path / "broken")
    (tmp_path / "broken" / "run.json").write_text('{"schema_version": 1,')
    shutil.copytree(SECOND, tmp_path / "future")
    change_record(tmp_path / "future", lambda record: record.update(schema_version=9))
    shutil.copytree(SECOND, tmp_path / "torn")
    with (tmp_path / "torn" / "trials.jsonl").open("a") as file:
        file.write('{"schema_version": 1, "tri')
    shutil.copytree(SECOND, tmp_path / "interrupted")
    write_lines(tmp_path / "interrupted", trials_of(SECOND)[:7])
    shutil.copytree(SECOND, tmp_path / "begun")
    write_lines(tmp_path / "begun", [])
    shutil.copytree(SECOND, tmp_path / "odd")
    change_record(tmp_path / "odd", lambda record: record.update(
        headline={"architecture": 3, "against": []}, trials_planned="many", plan_file=None,
        machine=[], started_at={}))  # fmt: skip
    result = coresweep("list", "--results", tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    lines = {line.split("  ")[0]: line for line in result.stdout.splitlines()}
    assert len(lines) == 9
    assert "no run: " in lines["empty"] and "run.json: No such file or directory" in lines["empty"]
    assert "no run: " in lines["esc?[2J?line"] and "\x1b" not in result.stdout
    assert "run.json: is not JSON" in lines["broken"]
    assert "schema_version is 9: allowed is 1 or 2" in lines["future"]
    assert " 45 of 45 trials, " in lines["torn"]
    assert " 7 of 45 trials (interrupted or running), " in lines["interrupted"]
    assert " 0 of 45 trials (interrupted or running), of arms and" in lines["begun"]
    assert "no headline: no trial of its cell yet" in lines["begun"]
    assert " 45 of ? trials (interrupted or running)" in lines["odd"]
    assert "unknown machine" in lines["odd"]
    assert "no headline: the plan compares nothing" in lines["odd"]


def test_an_empty_folder_and_none_are_told(tmp_path):
    assert told("list", "--results", tmp_path) == f"{tmp_path}: no run yet\n"
    result = coresweep("list", "--results", tmp_path / "none")
    assert result.returncode == 2
    text = one_line(result, "coresweep")
    assert text == f"{tmp_path}/none: No such file or directory (--results)"
