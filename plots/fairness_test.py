"""How evenly threads share: known shares are drawn and said, and the band is a random hash's."""

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

import drawn as drawing
import style
from drawn import PUBLISHED_RUNS, assert_texts_apart, division, said, shared_beyond
from fairness import CHART, HASHING, draw, jain_text, missing, random_hash, reading
from results import load_run
from synthetic_run import sweep, write_run
from trial import ServerThread

ROOT = Path(__file__).resolve().parents[1]
OVER, UNDER = "reuseport_loops", "shared_reactor"


def sharing(trials, requests_of):
    """`trials` whose threads answer what requests_of(architecture, threads, block) lists."""
    for trial in trials:
        if trial["role"] == "arm" and trial["server"]:
            factors = trial["factors"]
            (one,) = trial["server"]["threads"]
            trial["server"]["threads"] = [
                {**one, "thread": i, "requests": count} for i, count in enumerate(
                    requests_of(factors["architecture"], factors["threads"], trial["block"]))]
    return trials


def alike(name, threads, block):
    return [1000] * threads


def uneven(name, threads, block):
    """The first thread of OVER has twice as much as each other."""
    return [2000 if name == OVER and i == 0 else 1000 for i in range(threads)]


def loaded(folder, **case):
    return load_run(write_run(folder, **case))


def with_connections(run, counts):
    """`run` as those that keep connections a thread: `counts` of each trial's."""
    def told(trial):
        if not trial.server or len(trial.server.threads) != len(counts):
            return trial
        threads = tuple(ServerThread(one.number, count, one.requests, one.busy_share)
                        for one, count in zip(trial.server.threads, counts))
        return replace(trial, server=replace(trial.server, threads=threads))

    return replace(run, trials=tuple(map(told, run.trials)), stored=tuple(map(told, run.stored)))


def drawn(run):
    figure, renderer = drawing.figure_of(draw, run)
    assert_texts_apart(figure, renderer)
    return figure


def values_of(axes, label, row):
    return sorted(x for line in axes.lines if line.get_label() == label
                  for x, y in zip(line.get_xdata(), line.get_ydata()) if abs(y - row) < 0.4)


@pytest.mark.parametrize("folder", PUBLISHED_RUNS, ids=lambda folder: folder.name)
def test_a_published_run_is_drawn(folder):
    run = load_run(folder)
    assert missing(run) == ""
    text = said(drawn(run))
    assert "connections a thread are not in this run" in text and "not valid" in text


EDGES = {
    "one block": dict(trials=sharing(sweep(thread_counts=[2], blocks=1), alike)),
    "64 threads, everything invalid": dict(trials=sharing(sweep(
        thread_counts=[64], blocks=1, verdict_of=shared_beyond(0)), uneven)),
    "ten architectures, two http2, one failed": dict(trials=sharing(sweep(
        architectures=list(style.ARCHITECTURES), thread_counts=[8], http2=["lean", "nghttp2"],
        blocks=2, verdict_of=lambda name, threads, block:
        ["failed"] if name == "steered_loops" else [], throughput_of=lambda name, *at:
        None if name == "steered_loops" else 1e5), uneven), cpu_division=division(64, 64)),
}


@pytest.mark.parametrize("case", EDGES)
def test_no_text_overlaps_another_or_is_clipped(tmp_path, case):
    run = loaded(tmp_path, **EDGES[case])
    drawn(run)
    assert CHART.reading(run).endswith(".")


def test_connections_and_requests_are_drawn_over_their_means(tmp_path):
    trials = sharing(sweep(thread_counts=[1, 4], blocks=3, verdict_of=shared_beyond(4)), uneven)
    run = with_connections(loaded(tmp_path, trials=trials, cpu_division=division(4, 4)),
                           (32, 0, 16, 16))
    figure = drawn(run)
    connections, requests = figure.axes
    for row in (0, 1):
        assert values_of(connections, "_fullest", row) == [2.0] * 3
        assert values_of(connections, "_threads", row) == [0.0] * 3 + [1.0] * 6
    assert values_of(requests, "_fullest", 0) == [1.6] * 3
    assert values_of(requests, "_threads", 0) == [0.8] * 9
    beside = [text.get_text() for axes in figure.axes for text in axes.texts[1:]]
    jain = f"{25 / (4 * 7):.3g}"  # (2 + 1 + 1 + 1)^2 over four times the sum of their squares
    assert beside == ["fullest 2.00x\nJain 0.667"] * 2 + [
        f"fullest 1.60x\nJain {jain}", "fullest 1.00x\nJain 1"]
    assert "not in this run" not in said(figure)
    spans = sorted(tuple(sorted(set(patch.get_xy()[:, 0]))) for patch in requests.patches)
    assert spans == sorted([random_hash(64, 4).emptiest, random_hash(64, 4).fullest])
    assert {y for patch in requests.patches for y in patch.get_xy()[:, 1]} == {-0.5, 0.5}, OVER


def exact_fullest_of_two(connections, tail):
    """The binomial's: of two threads the fullest has max(k, C - k)."""
    chance = {}
    for k in range(connections + 1):
        most = max(k, connections - k)
        chance[most] = chance.get(most, 0) + math.comb(connections, k) / 2**connections
    total = 0.0
    for most in sorted(chance):
        total += chance[most]
        if total >= tail:
            return 2 * most / connections
    raise AssertionError


