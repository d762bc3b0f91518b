"""The fits are those of the trials that may be fitted, and no more is said than they carry."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

import style
import usl
from drawn import assert_texts_apart, division, drawn, said
from results import load_run
from scalability_fit import draw, missing, parameter_text, reading
from synthetic_run import PUBLISHED, sweep, write_run

if not usl.has_scipy():
    pytest.skip("SciPy of PyPI is not installed (cmake/install_wheels.sh)",
                allow_module_level=True)

COUNTS = [1, 2, 4, 8, 16, 32]
KNOWN = {"shared_reactor": (1e5, 0.05, 1e-3), "reuseport_loops": (9e4, 0.01, 0.0)}
LARGE = {"cpu_division": division(64, 32), "machine__physical_cores": 64}


def of_law(known=KNOWN, spread=0.0, seed=1):
    """A throughput_of: the law's own, and far off it where threads share cores."""
    chance = random.Random(seed)

    def throughput(architecture, threads, block):
        exact = usl.Fit(*known[architecture], 32).at(threads) if threads <= 32 else 5e5
        return exact * chance.gauss(1, spread)

    return throughput


def case(known=KNOWN, counts=COUNTS, spread=0.0, **more):
    return dict(trials=sweep(list(known), counts, throughput_of=of_law(known, spread),
                             ceiling_per_s=None, **more), **LARGE)


CASES = {
    "two arms, SMT beyond": case(counts=[*COUNTS, 64], spread=0.01),
    "one block": case(blocks=1),
    "ten architectures, 64 thread counts": dict(
        trials=sweep(list(style.ARCHITECTURES), list(range(1, 65)), blocks=1, ceiling_per_s=None),
        cpu_division=division(64, 64), plan__question="Which of $these$ is it? " * 12),
    "two conditions, one arm without a fit": dict(
        trials=sweep(thread_counts=COUNTS, conditions=[{"handler_cpu": "0ns"},
                                                       {"handler_cpu": "5us"}], ceiling_per_s=None,
                     verdict_of=lambda name, threads, block:
                     ["noisy_host"] if (name, threads) == ("shared_reactor", 8) else []),
        plan__handler_cpu=["0ns", "5us"], **LARGE),
}


@pytest.fixture(scope="module", params=CASES)
def chart(request, tmp_path_factory):
    return drawn(draw, tmp_path_factory.mktemp("case") / "run", **CASES[request.param])


def test_no_text_overlaps_another_or_is_clipped(chart):
    assert_texts_apart(*chart[1:])


def test_curves_are_solid_where_measured_and_end_at_twice_that(chart):
    run, figure, _ = chart
    fitted = max(count for count in run.thread_counts
                 if count <= run.cpu_division.server_physical_cores)
    for axes in figure.axes[::2]:
        lines = [line for line in axes.lines if len(line.get_xdata()) > 50
                 and line.get_linestyle() != "None"]
        solid = [line for line in lines if not line.is_dashed()]
        dashed = [line for line in lines if line.is_dashed()]
        assert solid and len(solid) == len(dashed)
        assert {max(line.get_xdata()) for line in solid} == {fitted}
        assert {min(line.get_xdata()) for line in dashed} == {fitted}
        assert {max(line.get_xdata()) for line in dashed} == {2 * fitted}
        assert axes.get_ylim()[0] == 0 and axes.get_xscale() == axes.get_yscale() == "linear"
        assert axes.get_ylabel() == "requests per second"


def test_every_trial_is_drawn_at_its_threads(chart):
    run, figure, _ = chart
    points = sorted((x, y) for axes in figure.axes[::2] for line in axes.lines
                    if line.get_linestyle() == "None" and line.get_label() != "_peak"
                    and line.get_transform() == axes.transData
                    for x, y in zip(line.get_xdata(), line.get_ydata()))
    assert points == sorted((trial.threads, trial.throughput_per_s) for trial in run.arms)


def run_of(folder: Path, **made):
    return load_run(write_run(folder, **made))


def test_known_parameters_are_told(tmp_path):
    run, figure, _ = drawn(draw, tmp_path, **case())
    assert "shared_reactor σ 0.050, κ 0.0010 peak at 31 threads" in said(figure)
    told = reading(run)
    assert ("shared_reactor: contention 0.050 (0.050–0.050, 99.2 % interval), crosstalk 0.0010 "
            "(0.0010–0.0010, 99.2 % interval), so at 32 threads each does 28 % of what one alone "
            "would, and most is answered at 31 (31–31, 99.2 % interval) threads (8 blo") in told
    assert "reuseport_loops: contention 0.010 (0.010–0.010, 99.2 % interval), crosstalk 0" in told
    assert "none shown, so at 32 threads each does 76 %" in told
    assert "not valid" not in told


def test_what_shares_cores_is_in_no_fit_and_is_said_to_be(tmp_path):
    run, figure, _ = drawn(draw, tmp_path, **case(counts=[*COUNTS, 64]))
    assert "shared_reactor σ 0.050, κ 0.0010" in said(figure)
    assert "paler, in no fit: threads share physical cores" in said(figure)
    assert "contention 0.050 (0.050–0.050" in reading(run)


def test_a_peak_beyond_what_was_measured_is_said_to_be(tmp_path):
    told = reading(run_of(tmp_path, **case({"shared_reactor": (1e5, 0.0, 1 / 40**2)})))
    assert "most is answered at 40 (40–40, 99.2 % interval) threads, beyond what was meas" in told


