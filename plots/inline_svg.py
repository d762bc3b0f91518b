"""A chart's SVG made part of a page: its ids its own, its colours those of the page, its text told.

In the dark a page is not white. Each colour of style.py has a lighter one there with the same hue,
so that an architecture is recognised; greys change places. A chart with any other colour (a map's
scale) keeps its white paper.
"""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

import frame
import style

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"

COLOR = re.compile(r"#[0-9A-Fa-f]{6}\b")
REFERENCE = re.compile(r"url\(#([^)]*)\)")


def variables(is_dark: bool) -> dict[str, str]:
    """Names of the page's variables for the charts' colours, to their values."""
    return {_variable(color): dark if is_dark else color for color, dark in style.ON_DARK.items()}


def grey_on_dark(color: str) -> str:
    """White is the paper; what was darker is lighter, up to what black is."""
    if color.upper() == style.PAPER:
        return style.PAPER_ON_DARK
    paper = style.luminance(style.PAPER_ON_DARK)
    lightest = style.luminance(style.ON_DARK[style.BLACK])
    level = round(lightest - (lightest - paper) * style.luminance(color) / 255)
    return f"#{level:02X}" + 2 * f"{level:02X}"


def inlined(svg: str, name: str, title: str, description: str, said: str = ""
            ) -> tuple[str, set[str]]:
    """Markup of `svg` for a page, and the greys that it needs a variable for.

    name: of the chart, which no other on the page has
    said: what stands above it on the page: as the chart's own title it is left out
    """
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", XLINK)
    root = read(svg)
    if said:
        leave_out_title(root, said)
    for parent in list(root.iter()):
        for comment in [one for one in parent if one.tag is ElementTree.Comment]:
            parent.remove(comment)
    greys: set[str] = set()
    is_ours = all(_is_known(color) for color in COLOR.findall(svg))
    for element in root.iter():
        for key, value in list(element.attrib.items()):
            if key == "id":
                element.set(key, f"{name}-{value}")
            elif key in ("href", f"{{{XLINK}}}href"):
                if value.startswith("#"):
                    element.set(key, f"#{name}-{value[1:]}")
                elif not value.startswith("data:image/"):
                    del element.attrib[key]  # nothing leaves the page
            elif "#" in value:
                value = REFERENCE.sub(rf"url(#{name}-\1)", value)
                element.set(key, COLOR.sub(lambda found: _own(found[0], greys), value)
                            if is_ours else value)
    for metadata in root.findall(f"{{{SVG}}}metadata"):
        root.remove(metadata)
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    root.set("id", f"svg-{name}")
    root.set("class", "chart" if is_ours else "chart on-white")
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-title {name}-desc")
    for tag, text in (("desc", description), ("title", title)):
        told = ElementTree.Element(f"{{{SVG}}}{tag}", {"id": f"{name}-{tag}"})
        told.text = text
        root.insert(0, told)
    return ElementTree.tostring(root, encoding="unicode"), greys


def read(svg: str) -> ElementTree.Element:
    """With its comments: matplotlib draws text as paths, and says in one what each line of it is.
    """
    builder = ElementTree.TreeBuilder(insert_comments=True)
    return ElementTree.fromstring(svg, ElementTree.XMLParser(target=builder))


def leave_out_title(root: ElementTree.Element, said: str) -> None:
    """Takes a chart's title away with the room that it has at the top, where it is `said`."""
    for group in root.iter(f"{{{SVG}}}g"):
        lines = [one for one in group if one.tag is ElementTree.Comment]
        if lines and _letters("".join(html.unescape(line.text or "") for line in lines)) == (
                _letters(said)):
            group[:] = list(group.iter(f"{{{SVG}}}defs"))  # other texts are of these letters, too
            left, top, width, height = map(float, root.get("viewBox", "").split())
            room = len(lines) * style.TITLE_SIZE * frame.LINE_SPACING
            root.set("viewBox", f"{left:g} {top + room:g} {width:g} {height - room:g}")
            return


def _letters(text: str) -> str:
    """Without what differs in a comment: where lines end, and two dashes, which it cannot have."""
    return re.sub(r"[\s-]", "", text)


def grey_variables(greys: set[str], is_dark: bool) -> dict[str, str]:
    return {_variable(grey): grey_on_dark(grey) if is_dark else grey for grey in sorted(greys)}


def _own(color: str, greys: set[str]) -> str:
    upper = color.upper()
    if upper not in style.ON_DARK:
        greys.add(upper)
    return f"var({_variable(upper)})"


def _is_known(color: str) -> bool:
    upper = color.upper()
    return upper in style.ON_DARK or upper[1:3] == upper[3:5] == upper[5:7]


def _variable(color: str) -> str:
    return f"--c{color[1:].lower()}"
