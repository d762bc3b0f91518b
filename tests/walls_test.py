"""The walls of DESIGN.md section 4: which folder may include which, and what no folder may."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAY_INCLUDE = {
    "support": set(),
    "protocol": set(),
    "servers": {"protocol", "support"},
    "loadgen": {"protocol", "support"},
    "harness": {"support"},
}
# Inside servers/: an architecture arranges, and leaves the rest to those it calls.
ARCHITECTURE_MAY_INCLUDE = {
    "servers/accept_loop.hpp",
    "servers/architecture.hpp",
    "servers/listen_on.hpp",
    "servers/loop_group.hpp",
}
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.MULTILINE)


def sources(folder):
    found = [*(ROOT / folder).rglob("*.hpp"), *(ROOT / folder).rglob("*.cpp")]
    assert found, f"{folder} has no sources: has it moved?"
    return found


def broken_walls(path, text):
    """Includes of `text`, standing at `path` below the root, that cross a wall."""
    folder = path.parts[0]
    broken = []
    for included in INCLUDE.findall(text):
        other = included.split("/")[0]
        if other in {*MAY_INCLUDE, "tests"} and other != folder:
            if other not in MAY_INCLUDE[folder]:
                broken.append(f"{path} includes {included}")
        if folder == "protocol" and re.match(r"boost/|asio|sys/socket|thread|chrono|time\.h", included):
            broken.append(f"{path} includes {included}: protocol/ has no sockets, clocks or threads")
        if path.parts[:2] == ("servers", "architectures") and included.startswith("servers/"):
            if included not in ARCHITECTURE_MAY_INCLUDE:
                broken.append(f"{path} includes {included}: an architecture may not")
    return broken


@pytest.mark.parametrize("folder", MAY_INCLUDE)
def test_no_include_crosses_a_wall(folder):
    for source in sources(folder):
        assert broken_walls(source.relative_to(ROOT), source.read_text()) == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("protocol/x.cpp", '#include "support/duration.hpp"'),
        ("protocol/x.cpp", "#include <boost/asio/io_context.hpp>"),
        ("protocol/x.cpp", "#include <thread>"),
        ("support/x.hpp", '#include "protocol/bytes.hpp"'),
        ("harness/x.cpp", '#  include "protocol/greeting.hpp"'),
        ("loadgen/x.cpp", '#include "servers/counters.hpp"'),
        ("servers/x.cpp", '#include "tests/conftest.hpp"'),
        ("servers/architectures/x.cpp", '#include "servers/serve_connection.hpp"'),
    ],
)
def test_a_broken_wall_is_seen(path, line):
    assert len(broken_walls(pathlib.PurePath(path), f"// ...\n{line}\n")) == 1


def test_an_architecture_knows_no_name_of_one():
    """A helper with `if (architecture == ...)` is a defect: names stand in two places only."""
    names = re.findall(r"^ARCHITECTURE\((\w+),", (ROOT / "servers/architectures.def").read_text(), re.M)
    assert names
    for source in sources("servers"):
        if source.parent.name != "architectures" and not source.name.endswith("_test.cpp"):
            code = re.sub(r"//.*", "", source.read_text())
            assert not [name for name in names if re.search(rf"\b{name}\b", code)], source


def test_every_row_has_its_file_and_every_file_its_row():
    names = re.findall(r"^ARCHITECTURE\((\w+),", (ROOT / "servers/architectures.def").read_text(), re.M)
    files = {path.stem for path in (ROOT / "servers/architectures").glob("*.cpp")}
    assert set(names) == files


def test_an_architecture_opens_with_its_picture_and_answers_in_order():
    for path in (ROOT / "servers/architectures").glob("*.cpp"):
        text = path.read_text()
        assert text.startswith(f"// {path.stem}: "), path
        places = [text.find(word) for word in ("-> ", "// Saves: ", "// Pays:  ")]
        assert -1 not in places and places == sorted(places), path
        questions = re.findall(r"// (\d)\. (How many loops|Who listens|Where does|How many threads)", text)
        assert [number for number, _ in questions] == ["1", "2", "3", "4"], path