@pytest.mark.parametrize("known", [(1e5, 1.0, 0.0), (1e5, 0.0, 0.0), (1e5, 0.02, 1e-5)])
def test_no_peak_is_promised_that_the_data_do_not_carry(tmp_path, known):
    run, figure, _ = drawn(draw, tmp_path, **case({"shared_reactor": known}, spread=0.002))
    assert "peak" not in said(figure) and "most is answered" not in reading(run)


def test_noise_that_hides_both_costs_shows_neither(tmp_path):
    told = reading(run_of(tmp_path, **case({"shared_reactor": (1e5, 0.001, 1e-5)}, spread=0.03)))
    assert "contention" in told and "none shown" in told


def test_arms_that_are_alike_read_alike(tmp_path):
    told = reading(run_of(tmp_path, **case({name: (1e5, 0.05, 1e-3) for name in KNOWN})))
    first, second = (part.split(": ", 1)[1] for part in told.split(". They")[0].split("; ")
                     if ": " in part)
    assert first.split("(8 blocks")[0] == second.split("(8 blocks")[0]


def test_few_blocks_are_a_range(tmp_path):
    told = reading(run_of(tmp_path, **case(blocks=2)))
    assert "contention 0.050 (0.050–0.050, a range)" in told


def test_trials_that_are_not_valid_are_left_out_and_counted(tmp_path):
    spoilt = case(counts=[1, 2, 4, 6, 8, 16, 32], verdict_of=lambda name, threads, block:
                  ["noisy_host"] if threads == 6 else [])
    for trial in spoilt["trials"]:
        if trial["verdict"]:
            trial["throughput_per_s"] *= 3
    told = reading(run_of(tmp_path, **spoilt))
    assert "contention 0.050 (0.050–0.050" in told
    assert told.endswith("16 of 112 trials are not valid, and in no median (noisy_host 16).")


def test_a_count_that_verdicts_select_is_in_no_fit_and_named(tmp_path):
    """Where it lies off in half of the blocks, fits to what is valid would be to other counts."""
    bound = case(counts=[1, 2, 4, 6, 8, 16, 32], blocks=6, verdict_of=lambda name, threads, block:
                 ["client_bound"] if threads == 8 and block < 3 else [])
    for trial in bound["trials"]:
        if trial["factors"]["threads"] == 8:  # valid or not
            trial["throughput_per_s"] *= 2
    run, figure, renderer = drawn(draw, tmp_path, **bound)
    assert_texts_apart(figure, renderer)
    told = reading(run)
    assert "shared_reactor: contention 0.050 (0.050–0.050, 96.9 % interval)" in told
    assert "shared_reactor, 8 threads (3 of 6 valid (client_bound 3))" in told
    assert "shared_reactor, 8 threads: no median: 3 of 6 valid (client_bound 3)" in said(figure)
    assert "paler, in no fit: its arm, its thread count or its block has no whole" in said(figure)


def test_all_fits_are_to_the_same_counts(tmp_path):
    """A block that the host spoilt at one count has no fit; in half of the blocks, none has."""
    def noisy(blocks):
        return case(counts=[1, 2, 4, 6, 8, 16, 32], blocks=6,
                    verdict_of=lambda name, threads, block:
                    ["noisy_host"] if (threads, block) in blocks else [])

    told = reading(run_of(tmp_path / "two", **noisy({(32, 0), (16, 1)})))
    assert "(4 blocks; medians" in told and "contention 0.050 (0.050–0.050, a range)" in told
    run = run_of(tmp_path / "three", **noisy({(32, 0), (16, 1), (8, 2)}))
    assert missing(run).startswith("block in which an arm has six valid thread counts")


def test_connections_that_come_and_go_are_not_fitted(tmp_path):
    run = replace(run_of(tmp_path, **case(blocks=1)), mode="churn")
    assert missing(run).startswith("throughput of connections that are kept: its plan opens them")


def test_what_cannot_be_fitted_says_why(tmp_path):
    few = run_of(tmp_path / "few", **case(counts=COUNTS[:5]))
    assert missing(few).startswith("six thread counts with a physical core for each thread: the "
                                   "run has 5, the server set 32 cores (coresweep run arch")
    invalid = run_of(tmp_path / "invalid", **case(verdict_of=lambda *at: ["noisy_host"]))
    assert missing(invalid).startswith("block in which an arm has six valid thread counts")
    smt = case()
    smt["cpu_division"] = division(64, 16)
    assert "the run has 5, the server set 16 cores" in missing(run_of(tmp_path / "smt", **smt))
    assert missing(run_of(tmp_path / "good", **case(blocks=1))) == ""


@pytest.mark.parametrize("folder", sorted(PUBLISHED.glob("2*")), ids=lambda path: path.name)
def test_published_runs_of_small_machines_are_not_fitted(folder):
    assert "the run has 1, the server set 1 core " in missing(load_run(folder))


@pytest.mark.parametrize("value, text", [
    (0.0, "0"), (1e-9, "0"), (0.05, "0.050"), (0.00021, "0.00021"), (0.0099999, "0.010"),
    (1.0, "1.0"), (12.34, "12.3")])
def test_parameters_are_plain_numbers(value, text):
    assert parameter_text(value) == text
