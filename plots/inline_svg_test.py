"""A chart in a page keeps its shape, has ids of its own, and can be told in the light and dark."""

import colorsys
import re
from itertools import combinations
from xml.etree import ElementTree

import pytest

import charts
import style
import throughput_by_cores
from inline_svg import SVG as SPACE
from inline_svg import XLINK, grey_on_dark, inlined, variables
from results import load_run
from synthetic_run import sweep, write_run

BLUE, GRID = style.BLUE.lower(), style.GRID.lower()  # as matplotlib writes them
FOREIGN = "#" + "123456"

SVG = """<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9pt" viewBox="0 0 9 9"
 xmlns:xlink="http://www.w3.org/1999/xlink"><metadata>x</metadata><defs><path id="a"/></defs>
 <g id="b" style="fill: {}; clip-path: url(#a)"><use xlink:href="#a"/></g>{}</svg>"""


def test_ids_are_the_charts_own():
    markup, _ = inlined(SVG.format(BLUE, ""), "causes", "Q?", "R.")
    assert 'id="causes-a"' in markup and 'id="causes-b"' in markup
    assert 'xlink:href="#causes-a"' in markup and "url(#causes-a)" in markup


def test_colours_are_the_pages():
    markup, greys = inlined(SVG.format(f"{BLUE}; stroke: {GRID}", ""), "causes", "Q?", "R.")
    assert f"fill: var(--c{BLUE[1:]}); stroke: var(--c{GRID[1:]})" in markup
    assert greys == {style.GRID}
    assert variables(is_dark=True)[f"--c{BLUE[1:]}"] == style.ON_DARK[style.BLUE]


def test_a_chart_with_other_colours_stays_as_it_is_on_white():
    markup, greys = inlined(SVG.format(f"{FOREIGN}; stroke: {BLUE}", ""), "map", "Q?", "R.")
    assert f"fill: {FOREIGN}; stroke: {BLUE}" in markup and 'class="chart on-white"' in markup
    assert greys == set()


def test_it_is_told_to_those_who_do_not_see_it():
    markup, _ = inlined(SVG.format(BLUE, ""), "causes", "Which & why?", "<b> is 1.2x")
    assert 'role="img"' in markup and 'aria-labelledby="causes-title causes-desc"' in markup
    assert '<title id="causes-title">Which &amp; why?</title>' in markup
    assert '<desc id="causes-desc">&lt;b&gt; is 1.2x</desc>' in markup


def test_nothing_in_it_leaves_the_page():
    image = '<image xlink:href="https://somewhere.invalid/x.png"/><!-- --><metadata/>'
    markup, _ = inlined(SVG.format(BLUE, image), "causes", "Q?", "R.")
    assert "invalid" not in markup and "<!--" not in markup and "metadata" not in markup
    kept, _ = inlined(SVG.format(BLUE, '<image xlink:href="data:image/png;base64,AA"/>'),
                      "causes", "Q?", "R.")
    assert 'xlink:href="data:image/png;base64,AA"' in kept


def test_a_title_that_the_page_says_above_is_left_out(tmp_path):
    question = "Which -- & why: is <it> #1? " * 5
    run = load_run(write_run(tmp_path / "run", sweep(blocks=1), plan__question=question))
    (drawn,) = charts.draw_all(run, tmp_path, [throughput_by_cores.CHART])
    svg = drawn.png.with_suffix(".svg").read_text(encoding="utf-8")

    def seen(said):
        markup = inlined(svg, "chart", "Q?", "R.", said)[0]
        root = ElementTree.fromstring(markup)
        _, top, _, height = map(float, root.get("viewBox").split())
        ids = {one.get("id") for one in root.iter()}
        letters = [one.get(f"{{{XLINK}}}href") for one in root.iter(f"{{{SPACE}}}use")]
        assert {name[1:] for name in letters} <= ids
        baseline = min(float(found[1]) for found in re.finditer(
            r"<g style=[^>]*transform=\"translate\(\S+ (\S+)\) scale", markup))
        return top, top + height, baseline, len(letters)

    whole, without = seen("Another question?"), seen(question)
    assert whole == seen("") and whole[0] == 0
    assert whole[1] == pytest.approx(without[1]), "the foot stays where it is"
    assert whole[3] - without[3] == len(" ".join(question.split())) - 1  # one line ends at a space
    for (top, _, baseline, _), size in ((whole, style.TITLE_SIZE), (without, style.SMALL_SIZE)):
        assert 14.4 < baseline - top < 14.4 + size, "the margin (0.2 inches), then a line"


def relative_luminance(color: str) -> float:
    """WCAG 2."""
    def linear(part: str) -> float:
        value = int(part, 16) / 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(color[i : i + 2]) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((relative_luminance(one), relative_luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("color", style.ON_DARK)
def test_a_colour_shows_on_dark_paper_and_is_recognised(color):
    dark = style.ON_DARK[color]
    assert contrast(dark, style.PAPER_ON_DARK) >= 3  # WCAG 1.4.11: what is no text
    hue, other = (colorsys.rgb_to_hls(*(int(one[i : i + 2], 16) / 255 for i in (1, 3, 5)))[0]
                  for one in (color, dark))
    assert color == style.BLACK or min(abs(hue - other), 1 - abs(hue - other)) < 20 / 360


def test_no_two_colours_are_alike_on_dark_paper():
    def apart(one: str, other: str) -> float:
        return sum((int(one[i : i + 2], 16) - int(other[i : i + 2], 16)) ** 2
                   for i in (1, 3, 5)) ** 0.5

    assert min(apart(*pair) for pair in combinations(style.ON_DARK.values(), 2)) > 40


def test_text_on_dark_paper_can_be_read():
    for color in (style.TEXT, style.FAINT_TEXT):
        assert contrast(grey_on_dark(color), style.PAPER_ON_DARK) >= 4.5
    assert grey_on_dark(style.PAPER) == style.PAPER_ON_DARK
