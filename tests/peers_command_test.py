"""`coresweep peers`, and sweeps with peers that cannot be built: what is said, what goes on."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest
from conftest import BIN, ROOT, Program, one_line, run_program
from sweeps import gone, run_folder, sweep, trials_of


@pytest.fixture
def peer(tmp_path):
    """peer(word, **fields) writes one that could be started and returns its folder."""

    def write(word, **fields):
        folder = tmp_path / word
        folder.mkdir(exist_ok=True)
        fields = {"name": word, "start": ["/bin/true"], "ready": {"port": True}, **fields}
        (folder / "peer.json").write_text(json.dumps(fields))
        return folder

    return write


def compiler(tmp_path, said):
    """A program that tells what version it is."""
    program = tmp_path / "compiler"
    program.write_text(f"#!/bin/sh\n{said}\n")
    program.chmod(0o755)
    return str(program)


def states(*words):
    result = run_program("coresweep", "peers", *words)
    return result, [line.split(maxsplit=2) for line in result.stdout.splitlines()]


def test_those_that_come_with_it_are_all_there():
    result, lines = states()
    assert result.returncode == 0, result.stderr
    names = {json.loads(path.read_text())["name"]
             for path in (ROOT / "servers" / "peers").rglob("peer.json")}
    assert {name for name, *_ in lines} == names and len(lines) == len(names)
    assert {state for _, state, _ in lines} <= {"built", "buildable", "missing"}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("echo compiler 1.63.0", "rust 1.85 or newer is needed, 1.63.0 is there: get it by rustup"),
        ("echo compiler 1.9.7 >&2",
         "rust 1.85 or newer is needed, 1.9.7 is there: get it by rustup"),
        ("echo hello", "said no version): get it by rustup"),
        ("echo no toolchain >&2; exit 1", "exited with 1): get it by rustup"),
        ("exec yes", "wrote too much): get it by rustup"),
    ],
)
def test_a_toolchain_that_is_too_old_is_missing(peer, tmp_path, said, why):
    need = {"program": compiler(tmp_path, said), "what": "rust", "least": "1.85", "get": "rustup"}
    result, ((name, state, told),) = states(peer("mine", needs=[need], build=[["true"]]), "--build")
    assert (result.returncode, name, state) == (0, "mine", "missing")
    assert told.startswith("rust 1.85 or newer is needed") and told.endswith(why)
    assert result.stderr == "", "what cannot be built is not begun"


def test_one_that_never_stops_saying_no_version_hears_the_operator(peer, tmp_path, start):
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    need = {"program": compiler(tmp_path, f"echo >{begun}; exec yes no version >&2"),
            "least": "1.85", "get": "rustup"}
    running = start(Program, BIN / "coresweep", "peers", peer("mine", needs=[need]))
    begun.read_text()
    asked = time.monotonic()
    running.process.send_signal(signal.SIGINT)
    assert running.wait() == 130
    assert time.monotonic() - asked < 10, "half of what a version may take"
    assert running.process.stderr.read() == b"coresweep: interrupted\n"


def test_what_is_new_enough_is_built_once_and_known_as_built(peer, tmp_path):
    for earlier in (BIN.parent / "peers").glob("mine_built-*"):
        shutil.rmtree(earlier)
    need = {"program": compiler(tmp_path, "echo compiler 1.95.0"), "least": "1.85", "to": "build",
            "get": "rustup"}
    folder = peer("mine_built", needs=[need],
                  build=[["sh", "-c", "echo compiling; echo made >{out}/x"]])
    assert states(folder)[1][0][1] == "buildable"
    result, ((_, state, _),) = states(folder, "--build")
    assert state == "built" and "peer mine_built: compiling\n" in result.stderr
    assert states(folder)[1][0][1] == "built"
    # Once it is there its compiler may go; what it starts with may not.
    (tmp_path / "compiler").unlink()
    assert states(folder)[1][0][1] == "built"
    result, ((_, state, _),) = states(folder, "--build")
    assert state == "built" and "compiling" not in result.stderr
    assert states(peer("mine_built", needs=[{**need, "to": "start"}]))[1][0][1] == "missing"
    peer("mine_built", needs=[need],
         build=[["sh", "-c", "echo compiling; echo made >{out}/x"]])
    (folder / "source.c").write_text("edited")
    assert states(folder)[1][0][1] == "missing"


def test_a_build_that_fails_over_a_good_one_is_not_built(peer, tmp_path):
    """Its sources are what they were: a tool beneath has changed."""
    tool = tmp_path / "tool"
    tool.write_text("echo made >\"$1/x\"")
    folder = peer("again", build=[["sh", str(tool), "{out}"]])
    assert states(folder, "--build")[1][0][1] == "built"
    tool.write_text("exit 3")
    assert states(folder)[1][0][1] == "built"
    assert states(folder, "--build")[1][0][1] == "failed"
    assert states(folder)[1][0][1] == "buildable"


def test_a_mark_that_cannot_be_written_is_a_build_that_failed(peer):
    (_, state, told), = states(peer("unmarked", build=[["rm", "-r", "{out}"]]), "--build")[1]
    assert state == "failed" and told.startswith(f"{BIN.parent}/peers/unmarked-")
    assert told.endswith("/unmarked.built: No such file or directory")


def test_one_that_fails_is_told_with_its_last_lines_and_the_others_are_built(peer):
    fails = peer("fails", build=[["sh", "-c", "echo error: 1; echo error: 2 >&2; exit 7"]])
    broken = peer("broken", stop="SIGKILL")
    well = peer("well", build=[["true"]])
    result, lines = states(fails, broken, well, "--build")
    assert result.returncode == 1
    assert [state for _, state, _ in lines] == ["failed", "refused", "built"]
    assert lines[0][2].endswith("exited with 7: error: 2")
    assert "peer.json:1: stop is the text \"SIGKILL\"" in lines[1][2]
    assert "peer fails: error: 1\n" in result.stderr


def test_one_whose_program_another_build_writes_is_left_out(plan, peer, tmp_path):
    """Else one program would be measured under two names. Who writes the same harms nobody."""
    (tmp_path / "shared").mkdir()

    def write(word, text):
        make = f"printf '#!/bin/sh\\n{text}\\n' >{{out}}/serve; chmod +x {{out}}/serve"
        return peer(word, implementation="both", source="../shared", build=[["sh", "-c", make]],
                    start=["{out}/serve"])

    path = plan(architectures=["reuseport_loops"], blocks=1, ceiling=False, duration="200ms",
                peers=[str(write("first", "exit 1")), str(write("second", "exit 2"))])
    result = sweep(path, tmp_path)
    assert "second/peer/" in result.stderr
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("left out: ")]
    assert line.startswith(f"left out: peer first: {BIN.parent}/peers/both-")
    assert line.endswith("/serve was written again by the build of another peer")
    both = [str(tmp_path / name) for name in ("first", "second")]
    result = run_program("coresweep", "peers", "--build", *both)
    assert result.returncode == 1
    assert re.fullmatch(r"first +failed +\S+/serve was written again by the build of another peer\n"
                        r"second +built .*\n", result.stdout)
    write("second", "exit 1")
    result = sweep(path, tmp_path)
    assert "left out: " not in result.stdout and "first/peer/" in result.stderr
    assert run_program("coresweep", "peers", "--build", *both).returncode == 0


def test_a_line_of_a_build_may_be_of_any_length(peer):
    make = "head -c 6000000 /dev/zero | tr '\\0' x; >{out}/serve; chmod +x {out}/serve"
    folder = peer("chatty", build=[["sh", "-c", make]], start=["{out}/serve"])
    result = run_program("coresweep", "peers", "--build", str(folder))
    assert result.returncode == 0 and result.stdout.startswith("chatty  built ")
    assert len(result.stderr) > 6_000_000


def test_the_end_of_a_long_last_line_is_why_a_build_failed(peer):
    fail = "head -c 6000000 /dev/zero | tr '\\0' x; echo ' no compiler'; exit 3"
    folder = peer("fails", build=[["sh", "-c", fail]])
    result = run_program("coresweep", "peers", "--build", str(folder))
    assert result.returncode == 1
    assert re.search(r": exited with 3: x{488} no compiler$", result.stdout, re.MULTILINE)


def test_a_build_that_fails_has_failed_where_nobody_waits_for_children(peer):
    """An ignored SIGCHLD is inherited, and then the kernel forgets how a child ended."""
    folder = peer("fails", build=[["sh", "-c", "exit 3"]])
    result = subprocess.run(
        ["bash", "-c", "trap '' CHLD; exec \"$@\"", "bash", BIN / "coresweep", "peers", "--build",
         folder], capture_output=True, text=True, check=False)
    assert result.returncode == 1 and "exited with 3" in result.stdout


def test_no_build_outlives_a_killed_harness(peer, tmp_path, start):
    """It would write where the next one builds, and hold no lock."""
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    slow = ["sh", "-c", f"sh -c 'echo $$ >{begun}; exec sleep 600' & wait"]
    folder = peer("slow", build=[slow], start=["{out}/serve"])
    running = start(Program, BIN / "coresweep", "peers", "--build", folder)
    compiler_pid = int(begun.read_text())
    running.process.kill()
    running.wait()
    assert gone(compiler_pid, 2)


def test_nothing_that_a_build_says_moves_a_cursor(plan, peer, tmp_path):
    says = "printf 'red \\033[31m\\n'; printf 'back \\r\\302\\233m \\303\\251' >&2; exit 3"
    folder = peer("loud", build=[["sh", "-c", says], ["true", "\x1b[2J"]])
    result, ((_, state, told),) = states(folder, "--build")
    assert state == "failed" and told.endswith("exited with 3: back ??m é")
    assert "peer loud: red ?[31m\n" in result.stderr and "peer loud: back ??m é\n" in result.stderr
    start = peer("unstarted", start=["./a\x1b[2J"])
    assert states(start, "--build")[1][0][2].startswith("cannot start ./a?[2J: ")
    path = plan(architectures=["reuseport_loops"], blocks=1, ceiling=False, duration="200ms",
                peers=[str(folder), str(start)])
    result = sweep(path, tmp_path)
    assert result.returncode == 0, result.stderr
    assert (result.stderr + result.stdout).replace("\n", "").isprintable()
    assert result.stdout.count("left out: peer ") == 2


def test_what_a_plan_would_refuse_is_refused_here_too(peer):
    result, lines = states(peer("like_none", architecture="one_loop"), peer("shared_reactor"))
    assert result.returncode == 1
    assert [state for _, state, _ in lines] == ["refused", "refused"]
    assert 'architecture is "one_loop": allowed is one of shared_reactor, ' in lines[0][2]
    assert 'name is "shared_reactor": that is an architecture\'s' in lines[1][2]


def test_sources_that_are_shared_belong_to_what_is_built(peer):
    """Where they are not there, or are a whole tree, nobody could say what was measured."""
    folder = peer("shares", build=[["true"]], source=[".", "../shared.proto"])
    assert states(folder, "--build")[1][0][1:] == [
        "failed", "source ../shared.proto: No such file or directory"]
    (folder.parent / "shared.proto").write_text("message A {}")
    assert states(folder, "--build")[1][0][1] == "built"
    (folder.parent / "shared.proto").write_text("message B {}")
    assert states(folder)[1][0][1] == "buildable"
    for i in range(501):
        (folder / str(i)).touch()
    for fields in ({}, {"build": [["true"]]}):
        assert states(peer("shares", **fields), "--build")[1][0][1:] == [
            "failed", "source .: more than 500 files: allowed are those that it is built of"]


@pytest.mark.parametrize("start", ["serve", "more/serve"])
def test_what_cannot_be_read_is_left_out_and_is_not_built(plan, peer, tmp_path, start):
    """A source or a program that may only be executed: neither has a checksum."""
    folder = peer("unread", source="more", start=[f"./{start}"])
    (folder / "more").mkdir()
    (folder / start).write_text("#!/bin/true")
    (folder / start).chmod(0o111)
    # root may read all, unless it gives that up
    bounded = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    command = [*([] if os.geteuid() else bounded), BIN / "coresweep"]

    def run(*words):
        return subprocess.run([*command, *words], capture_output=True, text=True)

    why = f"{folder}/./{start}: Permission denied"
    for flags in ([], ["--build"]):
        told = run("peers", folder, *flags)
        assert (told.returncode, told.stdout.split(maxsplit=2)[1:]) == (1, ["failed", why + "\n"])
    path = plan(architectures=["reuseport_loops"], blocks=1, ceiling=False, duration="200ms",
                peers=[str(folder)])
    result = run("run", path, "--results", tmp_path / "runs", "--no-report")
    assert result.returncode == 0, result.stderr
    assert f"left out: peer unread: {why}\n" in result.stdout


def test_a_name_that_is_none_gets_a_line():
    result = run_program("coresweep", "peers", "no_such_peer")
    assert result.returncode == 2
    line = one_line(result, "coresweep")
    assert line.startswith("'no_such_peer' is no peer: allowed are ") and "grpcpp_callback" in line


def test_a_sweep_goes_on_without_those_that_cannot_be_built(plan, peer, tmp_path):
    """It says so at once, at its end and in its record; resuming does not build them either."""
    fails = peer("fails", build=[["sh", "-c", "echo no luck >&2; exit 7"]])
    need = {"program": "no_such_compiler", "least": "1.85", "get": "apt-get install it"}
    lacks = peer("lacks", needs=[need])
    path = plan(architectures=["reuseport_loops"], blocks=1, ceiling=False, duration="200ms",
                peers=[str(fails), str(lacks)],
                headline={"architecture": "reuseport_loops", "against": "fails"})
    planned = run_program("coresweep", "plan", path)
    why = "no_such_compiler 1.85 or newer is needed and not there: get it by apt-get install it"
    assert f"skipped: peer lacks: {why}\n" in planned.stdout
    result = sweep(path, tmp_path)
    assert result.returncode == 0, result.stderr
    failed = "sh -c echo no luck >&2; exit 7: exited with 7: no luck"
    for name, reason in (("lacks", why), ("fails", failed)):
        assert f"skipped: peer {name}: {reason}\n" in result.stderr
        assert f"left out: peer {name}: {reason}\n" in result.stdout
    assert "headline: " in result.stdout and "peer fails" in result.stdout
    folder = run_folder(tmp_path)
    record = json.loads((folder / "run.json").read_text())
    assert {one["name"]: one["left_out"] for one in record["peers"]} == {
        "fails": failed, "lacks": why}
    assert all(one["files"] == {} for one in record["peers"])
    assert {trial["factors"]["architecture"] for trial in trials_of(folder)} == {"reuseport_loops"}
    # Now it could be built: it would have no trials in the blocks before.
    peer("fails", build=[["true"]])
    (folder / "end.json").unlink()
    resumed = run_program("coresweep", "resume", folder, "--no-report")
    assert resumed.returncode == 0, resumed.stderr
    assert f"left out: peer fails: {failed}\n" in resumed.stdout


def test_resuming_behind_an_edit_names_it_and_builds_nothing(plan, peer, tmp_path):
    make = ["sh", "-c", "echo into {out}; cp serve {out}/serve; chmod +x {out}/serve"]
    folder = peer("edited", build=[make], start=["{out}/serve"])
    (folder / "serve").write_text("#!/bin/false")
    path = plan(architectures=["reuseport_loops"], blocks=1, ceiling=False, duration="200ms",
                peers=[str(folder)])
    said = sweep(path, tmp_path).stderr
    assert "edited/peer/" in said
    built = pathlib.Path(re.search(r"^peer edited: into (.+)$", said, re.MULTILINE)[1], "serve")
    run = run_folder(tmp_path)
    (run / "end.json").unlink()
    made = built.stat().st_mtime_ns

    def resume():
        return run_program("coresweep", "resume", run, "--no-report")

    def refused(complaint):
        result = resume()
        assert result.returncode == 2
        assert one_line(result, "coresweep") == (
            f"{run}/run.json: cannot go on: peer edited: {complaint} since the run began")
        assert built.stat().st_mtime_ns == made

    (folder / "serve").write_text("#!/bin/sh")
    refused("serve has changed")
    (folder / "serve").unlink()
    refused("serve is gone")
    (folder / "serve").write_text("#!/bin/false")
    (folder / "more").touch()
    refused("more is new")
    (folder / "more").unlink()
    built.write_text("another")
    result = resume()  # of the same sources the same is made
    assert result.returncode != 2 and "peer edited: into " in result.stderr
    assert built.read_text() == "#!/bin/false"
    # What it is made into may be another program, of a compiler that was replaced.
    record = json.loads((run / "run.json").read_text())
    record["peers"][0]["files"]["{out}/serve"]["sha256"] = "0" * 64
    (run / "run.json").write_text(json.dumps(record))
    result = resume()
    assert result.returncode == 2
    assert result.stderr.splitlines()[-1] == (
        f"coresweep: {run}/run.json: cannot go on: "
        "peer edited: {out}/serve has changed since the run began")


def test_one_that_a_plan_has_may_be_named_once_more(plan, peer):
    folder = peer("mine")
    path = plan(architectures=[], ceiling=False, peers=[str(folder)])
    planned = run_program("coresweep", "plan", path, "--peer", f"{folder}/../mine")
    assert planned.returncode == 0, planned.stderr
    other = peer("other", name="mine")
    planned = run_program("coresweep", "plan", path, "--peer", other)
    assert planned.returncode == 2
    assert 'name is "mine": that is ' in one_line(planned, "coresweep")
