"""For tests of charts: draws one with warnings as errors, and looks at what stands in it."""

from __future__ import annotations

import warnings
from itertools import combinations
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

import style
from results import load_run
from synthetic_run import PUBLISHED, write_run

PUBLISHED_RUNS = sorted(path.parent for path in PUBLISHED.glob("*/trials.jsonl"))


def division(server_cpus: int, cores: int) -> dict:
    return {"server": list(range(server_cpus)), "load": [server_cpus], "physical_cores": cores}


def shared_beyond(threads_that_fit: int):
    """A verdict_of of synthetic_run.sweep()."""
    return lambda _, threads, block: ["shared_cpus"] if threads > threads_that_fit else []


def figure_of(draw, run):
    """The figure that `draw` makes of `run`, and the renderer that has drawn it."""
    with style.applied(), warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = draw(run)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    return figure, canvas.get_renderer()


def drawn(draw, folder: Path, **case):
    """Of an invented run: the run, its figure, and the renderer. `case`: write_run's arguments."""
    run = load_run(write_run(folder, **case))
    return run, *figure_of(draw, run)


def texts_of(figure) -> list:
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


def said(figure) -> str:
    """All text of the figure, with line ends as spaces."""
    return " ".join(" ".join(text.get_text().split()) for text in texts_of(figure))


class Dot:
    """One mark of a line that has several: for all but its place, it is the line."""

    def __init__(self, line, x: float, y: float) -> None:
        self._line, self._x, self._y = line, x, y

    def get_xdata(self) -> tuple:
        return (self._x,)

    def get_ydata(self) -> tuple:
        return (self._y,)

    def __getattr__(self, name: str):
        return getattr(self._line, name)


def dots_of(axes) -> list[Dot]:
    """Each block's mark."""
    return [Dot(line, x, y) for line in axes.lines if line.get_label() == "_block"
            for x, y in zip(line.get_xdata(), line.get_ydata())]


def is_hollow(line) -> bool:
    return line.get_markerfacecolor() == "none"


def assert_texts_apart(figure, renderer) -> None:
    """No text is clipped by the figure, and none lies on another."""
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts_of(figure)]
    for text, box in boxes:
        inside = (box.x0 >= 0 and box.y0 >= 0
                  and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1)
        assert inside, text
    for (one, box), (other, other_box) in combinations(boxes, 2):
        apart = (box.x1 <= other_box.x0 or other_box.x1 <= box.x0
                 or box.y1 <= other_box.y0 or other_box.y1 <= box.y0)
        assert apart, (one, other)


def drawn_apart(draw, folder: Path, **case):
    """As drawn(), of a figure whose texts are whole and apart: the run, and its figure."""
    run, figure, renderer = drawn(draw, folder, **case)
    assert_texts_apart(figure, renderer)
    return run, figure
