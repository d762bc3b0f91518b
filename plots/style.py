"""How charts look: one colour, marker and line an architecture, the same in every chart.

Where a chart has several http2 or engines, colour and marker stay the architecture's; the line,
and how wide or narrow the marker is, tell the http2 or the engine. Where it has several of both,
the line tells the engine and the marker the http2. Peers are grey.

implementations.py alone has colour for the architecture and the marker for whose code it is, a
peer's as ours. Elsewhere marker and line are taken by http2 and engine, so that a peer in its
architecture's colour would look like one more of ours.

The table below needs no matplotlib, so that asking for a style costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trial import Arm

# Okabe and Ito's colours, told apart with any kind of colour vision, without their yellow, which
# does not show on white. The last three are those that lie furthest from these and each other, with
# every kind of colour vision (style_test.py computes it).
BLACK = "#000000"
ORANGE = "#E69F00"
SKY_BLUE = "#56B4E9"
GREEN = "#009E73"
BLUE = "#0072B2"
VERMILLION = "#D55E00"
PURPLE = "#CC79A7"
INDIGO = "#332288"
WINE = "#882255"
BROWN = "#8B5A2B"

TEXT = "#222222"
FAINT_TEXT = "#555555"
CEILING = "#444444"
BOUNDARY = "#777777"
GRID = "#E4E4E4"
BESIDE = "#B4B4B4"  # trials that are there to judge others
OTHER_LOAD = "#9A9A9A"
BAND = "#D6D6D6"  # where chance alone has its place: noise, a random hash

# The same on a page that is dark (report.html): lighter, and of the same hue, so that an
# architecture is recognised. Greys change places.
ON_DARK = {
    BLACK: "#F2F2F2", ORANGE: "#F0B429", SKY_BLUE: "#7CC7F2", GREEN: "#1FC29A", BLUE: "#3D94DB",
    VERMILLION: "#F0793A", PURPLE: "#E09BC2", INDIGO: "#8E7FEA", WINE: "#D1508F", BROWN: "#BE8A55",
}
PAPER = "#FFFFFF"
PAPER_ON_DARK = "#15181D"

SOLID = "solid"
LONG_DASHES = (0, (9, 2))
DASHES_AND_DOTS = (0, (6, 2, 1, 2))
DOTS = (0, (1, 1.5))
DENSE_DASHES = (0, (3, 1))
SHORT_DASHES = (0, (4, 3))  # kept for what is no architecture: the ceiling and boundaries

FIGURE_WIDTH = 9.0  # inches
AXES_HEIGHT = 3.9  # inches: the same in every chart, whatever its header and legend take
TITLE_SIZE = 13.0  # points, as all sizes of type
TEXT_SIZE = 9.0
SMALL_SIZE = 8.5

SETTINGS = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same letters on every machine
    "font.size": TEXT_SIZE,
    "text.color": TEXT,
    "axes.labelcolor": TEXT,
    "axes.edgecolor": FAINT_TEXT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
    "savefig.dpi": 150,
    # The same run gives the same bytes: ids in an SVG are random without a salt.
    "svg.hashsalt": "coresweep",
    "svg.fonttype": "path",
}


@contextmanager
def applied() -> Iterator[None]:
    """Draw and save within it: our settings over matplotlib's own, and nothing of the user's."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(SETTINGS)
        yield


@dataclass(frozen=True)
class SeriesStyle:
    """A colour (#RRGGBB), a matplotlib marker that can be hollow, and a matplotlib line style.

    stretch: of the marker, in width and in height
    """

    color: str
    marker: str
    line: str | tuple
    stretch: tuple[float, float] = (1.0, 1.0)


# Every colour and every marker is different. Colours that share a kind of line lie far apart in
# grey.
ARCHITECTURES = {
    "shared_reactor": SeriesStyle(ORANGE, "o", SOLID),
    "reuseport_loops": SeriesStyle(BLUE, "s", SOLID),
    "reuseport_shared_reactor": SeriesStyle(SKY_BLUE, "^", DASHES_AND_DOTS),
    "shared_epoll": SeriesStyle(GREEN, "D", LONG_DASHES),
    "dealt_loops": SeriesStyle(PURPLE, "v", LONG_DASHES),
    "shared_listener_loops": SeriesStyle(VERMILLION, "P", DASHES_AND_DOTS),
    "steered_loops": SeriesStyle(BLACK, "X", SOLID),
    "reuseport_processes": SeriesStyle(INDIGO, "p", DASHES_AND_DOTS),
    "stranded_reactor": SeriesStyle(BROWN, "h", DOTS),
    "thread_per_connection": SeriesStyle(WINE, "*", LONG_DASHES),
}

