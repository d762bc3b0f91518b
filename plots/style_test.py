"""Architectures look alike in every chart and unlike each other, also in grey and colour-blind."""

import re
from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

import style

OKABE_ITO = {"#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"}
ALL = list(style.ARCHITECTURES.values()) + list(style.SPARES)


def test_the_table_has_the_ten_architectures():
    assert set(style.ARCHITECTURES) == {
        "shared_reactor", "reuseport_loops", "reuseport_shared_reactor", "shared_epoll",
        "dealt_loops", "shared_listener_loops", "steered_loops", "reuseport_processes",
        "stranded_reactor", "thread_per_connection"}


def test_every_architecture_that_the_servers_have_is_in_the_table():
    sources = Path(__file__).resolve().parent.parent / "servers" / "architectures"
    names = {path.stem for path in sources.glob("*.cpp") if not path.stem.endswith("_test")}
    assert names <= set(style.ARCHITECTURES)


def test_colours_are_safe_for_the_colour_blind():
    assert {one.color for one in ALL} <= OKABE_ITO


def test_every_marker_is_different_and_can_be_hollow():
    assert len({one.marker for one in ALL}) == len(ALL)
    assert {one.marker for one in ALL} <= set(Line2D.filled_markers)


@pytest.mark.parametrize("one, other", combinations(style.ARCHITECTURES, 2))
def test_two_architectures_differ_in_grey_by_their_line_or_their_shade(one, other):
    one, other = style.ARCHITECTURES[one], style.ARCHITECTURES[other]
    shades_apart = abs(style.luminance(one.color) - style.luminance(other.color))
    assert one.line != other.line or shades_apart > 30


def test_the_two_that_are_always_compared_lie_far_apart_in_grey():
    shared = style.luminance(style.ARCHITECTURES["shared_reactor"].color)
    per_thread = style.luminance(style.ARCHITECTURES["reuseport_loops"].color)
    assert abs(shared - per_thread) > 60


def test_everything_stands_out_from_white():
    assert all(style.luminance(one.color) < 180 for one in ALL)


ALL_PAIRS = [(architecture, http2) for architecture in style.ARCHITECTURES for http2 in style.HTTP2]


def test_under_one_http2_an_architecture_looks_as_ever():
    for http2 in [*style.HTTP2, "h3"]:
        assert style.styles_of_pairs([("dealt_loops", http2), ("tonic", http2)]) == {
            ("dealt_loops", http2): style.ARCHITECTURES["dealt_loops"],
            ("tonic", http2): style.styles_of(["tonic"])["tonic"]}


def test_under_several_http2_colour_and_shape_stay_the_architectures():
    for (architecture, http2), look in style.styles_of_pairs(ALL_PAIRS).items():
        own, told = style.ARCHITECTURES[architecture], style.HTTP2[http2]
        assert (look.color, look.marker) == (own.color, own.marker)
        assert (look.line, look.stretch) == (told.line, told.stretch)


def test_http2_is_told_in_grey_by_the_line_and_by_a_hollow_marker_too():
    told = [*style.HTTP2.values(), style.SPARE_HTTP2]
    assert len({one.line for one in told}) == len({one.stretch for one in told}) == len(told)
    assert style.SHORT_DASHES not in {one.line for one in told}
    # Width by height: what the eye compares. Only the spare keeps the shape, and is smaller.
    ratios = sorted(one.stretch[0] / one.stretch[1] for one in style.HTTP2.values())
    assert all(wider / narrower > 1.8 for narrower, wider in zip(ratios, ratios[1:]))


def test_a_stretched_marker_is_wider_or_narrower_and_no_other_shape():
    looks = style.styles_of_pairs(ALL_PAIRS)
    assert style.marker_of(looks["shared_epoll", "lean"]) == "D"
    for http2, sign in (("nghttp2", 1), ("null", -1)):
        marker = style.marker_of(looks["shared_epoll", http2])
        box = marker.get_path().transformed(marker.get_transform()).get_extents()
        assert marker.get_marker() == "D" and sign * (box.width - box.height) > 0.3


