"""How charts look: one colour, marker and line an architecture, the same in every chart.

Where a chart has several http2, colour and marker stay the architecture's; the line, and how wide
or narrow the marker is, tell the http2.

The table below needs no matplotlib, so that asking for a style costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

# Okabe and Ito's colours, told apart with any kind of colour vision. Their yellow is left out: it
# does not show on white.
BLACK = "#000000"
ORANGE = "#E69F00"
SKY_BLUE = "#56B4E9"
GREEN = "#009E73"
BLUE = "#0072B2"
VERMILLION = "#D55E00"
PURPLE = "#CC79A7"

TEXT = "#222222"
FAINT_TEXT = "#555555"
CEILING = "#444444"
BOUNDARY = "#777777"
GRID = "#E4E4E4"

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


# Every marker is different. Where a colour returns, the line differs, and it returns for a near
# relative. Colours that share a kind of line lie far apart in grey.
ARCHITECTURES = {
    "shared_reactor": SeriesStyle(ORANGE, "o", SOLID),
    "reuseport_loops": SeriesStyle(BLUE, "s", SOLID),
    "reuseport_shared_reactor": SeriesStyle(SKY_BLUE, "^", DASHES_AND_DOTS),
    "shared_epoll": SeriesStyle(GREEN, "D", LONG_DASHES),
    "dealt_loops": SeriesStyle(PURPLE, "v", LONG_DASHES),
    "shared_listener_loops": SeriesStyle(VERMILLION, "P", DASHES_AND_DOTS),
    "steered_loops": SeriesStyle(BLACK, "X", SOLID),
    "reuseport_processes": SeriesStyle(BLUE, "p", DASHES_AND_DOTS),
    "stranded_reactor": SeriesStyle(ORANGE, "h", DOTS),
    "thread_per_connection": SeriesStyle(BLACK, "*", LONG_DASHES),
}

# For an architecture newer than the table: a chart with a plain line is better than none.
SPARES = (
    SeriesStyle(VERMILLION, "<", DOTS),
    SeriesStyle(GREEN, ">", DOTS),
    SeriesStyle(PURPLE, "8", SOLID),
    SeriesStyle(SKY_BLUE, "H", LONG_DASHES),
)


def styles_of(architectures: Sequence[str]) -> dict[str, SeriesStyle]:
    """A style for each name. Names outside the table take spares in alphabetical order."""
    unknown = sorted({name for name in architectures if name not in ARCHITECTURES})
    spare = {name: SPARES[i % len(SPARES)] for i, name in enumerate(unknown)}
    return {name: ARCHITECTURES.get(name) or spare[name] for name in architectures}


@dataclass(frozen=True)
class Http2Style:
    """The line of every architecture under one http2, and the stretch of its marker."""

    line: str | tuple
    stretch: tuple[float, float]


# The heavier the protocol, the wider the marker. A marker's fill is taken: hollow is not valid. In
# the short sample beside a name the marker covers the gap of longer dashes.
HTTP2 = {
    "null": Http2Style(DENSE_DASHES, (0.6, 1.3)),
    "lean": Http2Style(SOLID, (1.0, 1.0)),
    "nghttp2": Http2Style(DOTS, (1.4, 0.6)),
}

# For an http2 newer than the table.
SPARE_HTTP2 = Http2Style(DASHES_AND_DOTS, (0.7, 0.7))


def styles_of_pairs(pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], SeriesStyle]:
    """A style for each (architecture, http2): the architecture's own where there is one http2."""
    own = styles_of([architecture for architecture, _ in pairs])
    if len({http2 for _, http2 in pairs}) < 2:
        return {pair: own[pair[0]] for pair in pairs}
    found = {}
    for architecture, http2 in pairs:
        told = HTTP2.get(http2, SPARE_HTTP2)
        found[architecture, http2] = replace(own[architecture], line=told.line,
                                             stretch=told.stretch)
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
    axes.set_yticks([tick for tick in ticks if 0 <= tick <= largest] or [0.0])
    axes.yaxis.set_major_formatter(EngFormatter())
    axes.set_ylabel(unit)
    axes.grid(axis="y", color=GRID, linewidth=0.8)


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
