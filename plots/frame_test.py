"""Text is measured before there is a figure, so the measure must be that of the renderer."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import frame
import style

LONG = ("Which of all ten ways to arrange event loops, listeners, connections and threads scales "
        "with cores on this machine, and how far?")


def drawn_width(text: str, size: float, weight: str) -> float:
    """Width of `text` in inches, as Agg draws it."""
    with style.applied():
        figure = Figure(dpi=150)
        artist = figure.text(0, 0, text, size=size, weight=weight, parse_math=False)
        renderer = FigureCanvasAgg(figure).get_renderer()
        return artist.get_window_extent(renderer).width / 150


@pytest.mark.parametrize("size, weight", [(style.TITLE_SIZE, "bold"), (style.SMALL_SIZE, "normal")])
@pytest.mark.parametrize("text", ["W", "reuseport_shared_reactor", "$1 or $2?", LONG])
def test_text_is_as_wide_as_measured(text, size, weight):
    drawn = drawn_width(text, size, weight)
    assert drawn <= frame.text_width(text, size, weight) <= 1.06 * drawn + 0.03


@pytest.mark.parametrize("width", [0.5, 2.0, 8.0])
def test_wrapped_lines_fit_and_lose_nothing(width):
    lines = frame.wrapped(LONG, style.TITLE_SIZE, "bold", width)
    assert all(frame.text_width(line, style.TITLE_SIZE, "bold") <= width for line in lines)
    assert "".join(lines).replace(" ", "") == LONG.replace(" ", "")


def test_a_word_longer_than_a_line_is_broken():
    lines = frame.wrapped("a " + "x" * 200, style.TEXT_SIZE, "normal", 2.0)
    assert lines[0] == "a" and len(lines) > 2 and "".join(lines) == "a" + "x" * 200


def test_what_fits_stays_on_one_line():
    assert frame.wrapped("one line", style.TEXT_SIZE, "normal", 8.0) == ["one line"]


def test_words_joined_by_a_no_break_space_stay_together():
    width = frame.text_width("alpha beta gam", style.TEXT_SIZE)
    assert frame.wrapped("alpha beta\N{NO-BREAK SPACE}gamma", style.TEXT_SIZE, "normal", width) == [
        "alpha", "beta\N{NO-BREAK SPACE}gamma"]


def test_a_number_and_its_percent_sign_stay_together():
    width = frame.text_width("at most 12.5", style.TEXT_SIZE)
    assert frame.wrapped("at most 12.5 %", style.TEXT_SIZE, "normal", width) == [
        "at most", "12.5\N{NO-BREAK SPACE}%"]


def test_axes_are_as_tall_as_their_labels():
    assert frame.room_for(["one", "two"]) == style.AXES_HEIGHT
    assert frame.room_for(["one:\nno valid trial"] * 20, 2.9) == 40 * frame.LABEL_HEIGHT