@pytest.mark.parametrize("connections", [8, 33, 100])
def test_the_band_of_two_threads_is_the_binomials(connections):
    low, high = random_hash(connections, 2).fullest
    assert low == pytest.approx(exact_fullest_of_two(connections, 0.05))
    assert high == pytest.approx(exact_fullest_of_two(connections, 0.95))
    emptiest = random_hash(connections, 2).emptiest
    assert emptiest == pytest.approx((2 - high, 2 - low))


@pytest.mark.parametrize("threads, connections, mean", [
    (8, 8, 2.55), (8, 64, 1.52), (32, 1024, 1.37), (64, 64, 3.94), (64, 12_000, 1.17)])
def test_the_band_holds_what_the_method_expects(threads, connections, mean):
    low, high = random_hash(connections, threads).fullest
    assert low < mean < high and high - low < 0.8 * mean


def test_jains_index_that_is_not_quite_1_is_not_written_as_1():
    assert [jain_text(jain) for jain in (1.0, 0.99999, 0.9987, 0.5)] == [
        "1", "0.9999", "0.9987", "0.5"]


def test_churn_has_no_band(tmp_path):
    run = loaded(tmp_path, trials=sharing(sweep(blocks=1), alike))
    churn = replace(run, stored=tuple(replace(one, mode="churn") for one in run.stored))
    figure = drawn(churn)
    assert "no band of a random hash: connections come and go" in said(figure)
    assert not figure.axes[0].patches and "random hash" not in reading(churn)


def test_it_is_missing_where_no_trial_tells_two_threads_apart(tmp_path):
    wanted = ("trial of two server threads or more that are told apart: a plan of several thread "
              "counts has them (coresweep run bench)")
    assert missing(loaded(tmp_path / "one", trials=sweep(thread_counts=[1], blocks=1))) == wanted
    # One entry for two threads tells nothing of either.
    assert missing(loaded(tmp_path / "blind", trials=sweep(thread_counts=[2], blocks=1))) == wanted


def test_the_reading_tells_the_least_first_and_what_a_hash_would_give(tmp_path):
    trials = sharing(sweep(thread_counts=[1, 4], verdict_of=lambda name, threads, block:
                           ["noisy_host"] if (name, threads, block) == (OVER, 4, 1) else []),
                     uneven)
    low, high = random_hash(64, 4).fullest
    assert reading(loaded(tmp_path, trials=trials, cpu_division=division(4, 4))) == (
        "At 4 server threads the thread with the most requests has, in the median, this much of "
        "the mean: 1.00x with shared_reactor (Jain's index 1), 1.60x with reuseport_loops (Jain's "
        "index 0.893). A random hash of 64 connections (arms that hash: reuseport_loops) gives "
        f"the fullest thread {low:.2f}x to {high:.2f}x of their mean, 9 times of 10. Connections "
        "a thread are not "
        "in this run. 1 of 16 trials is not valid, and in no median (noisy_host 1).")


def test_where_the_most_threads_are_not_valid_fewer_that_are_are_told(tmp_path):
    trials = sharing(sweep(thread_counts=[2, 4], blocks=2, verdict_of=shared_beyond(2)), alike)
    assert reading(loaded(tmp_path, trials=trials)).startswith("At 2 server threads the thread")


def test_a_table_names_who_hashes_as_the_servers_do():
    """Every one of the table is an architecture with listeners of its own (architectures.def)."""
    rows = [line for line in (ROOT / "servers/architectures.def").read_text().splitlines()
            if line.startswith("ARCHITECTURE")]
    summaries = dict(re.match(r'\w+\((\w+), "([^"]*)"', line).groups() for line in rows)
    own = {name for name, summary in summaries.items()
           if summary.startswith("N ") and "each with its own" in summary}
    assert own == HASHING


def test_without_an_arm_that_hashes_there_is_no_band(tmp_path):
    run = loaded(tmp_path, trials=sharing(sweep([UNDER, "steered_loops"], [2], blocks=1), alike),
                 headline=None)
    figure = drawn(run)
    assert not figure.axes[0].patches and "hash" not in said(figure) + reading(run)


def test_what_is_not_valid_is_told_as_seen_and_as_no_result(tmp_path):
    def requests(name, threads, block):
        return [0, 1000] if name == "steered_loops" else [1000, 1000 + 500 * block]

    trials = sharing(sweep([UNDER, "steered_loops"], [2], blocks=2,
                           verdict_of=shared_beyond(0)), requests)
    assert reading(loaded(tmp_path, trials=trials, headline=None)) == (
        "At 2 server threads no trial is valid. Seen in its blocks, and no result: the thread with "
        "the most requests had, of the mean, 1.00x to 1.20x with shared_reactor, 2.00x with "
        "steered_loops. One thread had all requests, in every block, with steered_loops. "
        "Connections a thread are not in this run. 4 of 4 trials are not valid, and in no median "
        "(shared_cpus 4).")


def test_an_arm_without_a_valid_trial_is_named(tmp_path):
    trials = sharing(sweep(thread_counts=[2], blocks=2, verdict_of=lambda name, *at:
                           ["unsteady"] if name == OVER else []), uneven)
    assert "No trial is valid there of reuseport_loops." in reading(loaded(tmp_path, trials=trials))
