"""Colour is the architecture and the marker whose code; no ratio is of what is not valid."""

import statistics
from dataclasses import replace

import pytest

import charts
import style
from broken_runs import refusal
from cpu_time import answers_of
from drawn import assert_texts_apart, division, drawn, said, shared_beyond
from implementations import CHART, arms_of, draw, missing, reading, styles_of
from page import page_of
from report_page_test import HOSTILE, Page
from results import load_run
from synthetic_run import peer_document, sweep, write_run
from trial import PEER, Arm

STREAMS = ({"streams": 1}, {"streams": 10}, {"streams": 100})
# Requests per second of CPU time with 10 streams, of ours with lean and of each peer.
OURS = {"reuseport_loops": 1_000_000.0, "shared_reactor": 500_000.0}
PEERS = {"tonic_loops": 200_000.0, "tonic_shared": 100_000.0, "other": 50_000.0}
DOCUMENTS = [
    peer_document("tonic_loops", implementation="tonic", architecture="reuseport_loops",
                  varies=["threads"]),
    peer_document("tonic_shared", implementation="tonic", architecture="shared_reactor",
                  varies=["threads", "reply_bytes"]),
    peer_document("other", implementation="other", architecture=None)]


def answering(trials, levels=OURS | PEERS, spread=0.0):
    """Each answers by its level, in a second of CPU time; ten times as few with one stream."""
    for trial in trials:
        server, factors = trial["server"], trial["factors"]
        if server is None or trial["role"] != "arm":
            continue
        level = levels[factors["architecture"]] * factors["streams"] / 10
        level *= 1 + spread * (trial["block"] % 3 - 1)
        server["cpu_user_s"] = 0.25 * server["threads"][0]["requests"] / level
        server["cpu_system_s"] = 3 * server["cpu_user_s"]
    return trials


def case(conditions=STREAMS, spread=0.0, levels=OURS | PEERS, peers=DOCUMENTS, **more) -> dict:
    made = dict(trials=answering(sweep(**{
        "http2": ["lean"], "peers": list(PEERS), "conditions": conditions, "ceiling_per_s": None,
        "blocks": 6, "thread_counts": [1], **more}), levels, spread), peers=peers, headline=None,
        plan__blocks=more.get("blocks", 6), cpu_division=division(2, 2))
    return {**made, "plan__streams": [one["streams"] for one in conditions]} if len(
        conditions) > 1 else made


def many(codes: int) -> dict:
    """Ten of ours under two http2, and peers of so many codes."""
    names = [f"peer_{i}" for i in range(codes)]
    trials = sweep(list(style.ARCHITECTURES), [1, 2], 1, http2=["lean", "nghttp2"], peers=names,
                   conditions=STREAMS)
    return dict(trials=trials, peers=[peer_document(name) for name in names], headline=None,
                plan__streams=[1, 10, 100], plan__http2=["lean", "nghttp2"])


ODD = "$\\frac{$ \n\t" + "W" * 80
CASES = {
    "three streams": case(),
    "one stream, by threads": case(STREAMS[1:2], thread_counts=[1, 2, 4],
                                   verdict_of=shared_beyond(2)),
    "two thread counts": case(thread_counts=[1, 2, 4], verdict_of=shared_beyond(2)),
    "all invalid": case(verdict_of=shared_beyond(0)),
    "one block": case(blocks=1),
    "64 counts": case(({},), thread_counts=list(range(1, 65)), blocks=1),
    "20 arms of ours, 15 peers": many(15),
    "hostile names": dict(
        trials=answering(sweep(peers=[ODD], thread_counts=[1]), OURS | {ODD: 3.0}), headline=None,
        peers=[peer_document(ODD, implementation=ODD, architecture=ODD[::-1])]),
}


@pytest.mark.parametrize("name", CASES)
def test_no_text_overlaps_another_or_is_clipped(tmp_path, name):
    run, figure, renderer = drawn(draw, tmp_path, **CASES[name])
    assert missing(run) == ""
    assert_texts_apart(figure, renderer)
    assert reading(run).endswith(".")
    assert all(axes.get_yscale() == "log" for axes in figure.axes)


def marks_of(axes, label: str) -> list:
    """x, y, colour and marker of each."""
    return [(x, y, line.get_color(), line.get_marker()) for line in axes.lines
            if line.get_label() == label and line.get_transform() == axes.transData
            for x, y in zip(line.get_xdata(), line.get_ydata()) if y == y]


