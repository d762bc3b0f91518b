"""Architectures look alike in every chart and unlike each other, also in grey and colour-blind."""

import re
from itertools import combinations
from math import dist
from pathlib import Path

import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

import style
from trial import PEER, Arm

OKABE_ITO = {"#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"}
OURS = {"#332288", "#882255", "#8B5A2B"}  # beside these, for ten
ALL = list(style.ARCHITECTURES.values()) + list(style.SPARES)

# What is left of linear red, green and blue without one kind of cone (Machado and others, 2009).
VISIONS = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
                   (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
                     (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
                   (0.004733, 0.691367, 0.303900)),
}


def seen(color: str, vision: str) -> tuple:
    """`color` in CIELAB, whose distances are about those that eyes see, with that vision."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    red, green, blue = (min(1, max(0, sum(map(float.__mul__, map(float, row), linear))))
                        for row in VISIONS[vision])
    xyz = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505, (
        0.2126 * red + 0.7152 * green + 0.0722 * blue), (
        0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def least_apart(one: str, other: str) -> float:
    return min(dist(seen(one, vision), seen(other, vision)) for vision in VISIONS)


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
    assert {one.color for one in ALL} <= OKABE_ITO | OURS
    colors = [one.color for one in style.ARCHITECTURES.values()]
    assert len(set(colors)) == 10
    # Okabe and Ito's own are 16 apart; ours are further from them and from each other.
    for one, other in combinations(colors, 2):
        assert least_apart(one, other) > (20 if {one, other} & OURS else 16), (one, other)


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


ALL_HTTP2 = [Arm(architecture, "epoll", http2)
             for architecture in style.ARCHITECTURES for http2 in style.HTTP2]


def test_under_one_http2_an_architecture_looks_as_ever():
    for http2 in [*style.HTTP2, "h3"]:
        one, other = Arm("dealt_loops", "epoll", http2), Arm("new_loops", "epoll", http2)
        assert style.styles_of_arms([one, other]) == {
            one: style.ARCHITECTURES["dealt_loops"],
            other: style.styles_of(["new_loops"])["new_loops"]}


def test_under_several_http2_colour_and_shape_stay_the_architectures():
    for arm, look in style.styles_of_arms(ALL_HTTP2).items():
        own, told = style.ARCHITECTURES[arm.architecture], style.HTTP2[arm.http2]
        assert (look.color, look.marker) == (own.color, own.marker)
        assert (look.line, look.stretch) == (told.line, told.stretch)


def test_http2_is_told_in_grey_by_the_line_and_by_a_hollow_marker_too():
    told = [*style.HTTP2.values(), style.SPARE_FACTOR]
    assert len({one.line for one in told}) == len({one.stretch for one in told}) == len(told)
    assert style.SHORT_DASHES not in {one.line for one in told}
    # Width by height: what the eye compares. Only the spare keeps the shape, and is smaller.
    ratios = sorted(one.stretch[0] / one.stretch[1] for one in style.HTTP2.values())
    assert all(wider / narrower > 1.8 for narrower, wider in zip(ratios, ratios[1:]))


def test_a_stretched_marker_is_wider_or_narrower_and_no_other_shape():
    looks = style.styles_of_arms(ALL_HTTP2)
    assert style.marker_of(looks["shared_epoll", "epoll", "lean"]) == "D"
    for http2, sign in (("nghttp2", 1), ("null", -1)):
        marker = style.marker_of(looks["shared_epoll", "epoll", http2])
        box = marker.get_path().transformed(marker.get_transform()).get_extents()
        assert marker.get_marker() == "D" and sign * (box.width - box.height) > 0.3


def test_engines_are_told_by_the_line_whatever_the_http2():
    arms = [Arm("dealt_loops", engine, http2) for engine in ("epoll", "io_uring")
            for http2 in ("lean", "nghttp2")]
    one_http2 = style.styles_of_arms(arms[::2])
    assert len({(look.line, look.stretch) for look in one_http2.values()}) == 2
    both = style.styles_of_arms(arms)
    assert {look.color for look in both.values()} == {style.ARCHITECTURES["dealt_loops"].color}
    for arm, look in both.items():
        assert look.line == style.ENGINES[arm.engine].line
        assert look.stretch == style.HTTP2[arm.http2].stretch


def test_peers_are_grey_and_unlike_each_other_and_change_nothing_of_ours():
    ours = Arm("dealt_loops", "epoll", "lean")
    peers = [Arm(name, PEER, PEER) for name in ("tonic", "grpcpp", "nginx", "envoy")]
    looks = style.styles_of_arms([ours, *peers])
    assert looks[ours] == style.ARCHITECTURES["dealt_loops"]
    for peer in peers:
        assert len(set(to_rgb(looks[peer].color))) == 1
    assert len({looks[peer] for peer in peers}) == 4
    assert all(style.luminance(one.color) < 180 for one in style.PEERS)
    assert not {one.marker for one in style.PEERS} & {
        one.marker for one in style.ARCHITECTURES.values()}
    assert {one.marker for one in style.PEERS} <= set(Line2D.filled_markers)


@pytest.mark.parametrize("value, text", [
    (0, "0"), (999, "999"), (999.6, "1.00 k"), (9_999, "10.0 k"), (98_700, "98.7 k"),
    (304_900, "305 k"), (999_600, "1.00 M"), (1_234_000, "1.23 M"), (12_340_000, "12.3 M")])
def test_a_figure_has_three_digits(value, text):
    assert style.three_digits(value) == text


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


def test_a_tick_just_above_the_largest_is_drawn():
    axes = Figure().add_subplot()
    style.start_y_at_zero(axes, 2.95, "times")
    assert list(axes.get_yticks()) == [0, 1, 2, 3]


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
