"""Each HTTP/2's ratio is of its own trials, and what the protocol hides is told only if shown."""

from dataclasses import replace

import pytest
from matplotlib.colors import to_hex

from drawn import assert_texts_apart, division, drawn, is_hollow, said
from protocol_weight import draw, missing, reading
from results import load_run
from synthetic_run import PUBLISHED, as_version_2, trial_document, write_run

HTTP2 = ("lean", "nghttp2", "null")
COSTS = {"null": 2.0, "lean": 4.0, "nghttp2": 10.0}  # microseconds a request
OVER, UNDER = "reuseport_loops", "shared_reactor"


def trials(ratios, streams=(1, 10), blocks=8, http2=HTTP2, verdict_of=lambda *at: [], aa=None,
           spread=0.0):
    """ratios: of each http2, how far OVER is above UNDER. aa: how far UNDER is from itself."""
    found = []

    def add(name, version, count, block, rate, role="arm"):
        line = as_version_2(trial_document(
            len(found), name, 4, block, verdict_of(name, version, count, block), rate, "arm",
            version, conditions={"streams": count}))
        line["role"] = role
        line["cell"] = f"{name}/{version}/t4/c64/s{count}"
        of_thread = line["server"]["threads"][0]
        cpu = COSTS[version] * 1e-6 * of_thread["requests"]
        for part in (line["server"], of_thread):
            part["cpu_user_s"], part["cpu_system_s"] = 0.25 * cpu, 0.75 * cpu
        found.append(line)

    for block in range(blocks):
        for count in streams:
            for version in http2:
                drift = 1 + spread * (block % 5 - 2)
                add(UNDER, version, count, block, 1e5)
                add(OVER, version, count, block, 1e5 * ratios[version] * drift)
        if aa is not None:
            add(UNDER, http2[0], streams[0], block, 1e5 * aa ** (1 if block % 2 else -1), "aa")
    return found


def case(ratios, streams=(1, 10), blocks=8, http2=HTTP2, **more):
    made = dict(trials=trials(ratios, streams, blocks, http2, **more), cpu_division=division(8, 8),
                plan__blocks=blocks, plan__http2=list(http2), headline__threads=4,
                headline__http2=http2[0], headline__against_http2=http2[0],
                headline__connections=64, headline__streams=streams[-1])
    if len(streams) > 1:
        made["plan__streams"] = list(streams)
    return made


HIDDEN = {"null": 2.0, "lean": 1.6, "nghttp2": 1.25}
CASES = {
    "three http2, two streams": case(HIDDEN, spread=0.01, aa=1.05),
    "one block, one number of streams": case(HIDDEN, (10,), blocks=1),
    "all invalid": case(HIDDEN, verdict_of=lambda *at: ["noisy_host"]),
    "many streams, long texts": {
        **case(HIDDEN, tuple(range(1, 9)), blocks=2, http2=("lean", "nghttp2")),
        "plan__question": "Which of $these$ is it? " * 12},
    "one failed without a number": case(
        HIDDEN, verdict_of=lambda name, version, count, block:
        ["failed"] if (name, version, block) == (OVER, "lean", 1) else []),
}


@pytest.fixture(scope="module", params=CASES)
def chart(request, tmp_path_factory):
    return drawn(draw, tmp_path_factory.mktemp("case") / "run", **CASES[request.param])


def dots(axes) -> list:
    """(value, whether it is hollow) of each block's dot."""
    return sorted((y, is_hollow(line)) for line in axes.lines
                  if line.get_linestyle() == "None" and line.get_transform() == axes.transData
                  and line.get_markersize() < 6 for y in line.get_ydata())


def test_no_text_overlaps_another_or_is_clipped(chart):
    assert_texts_apart(*chart[1:])


def test_axes_start_at_zero_and_have_units(chart):
    for axes, unit in zip(chart[1].axes, ("ratio of requests per second",
                                          "server CPU a request (µs)")):
        assert axes.get_ylim()[0] == 0 and axes.get_yscale() == "linear"
        assert axes.get_ylabel() == unit and axes.get_xlabel() == "streams on each connection"
        assert not any("m" in text.get_text() for text in axes.get_yticklabels())  # milli


def test_every_block_is_there_once_and_hollow_unless_valid(chart):
    run, figure, _ = chart
    by_cell = {(trial.arm, trial.conditions, trial.block): trial for trial in run.arms}
    ratios = []
    for (arm, conditions, block), trial in by_cell.items():
        if arm.architecture == OVER:
            other = by_cell[arm._replace(architecture=UNDER), conditions, block]
            ratios.append((pytest.approx(trial.throughput_per_s / other.throughput_per_s),
                           not (trial.is_valid and other.is_valid)))
    assert dots(figure.axes[0]) == sorted(ratios, key=lambda one: (one[0].expected, one[1]))
    assert len(dots(figure.axes[1])) == len(run.arms)


