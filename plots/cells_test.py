"""A cell's figures are those of its trials, and there is none of trials that were chosen."""

import json
from dataclasses import replace

import pytest

from cells import cells_of, medians_text, trial_documents
from cost import costs_of
from page import page_of
from report_page_test import Page
from results import load_run
from synthetic_run import PUBLISHED, as_version_2, sweep, write_run
from trial import Capacity

ARM = "shared_reactor"


def run_of(folder, verdict_of=lambda block: [], throughput_of=lambda block: 1000.0 + block,
           p99s=None, blocks=6, threads=(1,), cpus=1):
    lines = [as_version_2(trial) for trial in sweep(
        [ARM], threads, blocks, ceiling_per_s=None,
        verdict_of=lambda name, threads, block: verdict_of(block),
        throughput_of=lambda name, threads, block: throughput_of(block) * threads)]
    for line in lines:
        if p99s:
            for key in ("latency_from_due_ns", "latency_from_sent_ns"):
                line[key]["p99"] = p99s[line["block"]]
    return load_run(write_run(folder / "run", lines, plan__blocks=blocks,
                              plan__threads=list(threads),
                              cpu_division__server=[*range(cpus)]))


def test_a_ramp_has_the_median_of_what_is_left_only_where_that_is_no_choice(tmp_path):
    """Of 1000 to 1005: what the host spoilt is left out, what depends on the answer is not."""
    (whole,) = cells_of(run_of(tmp_path / "0"))
    assert (whole.throughput.median, whole.is_hollow) == (1002.5, False)
    (spoilt,) = cells_of(run_of(tmp_path / "1", lambda block: ["noisy_host"] if block < 2 else []))
    assert (spoilt.throughput.median, spoilt.is_hollow) == (1003.5, False)
    for number, verdict_of in enumerate((lambda block: ["client_late"] if block < 2 else [],
                                         lambda block: ["noisy_host"] if block < 3 else [])):
        run = run_of(tmp_path / f"of {number}", verdict_of)
        (refused,) = cells_of(run)
        assert (refused.throughput.median, refused.is_hollow) == (1002.5, True)
        assert costs_of(run, [refused], 1.0) == []
        text = Page(page_of(run, [], price_per_hour=1.0)).text
        assert "(1,002)" in text and "No cost. No arm has a median at the most threads" in text
        (line,) = medians_text([refused], run)
        assert line.endswith(f": {refused.why_hollow}") and "of all trials: no median: " in line


def test_a_percentile_that_a_block_does_not_know_has_no_median(tmp_path):
    run = run_of(tmp_path, p99s=[1e6, 2e6, None, 3e6, None, 4e6])
    (cell,) = cells_of(run)
    assert (cell.p99, cell.p99_unknown) == (None, "not known in 2 of 6")
    assert "not known in 2 of 6" in Page(page_of(run, [])).text
    (known,) = cells_of(run_of(tmp_path / "known", p99s=[1e6, 2e6, 3e6, 4e6, 5e6, 6e6]))
    assert (known.p99, known.p99_unknown) == (3.5e6, "")


def test_a_trial_that_measured_nothing_leaves_no_median(tmp_path):
    run = run_of(tmp_path, lambda block: ["failed"] if block == 0 else [],
                 lambda block: 1000.0)
    run = replace(run, stored=tuple(replace(trial, throughput_per_s=None) if trial.faults else trial
                                    for trial in run.stored))
    assert cells_of(run)[0].throughput is None


def searched(folder, end: str):
    run = run_of(folder)
    steps = tuple(replace(trial, role="capacity", twin_of=f"{trial.cell}/poisson30%",
                          cell=f"{trial.cell}/poisson{1000 + trial.block}",
                          conditions=trial.conditions._replace(rate=1000 + trial.block))
                  for trial in run.stored)
    found = tuple(Capacity(trial.cell, trial.arm, 1, trial.block, trial.conditions,
                           trial.throughput_per_s, None, end) for trial in run.arms)
    return replace(run, stored=steps, trials=(), capacities=found, capacity_p99="2ms")


def test_a_search_is_one_row_without_a_rate_and_without_latencies(tmp_path):
    run = searched(tmp_path, "confirmed")
    (cell,) = cells_of(run)
    assert (cell.name, cell.trials) == (f"{ARM}/nghttp2/t1/c64/s10", 6)
    assert (cell.p50, cell.p99, cell.is_bound) == (None, None, False)
    assert cell.throughput.median == 1002.5


def test_a_bound_is_written_as_one_and_has_no_interval(tmp_path):
    run = searched(tmp_path, "untold")
    (cell,) = cells_of(run)
    assert cell.is_bound
    document = cell.document()
    assert (document["median_per_s"], document["low_per_s"], document["interval_coverage"]) == (
        1002.5, None, None)
    (one,) = costs_of(run, [cell], 1.0)
    assert (one.requests_text(), one.machines_text(10_000)) == ("at least 3.61", "at most 10")
    text = Page(page_of(run, [], price_per_hour=1.0, rate_per_s=10_000)).text
    assert "at least 1,002" in text and "at least 3.61 at most 10" in text
    assert "1,000–1,005" not in text and "interval)" not in text.split("Cost, at")[1]
    assert medians_text([cell], run) == [
        f"{ARM}, capacity, 1 thread: at least 1,002 requests per second"]


def test_only_the_most_threads_that_have_their_cpu_are_priced(tmp_path):
    run = run_of(tmp_path, threads=(1, 2, 3, 4), cpus=3)
    assert [one.cell.threads for one in costs_of(run, cells_of(run), 1.0)] == [3]
    assert "its 3 CPUs for the server did" in Page(page_of(run, [], price_per_hour=1.0)).text


def test_a_trial_as_a_row_has_its_conditions_its_cpu_and_its_first_replies(tmp_path):
    run = load_run(PUBLISHED / "20261126T174556Z-bench")
    stored = [json.loads(line) for line in (run.folder / "trials.jsonl").read_text().splitlines()]
    rows = trial_documents(run)
    assert len(rows) == len(stored) and len({tuple(row) for row in rows}) == 1
    for row, line in zip(rows, stored):
        factors = line["factors"]
        for key in ("handler_cpu", "handler_wait", "reply_bytes", "pin", "backlog", "connections",
                    "streams", "requests_per_connection"):
            assert key not in factors or row[key] == factors[key]
        requests = sum(thread["requests"] for thread in line["server"]["threads"])
        assert row["server_cpu_user_us_a_request"] == pytest.approx(
            1e6 * line["server"]["cpu_user_s"] / requests)
        system = sum(one["system_s"] for one in line["machine_cpu"]["per_cpu"])
        assert row["machine_cpu_system_us_a_request"] == pytest.approx(
            1e6 * system / (line["throughput_per_s"] * line["machine_cpu"]["window_s"]))
        assert row["first_reply_p99_ns"] is None, "its connections stay open"


def test_the_page_again_is_with_its_price_and_its_rate(tmp_path):
    run = run_of(tmp_path)
    again = f"coresweep report {run.folder}"
    assert f"This page again: {again} The plan" in Page(page_of(run, [])).text
    assert f"{again} --price-per-hour 0.5 --rate 10000000 The plan" in Page(
        page_of(run, [], price_per_hour=0.5, rate_per_s=1e7)).text
