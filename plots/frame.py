"""The frame around every chart: title and subtitle, room for labels, and a legend underneath.

Everything outside the axes is text, so it is measured first and the figure is made large enough:
nothing is clipped or overlaps, however long a question or a CPU's name is. Lengths are inches.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import style

MARGIN = 0.2
LEFT_OF_AXES = 0.95  # tick labels and the y axis' name
BELOW_AXES = 0.62  # tick labels and the x axis' name
SAMPLE_WIDTH = 0.5  # a piece of line with its marker, before a name at the right
LABEL_GAP = 0.22  # from the axes to that sample, crossed by the label's leader
LABEL_HEIGHT = 0.19  # a line of text, as it is shared out beside the axes
POINTS_PER_INCH = 72.0
LINE_SPACING = 1.25
LEGEND_SPACING = 0.5  # between rows, in font sizes


@dataclass(frozen=True)
class EndLabel:
    """A name beside the axes, at the height where its series ends.

    value: that height, on the y axis. style: of the sample before the name, if it has one.
    """

    text: str
    value: float
    sample: dict


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Width of one line in inches. 3 % more than its outline: a renderer rounds every letter."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=style.SETTINGS["font.family"], size=size, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return 1.03 * width / POINTS_PER_INCH


def unbroken(text: str) -> str:
    """No line ends between a number and its "%"."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def wrapped(text: str, size: float, weight: str, width: float) -> list[str]:
    """`text` in lines of at most `width` inches, broken at spaces, or within a longer word.

    A no-break space is not a space here.
    """
    lines = [""]
    for word in unbroken(text).split(" "):
        joined = f"{lines[-1]} {word}".lstrip(" ")
        if text_width(joined, size, weight) <= width:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:
            if text_width(lines[-1] + letter, size, weight) > width:
                lines.append("")
            lines[-1] += letter
    return lines


def header_of(title: str, subtitles: Sequence[str]) -> tuple[list[tuple[str, float]], float]:
    """Each text in its lines, with its size, and how high they are together with their margin."""
    room = style.FIGURE_WIDTH - 2 * MARGIN
    blocks = [("\n".join(wrapped(title, style.TITLE_SIZE, "bold", room)), style.TITLE_SIZE)]
    blocks += [("\n".join(wrapped(subtitle, style.SMALL_SIZE, "normal", room)), style.SMALL_SIZE)
               for subtitle in subtitles]
    return blocks, 1.5 * MARGIN + sum(_block_height(*block) for block in blocks)


def write_header(figure, blocks: Sequence[tuple[str, float]]) -> None:
    height = figure.get_figheight()
    cursor = height - MARGIN
    for text, size in blocks:
        is_title = size == style.TITLE_SIZE
        figure.text(
            MARGIN / style.FIGURE_WIDTH, cursor / height, text, size=size, va="top",
            weight="bold" if is_title else "normal", linespacing=LINE_SPACING - 0.05,
            color=style.TEXT if is_title else style.FAINT_TEXT, parse_math=False,
        )
        cursor -= _block_height(text, size)


def legend_height(rows: int) -> float:
    return rows * style.SMALL_SIZE * (1 + LEGEND_SPACING) / POINTS_PER_INCH


def framed_axes(
    title: str,
    subtitles: Sequence[str],
    rows_above: int,
    end_texts: Sequence[str],
    legend_rows: int,
    panels: int = 1,
    axes_heights: Sequence[float] = (),
):
    """A figure and the axes of its panels, from the top, with the header written.

    rows_above: lines of small text kept free above each panel's axes
    end_texts: names that will stand at the right (EndLabel.text); they decide how wide the axes are
    legend_rows: rows of the legend that will stand underneath
    axes_heights: of each panel, from the top, where they are not style.AXES_HEIGHT (inches)
    """
    from matplotlib.figure import Figure

    blocks, header = header_of(title, subtitles)
    above_axes = (rows_above + 0.8) * line_height(style.SMALL_SIZE)
    above = header + above_axes
    tall = list(axes_heights) or [style.AXES_HEIGHT] * panels
    bottoms = [sum(tall[: i + 1]) + i * (BELOW_AXES + above_axes) for i in range(len(tall))]
    legend = legend_height(legend_rows)
    height = above + bottoms[-1] + BELOW_AXES + legend + MARGIN

    longest = max(text_width(line, style.SMALL_SIZE) for text in end_texts
                  for line in text.split("\n"))
    right = LABEL_GAP + SAMPLE_WIDTH + longest + MARGIN
    figure = Figure(figsize=(style.FIGURE_WIDTH, height), facecolor="white")
    axes = [figure.add_axes((
        LEFT_OF_AXES / style.FIGURE_WIDTH,
        (height - above - bottom) / height,
        (style.FIGURE_WIDTH - LEFT_OF_AXES - right) / style.FIGURE_WIDTH,
        own / height,
    )) for own, bottom in zip(tall, bottoms)]
    write_header(figure, blocks)
    return figure, axes


