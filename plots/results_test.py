"""A run is read as it was written; of a torn one, what is whole."""

from broken_runs import line, refusal, with_lines
from checked_json import SCHEMA_PATH
from results import load_run
from synthetic_run import sweep, trial_document, write_run
from wording import conditions_text, load_text


def test_a_run_is_read_as_it_was_written(tmp_path):
    trials = sweep(thread_counts=[1, 2, 4], blocks=3,
                   verdict_of=lambda architecture, threads, block:
                   ["shared_cpus"] if threads > 2 else [])
    run = load_run(write_run(tmp_path, trials, trials_planned=99,
                             cpu_division={"server": [0, 2], "load": [1, 3],
                                           "physical_cores": 1}))
    assert run.thread_counts == (1, 2, 4)
    assert run.architectures == ("reuseport_loops", "shared_reactor")
    assert run.blocks == (0, 1, 2)
    assert len(run.arms) == 18 and len(run.ceilings) == 3
    assert run.trials_planned == 99
    assert run.cpu_division.server == (0, 2)
    assert run.cpu_division.server_physical_cores == 1
    assert [trial.throughput_per_s for trial in run.trials] == [
        trial["throughput_per_s"] for trial in trials]
    assert {trial.threads for trial in run.arms if not trial.is_valid} == {4}
    assert (run.connections, run.streams, run.http2) == ((64,), (10,), ("nghttp2",))


def test_each_trial_has_its_http2(tmp_path):
    trials = sweep(http2=["nghttp2", "lean"], blocks=1, thread_counts=[1])
    run = load_run(write_run(tmp_path, trials, plan__http2=["nghttp2", "lean"]))
    assert [trial.arm.http2 for trial in run.trials] == [
        "nghttp2", "lean", "nghttp2", "lean", "null"]
    assert run.http2 == ("lean", "nghttp2"), "the ceiling's is none of those compared"
    assert [(arm.architecture, arm.http2) for arm in run.compared] == [
        ("reuseport_loops", "lean"), ("reuseport_loops", "nghttp2"),
        ("shared_reactor", "lean"), ("shared_reactor", "nghttp2")]


def test_a_plan_may_have_several_handlers(tmp_path):
    conditions = [{"handler_cpu": cpu, "stall_thread": stall}
                for cpu in ("50us", "5us") for stall in (None, "0:200ms")]
    run = load_run(write_run(tmp_path, sweep(conditions=conditions, blocks=1),
                             plan__handler_cpu=["50us", "5us"],
                             plan__stall_thread=[None, "0:200ms"]))
    assert [(one.handler_cpu, one.stall_thread) for one in run.conditions] == [
        ("50us", None), ("50us", "0:200ms"), ("5us", None), ("5us", "0:200ms")]
    part = run.under(run.conditions[1])
    assert len(part.arms) == 4 and len(part.ceilings) == len(run.ceilings) == 1
    assert {trial.conditions for trial in part.arms} == {run.conditions[1]}


def test_connections_told_by_streams_are_no_load_of_their_own(tmp_path):
    conditions = [{"streams": 1, "connections": 256}, {"streams": 10, "connections": 64}]
    plan = {"plan__streams": [1, 10], "headline__connections": 64, "headline__streams": 10}
    trials = sweep(conditions=conditions, blocks=1)
    run = load_run(write_run(tmp_path / "run", trials, **plan,
                             plan__connections={"1": 256, "10": 64}))
    assert run.connections == (256, 64)
    assert [(one.connections, one.streams) for one in run.conditions] == [(None, 1), (None, 10)]
    assert "connections × streams: 256 × 1, 64 × 10 · " in load_text(run)
    assert [conditions_text(one, run) for one in run.conditions] == [
        "streams: 1 on each of 256 connections", "streams: 10 on each of 64 connections"]
    assert {trial.connections for trial in run.under(run.conditions[0]).arms} == {256}
    for wrong, named in (({"1": 256}, "1"), ({"1": 256, "10": 64, "9": 1}, "1, 10, 9"),
                         ({}, "none")):
        folder = write_run(tmp_path / str(len(wrong)), trials, **plan, plan__connections=wrong)
        assert refusal(folder).endswith(f"run.json: plan.connections: {named} are not the plan's "
                                        "streams: it tells connections of each of these")
    folder = write_run(tmp_path / "zero", trials, **plan, plan__connections={"1": 256, "10": 0})
    assert "plan.connections: {'1': 256, '10': 0} is not valid under any" in refusal(folder)


def test_a_headline_may_be_of_two_http2(tmp_path):
    headline = {"architecture": "reuseport_loops", "http2": "lean", "against": "reuseport_loops",
                "against_http2": "nghttp2", "threads": 1}
    load_run(write_run(tmp_path, sweep(blocks=1), headline=headline, plan__headline=headline))


def test_a_plan_with_nothing_to_compare_has_no_headline(tmp_path):
    folder = write_run(tmp_path, sweep(architectures=["shared_reactor"]), headline=None,
                       plan__headline=None)
    assert load_run(folder).architectures == ("shared_reactor",)


PUBLISHED = [path.parent for path in SCHEMA_PATH.parent.glob("published/*/run.json")]


def test_what_is_published_can_be_read_for_ever():
    assert PUBLISHED
    for folder in PUBLISHED:
        run = load_run(folder)
        assert run.is_complete, folder


def test_being_client_bound_is_no_fault_of_a_ceiling_only(tmp_path):
    bound = {"verdict": ["client_bound"], "throughput_per_s": 1.0}
    trials = [trial_document(0, role="arm", **bound), trial_document(1, role="ceiling", **bound),
              trial_document(2, role="ceiling", verdict=["client_bound", "shared_cpus"])]
    run = load_run(write_run(tmp_path, trials))
    assert [trial.faults for trial in run.trials] == [("client_bound",), (), ("shared_cpus",)]


def test_a_failed_trial_may_be_without_numbers(tmp_path):
    trials = [trial_document(0), trial_document(1, verdict=["failed"], throughput_per_s=None)]
    run = load_run(write_run(tmp_path, trials))
    assert run.trials[1].throughput_per_s is None and not run.trials[1].is_valid


def test_no_trial_is_counted_twice(tmp_path):
    folder = with_lines(tmp_path, line(trial=0), line(trial=1), line(trial=0))
    assert refusal(folder) == f"{folder}/trials.jsonl:3: trial: 0 stands in a line before"
    again = load_run(with_lines(tmp_path, line(trial=0), line(trial=0, attempt=2)))
    assert [trial.attempt for trial in again.trials] == [2]  # it may be run again, and then counts


def test_a_torn_last_line_is_dropped_and_said(tmp_path, capsys):
    folder = with_lines(tmp_path, line(trial=0), line(trial=1), line(trial=2)[:200])
    assert len(load_run(folder).trials) == 2
    assert capsys.readouterr().err == f"{folder}/trials.jsonl:3: torn last line dropped\n"


def test_a_line_torn_within_a_letter_is_dropped_too(tmp_path, capsys):
    folder = with_lines(tmp_path, line())
    with (folder / "trials.jsonl").open("ab") as file:
        file.write('{"cell":"é'.encode()[:-1])
    assert len(load_run(folder).trials) == 1
    assert "trials.jsonl:2: torn last line dropped" in capsys.readouterr().err


def test_a_whole_last_line_without_its_newline_is_kept(tmp_path, capsys):
    folder = with_lines(tmp_path, line(trial=0), line(trial=1).rstrip("\n"))
    assert len(load_run(folder).trials) == 2
    assert capsys.readouterr().err == ""
