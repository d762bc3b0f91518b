"""Small panels side by side: a row an arm, named once at the left, and a thing measured each.

Rows are told apart by their names, so colours and markers need no legend. Each panel has a scale of
its own, from zero.
"""

from __future__ import annotations

from collections.abc import Sequence

import frame
import style

ROW_HEIGHT = 0.36  # inches
PANELS_ABREAST = 4
GAP = 0.28  # inches between panels
BELOW_PANEL = 0.55  # inches: tick labels and the x axis' name
ROOM_OF_FIGURE = 0.55  # inches at the right of a panel, for what is written of each row


def strip_axes(title: str, subtitles: Sequence[str], names: Sequence[str],
               headings: Sequence[str], legend_rows: int, room: float = ROOM_OF_FIGURE,
               abreast: int = PANELS_ABREAST, row_height: float = ROW_HEIGHT):
    """A figure, and axes for each of `headings`, with `names` from the top and these written.

    room: at the right of each panel, for write_beside; row_height: both in inches
    """
    from matplotlib.figure import Figure

    blocks, above = frame.header_of(title, subtitles)
    abreast = min(abreast, len(headings))
    lines_of_panels = -(-len(headings) // abreast)
    left = 2 * frame.MARGIN + max(frame.text_width(name, style.TEXT_SIZE) for name in names)
    width = (style.FIGURE_WIDTH - left - frame.MARGIN - (abreast - 1) * GAP) / abreast - room
    wrapped = [frame.wrapped(text, style.SMALL_SIZE, "bold", width + room) for text in headings]
    heading = (max(map(len, wrapped)) + 0.8) * frame.line_height(style.SMALL_SIZE)
    panel = row_height * len(names) + 0.1
    step = heading + panel + BELOW_PANEL
    height = above + lines_of_panels * step + frame.legend_height(legend_rows) + 0.2 + frame.MARGIN
    figure = Figure(figsize=(style.FIGURE_WIDTH, height), facecolor="white")
    all_axes = []
    for i, lines in enumerate(wrapped):
        column, line = i % abreast, i // abreast
        axes = figure.add_axes((
            (left + column * (width + room + GAP)) / style.FIGURE_WIDTH,
            (height - above - line * step - heading - panel) / height,
            width / style.FIGURE_WIDTH, panel / height))
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_yticks(range(len(names)), list(names) if column == 0 else [""] * len(names))
        axes.tick_params(axis="y", length=0)
        for row in range(len(names)):
            axes.axhline(row, color=style.GRID, linewidth=0.8, zorder=0.5)
        axes.annotate("\n".join(lines), xy=(0, 1), xycoords="axes fraction", xytext=(0, 4),
                      textcoords="offset points", size=style.SMALL_SIZE, weight="bold",
                      va="bottom", annotation_clip=False)
        all_axes.append(axes)
    frame.write_header(figure, blocks)
    return figure, all_axes


def start_x_at_zero(axes, largest: float) -> None:
    """Few ticks, none named so near the right end that it would reach the next panel's."""
    from matplotlib.ticker import MaxNLocator

    top = 1.06 * largest if largest > 0 else 1.0
    bins = max(2, int(frame.size_in_inches(axes)[0]))
    ticks = [tick for tick in MaxNLocator(nbins=bins, steps=[1, 2, 2.5, 5, 10]).tick_values(0, top)
             if 0 <= tick <= 1.001 * top] if largest > 0 else [0.0]
    axes.set_xlim(0, top)
    axes.set_xticks(ticks, [f"{tick:.4g}" for tick in ticks])


def write_beside(axes, row: int, text: str) -> None:
    """At the right of a panel, in an arm's row."""
    axes.annotate(text, xy=(1, row), xycoords=("axes fraction", "data"), xytext=(5, 0),
                  textcoords="offset points", size=style.SMALL_SIZE, va="center",
                  linespacing=1.1, annotation_clip=False)


def legend_below(figure, all_axes: Sequence, handles: Sequence) -> None:
    """Under the lowest panels' x axis' name, at the figure's left."""
    lowest = min(axes.get_position().y0 for axes in all_axes)
    figure.legend(
        handles=list(handles), loc="upper left", frameon=False, fontsize=style.SMALL_SIZE,
        bbox_to_anchor=(frame.MARGIN / style.FIGURE_WIDTH,
                        lowest - BELOW_PANEL / figure.get_figheight()),
        borderpad=0, borderaxespad=0, labelspacing=frame.LEGEND_SPACING, handlelength=1.5,
        handletextpad=0.6)