def test_each_median_stands_in_its_place_in_its_colour_and_marker(tmp_path):
    run, figure, _ = drawn(draw, tmp_path, **case(spread=0.1))
    (axes,) = figure.axes
    looks, places = styles_of(run), []
    for arm in arms_of(run):
        found = marks_of(axes, arm.architecture)
        own = [trial for trial in run.arms if trial.arm == arm]
        assert [y for _, y, _, _ in found] == [pytest.approx(statistics.median(
            answers_of(trial) for trial in own if trial.streams == streams))
            for streams in (1, 10, 100)]
        assert {mark[2:] for mark in found} == {(looks[arm].color, looks[arm].marker)}
        places.append([x for x, *_ in found])
        assert [round(x) for x in places[-1]] == [0, 1, 2]
    assert places == sorted(places), "those of one code side by side, ours first"
    bars = [bars for bars in axes.collections if bars.get_label() == "_interval"]
    assert [len(one.get_segments()) for one in bars] == [3] * len(looks)
    assert "96" not in said(figure) and "the median's interval, at least 95 %" in said(figure)


def test_colour_is_the_architecture_and_marker_whose_code():
    ours = Arm("reuseport_loops", "epoll", "lean")
    arms = {ours: ("reuseport_loops", "our lean"),
            ours._replace(architecture="shared_reactor"): ("shared_reactor", "our lean"),
            ours._replace(http2="nghttp2"): ("reuseport_loops", "our nghttp2")}
    arms |= {Arm(name, PEER, PEER): look for name, look in {
        "a": ("reuseport_loops", "a"), "b": (None, "a"), "c": ("nobody's", "a")}.items()}
    looks = list(style.styles_of_codes(arms).values())
    by_arm = dict(zip(sorted(arms), looks))
    table = style.ARCHITECTURES["reuseport_loops"].color
    for arm, (architecture, code) in arms.items():
        assert (by_arm[arm].color == table) == (architecture == "reuseport_loops")
        assert by_arm[arm].marker == {"our lean": "o", "our nghttp2": "s", "a": "^"}[code]
    unknown = [by_arm[Arm(name, PEER, PEER)] for name in "bc"]
    assert {one.color for one in unknown} == {style.NO_ARCHITECTURE}
    assert unknown[0].line != unknown[1].line, "alike in both, so their line tells them apart"
    assert len(set(style.MARKERS_OF_CODES)) == len(style.MARKERS_OF_CODES)


def test_there_is_a_legend_of_colours_and_one_of_markers(tmp_path):
    _, figure, _ = drawn(draw, tmp_path, **case())
    colors, codes, _ = [[text.get_text() for text in legend.get_texts()]
                        for legend in figure.legends]
    assert colors[1:] == ["shared_reactor", "reuseport_loops", "like none of ours, or not told"]
    assert codes[1:] == ["our lean", "other", "tonic"]


def test_the_engine_is_told_of_a_run_with_several(tmp_path):
    run = load_run(write_run(tmp_path, **case(engines=["epoll", "io_uring"])))
    assert {run.implementation_of(arm) for arm in run.compared} == {
        "our lean, epoll", "our lean, io_uring", "tonic", "other"}


def bound_with_100_streams() -> dict:
    made = case()
    for trial in made["trials"]:
        if trial["factors"]["streams"] == 100 and trial["factors"]["http2"] == "lean":
            trial.update(verdict=["client_bound"], verdict_details={"client_bound": "invented"})
    return made


def test_what_is_not_valid_is_hollow_and_in_no_ratio(tmp_path):
    run, figure, _ = drawn(draw, tmp_path, **bound_with_100_streams())
    (axes,) = figure.axes
    assert sorted(y for _, y, *_ in marks_of(axes, "_not valid")) == [
        pytest.approx(10 * level) for level in sorted(OURS.values())]
    assert [len(marks_of(axes, name)) for name in (*OURS, *PEERS)] == [2, 2, 3, 3, 3]
    assert "hollow: client_bound (12 trials)" in said(figure)
    told = reading(run)
    assert ("On 1 thread with 100 streams no median is told of reuseport_loops (0 of 6 valid "
            "(client_bound 6)), shared_reactor (0 of 6 valid (client_bound 6)).") in told
    assert told.count("with 100 streams") == 2, "there and of tonic alone"


