"""The rules of the tree: who includes whom, how an architecture looks, how long a file is."""

import pathlib
import re
import shutil
import subprocess

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
    "servers/connection_threads.hpp",
    "servers/epoll_set.hpp",
    "servers/listen_on.hpp",
    "servers/loop_group.hpp",
    "servers/process_group.hpp",
}
NOT_IN_PROTOCOL = re.compile(
    r"boost/|asio|sys/(socket|epoll|poll|select|time)\b|c?time(\.h)?$|chrono"
    r"|p?thread|(shared_)?mutex|condition_variable|future|(poll|unistd|netdb)\.h|(netinet|arpa)/"
)
# Its guard of a process group: the script is a literal, its one word that group's number.
SHELL_OF_NO_FILE = "harness/group_guard.cpp"
# A value from a file that reaches a shell is a command of whoever wrote the file.
SHELL = re.compile(
    r"\b(system|popen|wordexp|execlp|execvpe?|getoutput|getstatusoutput)\s*\("
    r"|\bshell\s*=\s*True|\bos\.(system|popen)\b|\"(/bin/)?(ba|da)?sh\""
)
ROW = re.compile(r"^ARCHITECTURE(?:_OUTSIDE_ASIO)?\((\w+),", re.MULTILINE)
QUESTION = re.compile(r"// (\d)\. (How many loops|Who listens|Where does|How many threads)")
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
        if folder == "protocol" and NOT_IN_PROTOCOL.match(included):
            broken.append(f"{path} includes {included}: no sockets, clocks or threads there")
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
        ("protocol/x.cpp", "#include <pthread.h>"),
        ("protocol/x.cpp", "#include <mutex>"),
        ("protocol/x.cpp", "#include <shared_mutex>"),
        ("protocol/x.cpp", "#include <condition_variable>"),
        ("protocol/x.cpp", "#include <future>"),
        ("protocol/x.cpp", "#include <chrono>"),
        ("protocol/x.cpp", "#include <time.h>"),
        ("protocol/x.cpp", "#include <ctime>"),
        ("protocol/x.cpp", "#include <sys/time.h>"),
        ("protocol/x.cpp", "#include <sys/socket.h>"),
        ("protocol/x.cpp", "#include <sys/epoll.h>"),
        ("protocol/x.cpp", "#include <sys/poll.h>"),
        ("protocol/x.cpp", "#include <poll.h>"),
        ("protocol/x.cpp", "#include <unistd.h>"),
        ("protocol/x.cpp", "#include <netinet/in.h>"),
        ("protocol/x.cpp", "#include <arpa/inet.h>"),
        ("protocol/x.cpp", "#include <netdb.h>"),
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
    names = ROW.findall((ROOT / "servers/architectures.def").read_text())
    assert names
    for source in sources("servers"):
        if source.parent.name != "architectures" and not source.name.endswith("_test.cpp"):
            code = re.sub(r"//.*", "", source.read_text())
            assert not [name for name in names if re.search(rf"\b{name}\b", code)], source


def test_every_row_has_its_file_and_every_file_its_row():
    names = ROW.findall((ROOT / "servers/architectures.def").read_text())
    files = {path.stem for path in (ROOT / "servers/architectures").glob("*.cpp")}
    assert set(names) == files


def test_an_architecture_opens_with_its_picture_and_answers_in_order():
    for path in (ROOT / "servers/architectures").glob("*.cpp"):
        text = path.read_text()
        assert text.startswith(f"// {path.stem}: "), path
        places = [text.find(word) for word in ("-> ", "// Saves: ", "// Pays:  ")]
        assert -1 not in places and places == sorted(places), path
        numbers = [number for number, _ in QUESTION.findall(text)]
        assert numbers == ["1", "2", "3", "4"], path


def tracked(*endings):
    names = subprocess.run(
        ["git", "ls-files", *(f"*{ending}" for ending in endings)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()
    assert names
    return [ROOT / name for name in names if (ROOT / name).exists()]


def shells(text):
    """Lines that would hand something to a shell."""
    return [line for line in text.splitlines() if SHELL.search(line)]


def test_no_shell_ever_sees_a_value_from_a_file():
    """Whatever starts a program hands it a list of words."""
    for path in tracked(".cpp", ".hpp", ".py"):
        if not path.name.endswith("_test.cpp") and path.parent.name != "tests":
            allowed = 1 if path == ROOT / SHELL_OF_NO_FILE else 0
            assert len(shells(path.read_text())) == allowed, path


@pytest.mark.parametrize("line", [
    'std::system(("make " + plan.name).c_str());',
    'FILE* pipe = ::popen(command.c_str(), "r");',
    'run_to_end({"/bin/sh", "-c", text}, signals);',
    'run_to_end({"sh", "-c", text}, signals);',
    '::execvp(words[0], words);',
    "subprocess.run(command, shell=True)",
    "os.system(command)",
    "subprocess.getoutput(command)",
])
def test_a_shell_is_seen(line):
    assert shells(line) == [line]


def test_no_line_is_longer_than_a_hundred_columns():
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked(".cpp", ".hpp", ".def", ".py", ".sh", ".cmake", "CMakeLists.txt")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > 100
    ]
    assert long == []


def test_no_source_is_two_things():
    """A file far above 300 lines is; tests may list more cases."""
    long = [
        f"{path.relative_to(ROOT)}"
        for path in tracked(".cpp", ".hpp", ".py", ".sh")
        if "_test." not in path.name and len(path.read_text().splitlines()) > 320
    ]
    assert long == []


def test_every_unit_test_is_built():
    """One that no list names passes for ever."""
    lists = [path.read_text().split() for path in tracked("CMakeLists.txt")]
    named = {word for words in lists for word in words}
    assert [path.name for path in tracked("_test.cpp") if path.name not in named] == []


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="no shellcheck: scripts are not checked")
def test_shellcheck_finds_nothing():
    scripts = tracked(".sh", ".ci/run")
    done = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