def medians_of(axes) -> dict:
    return {line.get_label(): [y for y in line.get_ydata() if y == y] for line in axes.lines
            if not line.get_label().startswith("_") and line.get_transform() == axes.transData
            and line.get_markersize() > 6}


def test_medians_are_those_of_each_http2(tmp_path):
    run, figure, _ = drawn(draw, tmp_path, **case(HIDDEN))
    ratios, cpu = (medians_of(axes) for axes in figure.axes)
    assert ratios == {name: pytest.approx([HIDDEN[name]] * 2) for name in HTTP2}
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == [
        "0x", "0.5x", "1x", "1.5x", "2x"]
    assert cpu == {f"{arm}, {name}": pytest.approx([COSTS[name]] * 2)
                   for name in HTTP2 for arm in (OVER, UNDER)}
    told = reading(run)
    assert told.startswith("reuseport_loops against shared_reactor at 4 server threads, streams: "
                           "10, requests per second: with null 2.00x (2.00–2.00, 99.2 % interval) "
                           "over 8 blocks; with lean 1.60x (")
    assert ("Server CPU a request, in the median: with null 2.0 µs (reuseport_loops) and 2.0 µs "
            "(shared_reactor), with lean 4.0 µs (reuseport_loops) and 4.0 µs (shared_reactor), "
            "with nghttp2 10.0 µs (reuseport_loops) and 10.0 µs (shared_reactor)." in told)
    assert told.endswith("The ratio with null by that with nghttp2: 1.60x (1.60–1.60, 99.2 % "
                         "interval) over 8 blocks.")


def test_the_heavier_the_darker(tmp_path):
    _, figure, _ = drawn(draw, tmp_path, **case(HIDDEN, blocks=1))
    shades = {line.get_label(): to_hex(line.get_color()) for line in figure.axes[0].lines}
    assert shades["null"] > shades["lean"] > shades["nghttp2"]


def test_a_tie_hides_nothing(tmp_path):
    run = load_run(write_run(tmp_path, **case({name: 1.3 for name in HTTP2})))
    assert reading(run).endswith("1.00x (1.00–1.00, 99.2 % interval) over 8 blocks: no difference "
                                 "shown.")


def test_an_inversion_is_told_as_one(tmp_path):
    run = load_run(write_run(tmp_path, **case({"null": 0.8, "lean": 1.0, "nghttp2": 1.6})))
    assert "with null 0.80x (" in reading(run)
    assert "by that with nghttp2: 0.50x (0.50–0.50, 99.2 % interval) over 8 blocks." in reading(run)


def test_what_lies_within_the_noise_is_no_difference(tmp_path):
    run, figure, _ = drawn(draw, tmp_path, **case({"null": 1.08, "lean": 1.0, "nghttp2": 1.0},
                                                  aa=1.05))
    assert "with null 1.08x (1.08–1.08, 99.2 % interval) over 8 blocks;" in reading(run)
    assert reading(run).endswith("1.08x (1.08–1.08, 99.2 % interval) over 8 blocks: no difference "
                                 "shown."), "two ratios have the noise of both"
    assert "around 1: how far the same arm lay from itself" in said(figure)
    assert "that was measured with lean and 1 stream alone" in said(figure)


def test_what_is_not_valid_has_no_median_and_says_so(tmp_path):
    run, figure, _ = drawn(draw, tmp_path, **CASES["all invalid"])
    assert not any(medians_of(figure.axes[0]).values())
    assert "no median in 6 of 6 comparisons" in said(figure)
    assert "hollow: noisy_host (96 trials)" in said(figure)
    assert "with lean, no ratio: 0 of 8 blocks have both valid (noisy_host 16)" in reading(run)
    assert reading(run).endswith("48 of 48 trials are not valid, and in no median (noisy_host 48).")
    assert "Server CPU" not in reading(run) and "The ratio with" not in reading(run)


def test_what_cannot_be_drawn_says_why(tmp_path):
    run = load_run(write_run(tmp_path, **case(HIDDEN, blocks=1)))
    assert missing(run) == ""
    assert missing(replace(run, headline=None)).startswith("comparison: its plan names no headline")
    alone = replace(run.headline, under=run.headline.over._replace(http2="nghttp2"))
    assert missing(replace(run, headline=alone)).startswith("two architectures of ours in its head")
    later = replace(run, headline=replace(run.headline, threads=8))
    assert missing(later).startswith("trial of both architectures with a second HTTP/2")


@pytest.mark.parametrize("folder", sorted(PUBLISHED.glob("2*")), ids=lambda path: path.name)
def test_published_runs_have_one_http2(folder):
    assert missing(load_run(folder)) == (
        "second HTTP/2: a plan of several has it (coresweep run protocol_weight)")