def test_luminance_is_what_grey_conversion_leaves():
    assert style.luminance("#000000") == 0
    assert style.luminance("#FFFFFF") == pytest.approx(255)
    assert style.luminance("#00FF00") > style.luminance("#FF0000") > style.luminance("#0000FF")


def test_no_architecture_has_the_line_of_the_ceiling():
    assert all(one.line != style.SHORT_DASHES for one in ALL)


def test_a_style_does_not_depend_on_what_else_is_drawn():
    alone = style.styles_of(["dealt_loops"])["dealt_loops"]
    assert style.styles_of(list(style.ARCHITECTURES))["dealt_loops"] == alone


def test_names_outside_the_table_get_styles_of_their_own():
    styles = style.styles_of(["tonic", "shared_reactor", "nginx", "envoy"])
    assert len(set(styles.values())) == 4
    assert styles["shared_reactor"] == style.ARCHITECTURES["shared_reactor"]
    assert style.styles_of(["envoy", "nginx", "tonic"])["tonic"] == styles["tonic"]
    many = style.styles_of([f"peer_{i}" for i in range(9)])
    assert len(many) == 9


@pytest.mark.parametrize("largest", [0.0, 0.4, 7.0, 123_456.0, 7_600_000.0])
def test_y_starts_at_zero_and_ends_above_the_largest(largest):
    axes = Figure().add_subplot()
    axes.plot([1, 2], [largest / 2, largest])
    style.start_y_at_zero(axes, largest, "requests per second")
    axes.plot([1], [10 * largest + 1])  # what is drawn later does not move it
    bottom, top = axes.get_ylim()
    assert bottom == 0 and largest < top <= max(1.2 * largest, 1)
    assert axes.get_yticks()[0] == 0 and axes.get_yticks()[-1] <= top
    assert axes.get_ylabel() == "requests per second"


def test_y_is_named_with_si_prefixes():
    axes = Figure().add_subplot()
    style.start_y_at_zero(axes, 1_500_000, "requests per second")
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names[0] == "0" and "500 k" in names and "1.5 M" in names


def test_settings_override_the_users_and_are_undone():
    import matplotlib

    with matplotlib.rc_context({"axes.facecolor": "red", "font.size": 30}):
        with style.applied():
            assert to_rgb(matplotlib.rcParams["axes.facecolor"]) == (1, 1, 1)
            assert matplotlib.rcParams["font.size"] == style.TEXT_SIZE
        assert matplotlib.rcParams["font.size"] == 30


@pytest.mark.parametrize("wanted", [
    [], [5.0], [1.0, 2.0, 9.0], [5.0, 5.0, 5.0], [0.0, 0.0, 0.1], [9.9, 10.0, 10.0],
    [0.0, 4.9, 5.0, 5.0, 5.1, 10.0], [5.0] * 10,
])
def test_labels_are_shared_out_without_overlap_or_leaving(wanted):
    heights = [1.0] * len(wanted)
    centres = style.shared_out(wanted, heights, 10.0)
    assert centres == sorted(centres)
    assert all(after - before >= 1 - 1e-9 for before, after in zip(centres, centres[1:]))
    assert all(0.5 - 1e-9 <= centre <= 9.5 + 1e-9 for centre in centres)


def test_labels_with_room_stay_where_they_want_to_be():
    assert style.shared_out([2.0, 4.0, 8.0], [1.0, 1.0, 2.0], 10.0) == [2.0, 4.0, 8.0]


def test_labels_that_want_one_place_spread_evenly_around_it():
    assert style.shared_out([5.0, 5.0, 5.0], [1.0, 1.0, 1.0], 10.0) == pytest.approx([4, 5, 6])


def test_only_style_has_colours():
    folder = Path(__file__).resolve().parent
    for path in folder.glob("*.py"):
        if path.name not in ("style.py", "style_test.py"):
            assert re.findall(r"#[0-9A-Fa-f]{6}\b", path.read_text(encoding="utf-8")) == [], path
