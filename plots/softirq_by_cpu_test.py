"""The chart shows where the server's packets were received, of the data and by their rules."""

import pytest

import softirq_by_cpu
from drawn import assert_texts_apart, drawn_apart, figure_of, said
from results import load_run
from softirq_by_cpu import draw, missing, reading, rows_of
from synthetic_hosts import of_hosts, over_hosts
from synthetic_run import PUBLISHED, as_version_2, sweep, write_run

AT_FOUR = {"architecture": "reuseport_loops", "against": "shared_reactor", "threads": 4}


def uneven(architecture: str, cpu: int) -> float:
    if architecture == "shared_reactor":
        return (0.55, 0.2, 0.15, 0.1)[cpu]
    return (0.22, 0.2, 0.18, 0.2)[cpu]


def case(softirq_of=uneven, headline=AT_FOUR, **kinds) -> dict:
    trials = [as_version_2(trial) for trial in sweep(**{"thread_counts": (2, 4), **kinds})]
    return {"trials": over_hosts(trials, 2, softirq_of=softirq_of),
            **of_hosts(2, headline=headline)}


def bars(axes) -> list[tuple[float, float]]:
    """Of each drawn bar its CPU's place and how high it stands."""
    return sorted((round(bar.get_x() + bar.get_width() / 2), -bar.get_height())
                  for bar in axes.patches)


def test_each_row_is_the_median_of_the_blocks_at_the_headlines_threads(tmp_path):
    found = case(blocks=5)
    for trial in found["trials"]:
        for cpu in trial["machine_cpu"]["per_cpu"]:  # the same object as its server's
            cpu["softirq_s"] += (trial["block"] - 2) * 0.01
    run = load_run(write_run(tmp_path, **found))
    threads, where, rows = rows_of(run)
    assert threads == 4 and where == ""
    assert [row.arm.architecture for row in rows] == ["reuseport_loops", "shared_reactor"]
    assert rows[1].shares == pytest.approx({0: 0.55, 1: 0.2, 2: 0.15, 3: 0.1})
    assert rows[1].fullest == (0, pytest.approx(0.55))
    assert rows[1].times_the_mean == pytest.approx(2.2)


def test_all_rows_have_one_scale_and_the_fullest_is_named(tmp_path):
    run, figure = drawn_apart(draw, tmp_path, **case())
    (axes,) = figure.axes
    heights = [height for _, height in bars(axes)]
    assert max(heights) == pytest.approx(softirq_by_cpu.HIGHEST)
    assert min(heights) == pytest.approx(softirq_by_cpu.HIGHEST * 0.1 / 0.55)
    assert "CPU 0: 55 %, 2.20x the mean" in said(figure)
    assert "CPU 0: 22 %, 1.10x the mean" in said(figure)
    assert "that none ran on" not in said(figure)


def test_cpus_without_a_server_thread_are_paler(tmp_path):
    _, figure = drawn_apart(draw, tmp_path, **case(
        headline={**AT_FOUR, "threads": 2}))
    (axes,) = figure.axes
    pale = {round(bar.get_x() + bar.get_width() / 2) for bar in axes.patches
            if bar.get_alpha() == softirq_by_cpu.OF_IDLE}
    assert pale == {2, 3} and "of a CPU that none ran on" in said(figure)


def test_what_is_not_valid_is_dashed_and_has_no_median(tmp_path):
    run, figure = drawn_apart(draw, tmp_path, **case(
        verdict_of=lambda name, *_: ["network_limited"] if name == "shared_reactor" else []))
    text = said(figure)
    assert "dashed: no median is told" in text and "hollow: network_limited" in text
    assert "No trial is valid there of shared_reactor." in reading(run)


def test_its_reading_says_the_fullest_and_the_evenest(tmp_path):
    run = load_run(write_run(tmp_path / "two", **case()))
    assert reading(run) == (
        "At 4 server threads the fullest CPU of the server's machine, CPU 0 with shared_reactor, "
        "spends 55 % of the window in soft interrupts, 2.20 times the mean of all 4. With "
        "reuseport_loops it is 1.10 times.")
    quiet = load_run(write_run(tmp_path / "quiet", **case(lambda *_: 0.0001)))
    assert reading(quiet) == ("At 4 server threads no CPU of the server's machine spends more than "
                              "0.01 % of the window in soft interrupts.")
    bad = load_run(write_run(tmp_path / "bad", **case(verdict_of=lambda *_: ["client_bound"])))
    assert reading(bad).startswith("At 4 server threads no arm has a median")


def test_nothing_at_all_is_drawn_too(tmp_path):
    run, figure = drawn_apart(draw, tmp_path, **case(lambda *_: 0.0))
    assert "CPU 0: 0 %" in said(figure)


def test_many_cpus_and_arms_leave_texts_apart(tmp_path):
    found = case(architectures=[f"architecture_number_{i}" for i in range(9)], blocks=1)
    for trial in found["trials"]:
        (one, *_), window = trial["machine_cpu"]["per_cpu"], trial["machine_cpu"]
        window["per_cpu"] = [{**one, "cpu": cpu, "softirq_s": 0.01 * cpu} for cpu in range(64)]
    run = load_run(write_run(tmp_path, **found))
    figure, renderer = figure_of(draw, run)
    assert_texts_apart(figure, renderer)
    assert "CPU 63: " in said(figure)


def test_on_one_machine_it_says_why_it_is_not_drawn():
    run = load_run(PUBLISHED / "20261126T174556Z-bench")
    assert missing(run).startswith("network between server and load: on loopback whoever sends")


def test_hosts_that_were_lost_are_no_figure(tmp_path):
    found = case(blocks=1)
    for trial in found["trials"]:
        trial["hosts"]["server"]["machine_cpu"] = None
    assert missing(load_run(write_run(tmp_path, **found)))