def room_for(labels: Sequence[str], height: float = style.AXES_HEIGHT) -> float:
    """How tall axes are on which labels with these texts stand: at least `height` (inches)."""
    lines = sum(text.count("\n") + 1 for text in labels)
    return max(height, LABEL_HEIGHT * lines)


def label_ends(axes, labels: Sequence[EndLabel]) -> None:
    """Writes each label beside the axes near its value, moved apart where they would overlap."""
    width, height = size_in_inches(axes)
    to_scale = axes.transScale + axes.transLimits  # a share of the axes, linear or not
    labels = sorted(labels, key=lambda label: (label.value, label.text))
    wanted = [min(max(to_scale.transform((1.0, label.value))[1], 0.0), 1.0) * height
              for label in labels]
    heights = [LABEL_HEIGHT * (label.text.count("\n") + 1) for label in labels]
    for label, start, y in zip(labels, wanted, style.shared_out(wanted, heights, height)):
        sample_start = 1 + LABEL_GAP / width
        sample_end = sample_start + SAMPLE_WIDTH / width
        within = {"transform": axes.transAxes, "clip_on": False}
        axes.plot([1.0, sample_start - 0.03 / width], [start / height, y / height],
                  color=style.BOUNDARY, linewidth=0.6, **within)
        middle = (sample_start + sample_end) / 2
        if label.sample.get("marker"):
            marker_only = {**label.sample, "linestyle": "none"}
            axes.plot([middle], [y / height], **marker_only, **within)
        axes.plot([sample_start, sample_end - 0.06 / width], [y / height] * 2,
                  **{**label.sample, "marker": None}, **within)
        axes.text(sample_end, y / height, label.text, size=style.SMALL_SIZE, va="center",
                  transform=axes.transAxes, linespacing=1.1, parse_math=False)


def legend_below(figure, axes, handles: Sequence, right: float = 0.0, rows_above: int = 0) -> None:
    """A legend of one column under the x axis' name, from artists that carry labels.

    right: inches from where the axes begin; rows_above: of a legend that stands between
    """
    position = axes.get_position()
    below = (BELOW_AXES + legend_height(rows_above)) / figure.get_figheight()
    legend = figure.legend(
        handles=list(handles), loc="upper left",
        bbox_to_anchor=(position.x0 + right / style.FIGURE_WIDTH, position.y0 - below),
        frameon=False, fontsize=style.SMALL_SIZE, borderpad=0, borderaxespad=0,
        labelspacing=LEGEND_SPACING, handlelength=1.5, handletextpad=0.6,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)  # a name may hold anything


def scale_y_log(axes, values: Sequence[float], name: str, tick_text) -> None:
    """A log scale from a little below the least of `values`, all above 0, to above the largest.

    Its ticks are fixed here: 1, 2, 5 of each decade, or every decade where there are many.
    """
    low, high = min(values) / 1.3, max(values) * 1.15
    if high < 4 * low:
        low, high = low / 1.5, high * 1.5
    steps = (1, 2, 5) if high < 3000 * low else (1,)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [step * 10.0**decade for decade in decades for step in steps]
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    axes.set_yticks([tick for tick in ticks if low <= tick <= high])
    axes.set_yticks([], minor=True)
    axes.yaxis.set_major_formatter(lambda value, _: tick_text(value))
    axes.set_ylabel(f"{name} (log)")
    axes.grid(axis="y", color=style.GRID, linewidth=0.8)


def write_above(axes, x: float, row: int, text: str) -> None:
    """Writes a line of small text above the axes.

    x: where it begins, in data; there it ends instead when the figure has no room to the right
    row: 0 is the lowest
    """
    width, _ = size_in_inches(axes)
    left, right = axes.get_xlim()
    from_axes = (x - left) / (right - left) * width
    room = style.FIGURE_WIDTH - LEFT_OF_AXES - MARGIN - from_axes
    fits_right = text_width(text, style.SMALL_SIZE) <= room
    axes.annotate(
        text, xy=(x, 1.0), xycoords=("data", "axes fraction"),
        xytext=(0, 3 + row * style.SMALL_SIZE * LINE_SPACING), textcoords="offset points",
        ha="left" if fits_right else "right", size=style.SMALL_SIZE, color=style.FAINT_TEXT,
        annotation_clip=False,
    )


def write_heading(axes, row: int, text: str) -> None:
    """Writes what tells a panel from the others, in a row of write_above."""
    axes.annotate(
        text, xy=(0.0, 1.0), xycoords="axes fraction",
        xytext=(0, 3 + row * style.SMALL_SIZE * LINE_SPACING), textcoords="offset points",
        size=style.SMALL_SIZE, weight="bold", color=style.TEXT, annotation_clip=False,
    )


def size_in_inches(axes) -> tuple[float, float]:
    position, figure = axes.get_position(), axes.figure
    return position.width * figure.get_figwidth(), position.height * figure.get_figheight()


def line_height(size: float) -> float:
    return size * LINE_SPACING / POINTS_PER_INCH


def _block_height(text: str, size: float) -> float:
    return (text.count("\n") + 1) * line_height(size)