# For an architecture newer than the table: a chart with a plain line is better than none.
SPARES = (
    SeriesStyle(VERMILLION, "<", DOTS),
    SeriesStyle(GREEN, ">", DOTS),
    SeriesStyle(PURPLE, "8", SOLID),
    SeriesStyle(SKY_BLUE, "H", LONG_DASHES),
)

# Somebody else's servers, in alphabetical order of those in the chart.
PEERS = (
    SeriesStyle("#8C8C8C", "<", LONG_DASHES),
    SeriesStyle("#5E5E5E", ">", DASHES_AND_DOTS),
    SeriesStyle("#A6A6A6", "8", DOTS),
    SeriesStyle("#747474", "H", DENSE_DASHES),
)

# Of those who wrote the code, one each, where the marker says that.
MARKERS_OF_CODES = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">", "d", "p", "h", "8")
NO_ARCHITECTURE = "#8C8C8C"
LINES_OF_ALIKE = (SOLID, DENSE_DASHES, DOTS, DASHES_AND_DOTS, LONG_DASHES)


def styles_of(architectures: Sequence[str]) -> dict[str, SeriesStyle]:
    """A style for each name. Names outside the table take spares in alphabetical order."""
    unknown = sorted({name for name in architectures if name not in ARCHITECTURES})
    spare = {name: SPARES[i % len(SPARES)] for i, name in enumerate(unknown)}
    return {name: ARCHITECTURES.get(name) or spare[name] for name in architectures}


@dataclass(frozen=True)
class FactorStyle:
    """The line of every architecture under one http2 or engine, and the stretch of its marker."""

    line: str | tuple
    stretch: tuple[float, float]


# The heavier the protocol, the wider the marker. A marker's fill is taken: hollow is not valid. In
# the short sample beside a name the marker covers the gap of longer dashes.
HTTP2 = {
    "null": FactorStyle(DENSE_DASHES, (0.6, 1.3)),
    "lean": FactorStyle(SOLID, (1.0, 1.0)),
    "nghttp2": FactorStyle(DOTS, (1.4, 0.6)),
}

ENGINES = {
    "epoll": FactorStyle(SOLID, (1.0, 1.0)),
    "io_uring": FactorStyle(DENSE_DASHES, (1.4, 0.6)),
}

# Of a map of ratios: its middle, and a cell that is no result.
WHITE = "#FFFFFF"
NO_DIFFERENCE = "#C8C8C8"

# Where the lines of a chart are one an http2 and of no architecture: the heavier, the darker.
SHADES_OF_HTTP2 = {"null": "#9A9A9A", "lean": "#5C5C5C", "nghttp2": "#000000"}

# For an http2 or an engine newer than the tables.
SPARE_FACTOR = FactorStyle(DASHES_AND_DOTS, (0.7, 0.7))


def styles_of_arms(arms: Sequence[Arm]) -> dict[Arm, SeriesStyle]:
    """A style for each arm: the architecture's own where there is one http2 and one engine."""
    ours = [arm for arm in arms if not arm.is_peer]
    own = styles_of([arm.architecture for arm in ours])
    several_http2 = len({arm.http2 for arm in ours}) > 1
    several_engines = len({arm.engine for arm in ours}) > 1
    found = {}
    for arm in ours:
        look = own[arm.architecture]
        engine = ENGINES.get(arm.engine, SPARE_FACTOR)
        http2 = HTTP2.get(arm.http2, SPARE_FACTOR)
        if several_engines:
            look = replace(look, line=engine.line, stretch=engine.stretch)
        if several_http2:
            look = replace(look, stretch=http2.stretch,
                           line=engine.line if several_engines else http2.line)
        found[arm] = look
    for i, arm in enumerate(sorted(arm for arm in arms if arm.is_peer)):
        found[arm] = PEERS[i % len(PEERS)]
    return found