def test_peers_of_an_older_run_are_each_their_own_code_of_no_architecture(tmp_path):
    old = [peer_document(name) for name in PEERS]
    run, figure, _ = drawn(draw, tmp_path, **case(peers=old))
    peers = [arm for arm in run.compared if arm.is_peer]
    assert [(run.architecture_of(arm), run.implementation_of(arm)) for arm in peers] == [
        (None, arm.architecture) for arm in peers]
    assert "No two codes of one architecture have a median there." in reading(run)
    without = replace(run, peers=())
    assert [run.implementation_of(arm) for arm in peers] == [
        without.implementation_of(arm) for arm in peers]


def test_what_cannot_be_drawn_says_why(tmp_path):
    run = load_run(write_run(tmp_path / "ours", sweep(blocks=1)))
    assert missing(run).startswith("peer: a plan that names somebody else's servers has them")
    failed = load_run(write_run(tmp_path / "failed", sweep(
        peers=["tonic"], verdict_of=lambda *at: ["failed"], throughput_of=lambda *at: None)))
    assert missing(failed).startswith("CPU time of a server")


def test_a_page_has_a_table_of_peers_and_folds_their_deviations(tmp_path):
    deviations = [{"what": "TCP_NODELAY on", "default": "off", "why": "answers wait"}]
    peers = [
        {**DOCUMENTS[0], "version": "tonic 0.14.2", "versions_found": {"cargo": "1.85.0"},
         "varies": ["threads"], "left_out": None, "deviations": deviations},
        peer_document("old"),
        peer_document("gone", implementation="gone", architecture="x", deviations=[],
                      version="", left_out="cargo is missing: apt-get install cargo")]
    run = load_run(write_run(tmp_path, **case(STREAMS[1:2], blocks=1, peers=peers)))
    found = Page(page_of(run, []))
    assert [values["data-peer"] for _, values in found.elements if "data-peer" in values] == [
        "tonic_loops", "old", "gone"]
    assert ("tonic_loops invented tonic reuseport_loops tonic 0.14.2 here: cargo 1.85.0 1 "
            "deviation TCP_NODELAY on (by default off): answers wait no old invented old – not "
            "told not told no gone invented gone x not told nothing cargo is missing: apt-get "
            "install cargo" in found.text)
    assert "#peers" in {values.get("href") for _, values in found.elements}


def test_hostile_text_of_a_peer_breaks_neither_page_nor_chart(tmp_path):
    odd = HOSTILE.replace("\u2028", "\u2028\x01\x0b\ufffe") + "W" * 9_999
    name = odd[:100]
    peers = [peer_document(name, summary=odd[:200], implementation=name, architecture=name,
                           version=odd[:200], versions_found={odd: odd}, left_out=odd,
                           deviations=[dict.fromkeys(("what", "default", "why"), odd[:500])])]
    trials = sweep(peers=[name], thread_counts=[1], blocks=1)
    run = load_run(write_run(tmp_path, trials, peers=peers, headline=None))
    found = Page(page_of(run, charts.draw_all(run, tmp_path, [CHART])))
    assert len(found.scripts) == 2 and "img" not in [tag for tag, _ in found.elements]
    assert "implementations" in [values.get("data-chart") for _, values in found.elements]
    assert "W" * 500 not in found.text
    assert "Here each dot is one median over blocks." in found.text


def test_a_page_of_a_run_without_peers_has_no_word_of_them(tmp_path):
    run = load_run(write_run(tmp_path, sweep(blocks=1, thread_counts=[1])))
    assert "peers" not in Page(page_of(run, [])).ids()


@pytest.mark.parametrize("field, value, complaint", [
    ("architecture", 3, "architecture: 3 is not of type 'string', 'null'"),
    ("implementation", "", "implementation: '' "),
    ("deviations", [{"what": "x", "why": "y"}], "'default' is a required property"),
    ("left_out", False, "left_out: False is not of type 'string', 'null'"),
])
def test_what_the_schema_forbids_of_a_peer_is_refused(tmp_path, field, value, complaint):
    folder = write_run(tmp_path, sweep(blocks=1), peers=[peer_document("tonic", **{field: value})])
    assert "run.json: peers.0." in refusal(folder) and complaint in refusal(folder)