def styles_of_codes(codes: Mapping[Arm, tuple[str | None, str]]) -> dict[Arm, SeriesStyle]:
    """A style for each arm of its architecture, or None, and whose code it is.

    Arms that are alike in both are told apart by their line. Ours have the first markers.
    """
    markers = list(dict.fromkeys(
        code for _, code in sorted((arm.is_peer, code) for arm, (_, code) in codes.items())))
    alike: dict[tuple[str, str], int] = {}
    found = {}
    for arm, (architecture, code) in sorted(codes.items()):
        known = ARCHITECTURES.get(architecture or "")
        color = known.color if known else NO_ARCHITECTURE
        marker = MARKERS_OF_CODES[markers.index(code) % len(MARKERS_OF_CODES)]
        before = alike[color, marker] = alike.get((color, marker), -1) + 1
        found[arm] = SeriesStyle(color, marker, LINES_OF_ALIKE[before % len(LINES_OF_ALIKE)])
    return found


def marker_of(look: SeriesStyle):
    """What matplotlib takes as the marker of `look`."""
    if look.stretch == (1.0, 1.0):
        return look.marker
    from matplotlib.markers import MarkerStyle
    from matplotlib.transforms import Affine2D

    return MarkerStyle(look.marker, transform=Affine2D().scale(*look.stretch))


def luminance(color: str) -> float:
    """What is left of `color` (#RRGGBB) in grey: 0 black to 255 white (Rec. 601 luma)."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def start_y_at_zero(axes, largest: float, unit: str) -> None:
    """Scales y from zero to a little above `largest` (in `unit`), with ticks such as 200 k.

    The ticks are fixed here, so nothing that is drawn later moves the axis off zero. With nothing
    above zero there is no scale to tell, and zero is the only tick.
    """
    from matplotlib.ticker import EngFormatter, MaxNLocator

    top = 1.06 * largest if largest > 0 else 1.0
    ticks = MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]).tick_values(0, top)
    axes.set_ylim(0, top)
    axes.set_yticks([tick for tick in ticks if 0 <= tick <= top and largest > 0] or [0.0])
    axes.yaxis.set_major_formatter(EngFormatter())
    axes.set_ylabel(unit)
    axes.grid(axis="y", color=GRID, linewidth=0.8)


def three_digits(value: float) -> str:
    """`value`, which is not negative, with its SI prefix: 98.7 k, 305 k, 1.23 M."""
    prefix, scale = next(((name, size) for name, size in (("M", 1e6), ("k", 1e3))
                          if value >= 0.9995 * size), ("", 1.0))
    digits = value / scale
    places = 0 if digits >= 99.95 or not prefix else 1 if digits >= 9.995 else 2
    return f"{digits:.{places}f} {prefix}".rstrip()


def shared_out(wanted: Sequence[float], heights: Sequence[float], top: float) -> list[float]:
    """Centres for labels that would like to be at `wanted`, moved until none overlaps another.

    All in one unit, `wanted` ascending. Labels stay in order; where several want one place, they
    spread evenly around it; and they stay between 0 and `top` when their heights fit.
    """
    stacks: list[tuple[float, list[int]]] = []  # (bottom edge, labels from the bottom up)
    for i in range(len(wanted)):
        members = [i]
        bottom = _bottom(members, wanted, heights, top)
        while stacks and stacks[-1][0] + sum(heights[j] for j in stacks[-1][1]) > bottom:
            members = stacks.pop()[1] + members
            bottom = _bottom(members, wanted, heights, top)
        stacks.append((bottom, members))
    centres = []
    for bottom, members in stacks:
        for i in members:
            centres.append(bottom + heights[i] / 2)
            bottom += heights[i]
    return centres


def _bottom(members: Sequence[int], wanted, heights, top: float) -> float:
    """Where a stack of labels begins so that, on average, each is where it would like to be."""
    offset, below = 0.0, 0.0
    for i in members:
        offset += wanted[i] - (below + heights[i] / 2)
        below += heights[i]
    return max(0.0, min(offset / len(members), top - below))
