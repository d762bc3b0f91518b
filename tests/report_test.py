"""coresweep report, and compare --html: what they hand to the programs of plots/ and say of them.

What these programs make of it is tested beside them; one report is made for real, of a sweep.
"""

import html
import json
import os
import pathlib
import re
import shutil
import signal

import pytest
from conftest import BIN, ROOT, Program, one_line, run_program, until
from sweeps import gone, run_folder

PUBLISHED = ROOT / "results" / "published"
RUNS = sorted(path.parent for path in PUBLISHED.glob("*/run.json"))

# Stands in python's place: keeps how it was called, and what it was handed.
KEEPS = """#!/usr/bin/python3
import json, os, pathlib, sys
script, *words = sys.argv[1:]
flags = dict(word.split("=", 1) for word in words if "=" in word)
handed = words[words.index("--why" if "--why" in words else "--compared") + 1]
folder = pathlib.Path(flags["--output"])
folder.mkdir(exist_ok=True)
(folder / "kept.json").write_text(json.dumps({
    "script": script, "words": words, "handed": handed, "stdin": sys.stdin.read(),
    "text": json.load(open(handed))}))
page = folder / "report.html"
page.write_text("")
print("a line of its own")
print("a shortfall", file=sys.stderr)
print(page)
"""


@pytest.fixture
def program(tmp_path):
    """program(text) is an executable file that begins so."""

    def write(text):
        path = tmp_path / "python"
        path.write_text(text)
        path.chmod(0o755)
        return path

    return write


def report(run, *flags):
    return run_program("coresweep", "report", run, *flags)


def kept_of(run, program, tmp_path, *flags):
    result = report(run, "--python", program(KEEPS), "--output", tmp_path / "out", *flags)
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"a line of its own\nreport: {tmp_path}/out/report.html\n"
    kept = json.loads((tmp_path / "out" / "kept.json").read_text())
    assert kept["stdin"] == "" and not pathlib.Path(kept["handed"]).exists()
    return kept, result


def copied(run, folder, change):
    shutil.copytree(run, folder)
    record = json.loads((folder / "run.json").read_text())
    change(record)
    (folder / "run.json").write_text(json.dumps(record))
    return folder


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
def test_why_is_what_explain_says_of_the_headlines_arms(run, program, tmp_path):
    headline = json.loads((run / "run.json").read_text())["headline"]
    explained = run_program(
        "coresweep", "explain", run, headline["architecture"], headline["against"],
        "--threads", headline["threads"],
    )  # fmt: skip
    assert explained.returncode == 0, explained.stderr
    kept, result = kept_of(run, program, tmp_path)
    assert kept["text"] == {"why": explained.stdout.splitlines()}
    assert len(kept["text"]["why"]) > 2
    assert kept["script"] == str(ROOT / "plots" / "report.py")
    assert kept["words"] == [str(run), "--why", kept["handed"], f"--output={tmp_path}/out"]
    assert result.stderr == "a shortfall\n"


def test_an_architecture_against_itself_is_explained_too(program, tmp_path):
    folder = copied(RUNS[0], tmp_path / "run", lambda record: record["headline"].update(
        architecture="shared_reactor", http2="lean",
        against="shared_reactor", against_http2="nghttp2"))
    trials = [json.loads(line) for line in (folder / "trials.jsonl").read_text().splitlines()]
    for trial in trials:
        if trial["factors"]["architecture"] == "reuseport_loops" and trial["role"] == "arm":
            trial["factors"].update(architecture="shared_reactor", http2="lean")
            trial["cell"] = re.sub("reuseport_loops/nghttp2", "shared_reactor/lean", trial["cell"])
    (folder / "trials.jsonl").write_text("".join(json.dumps(trial) + "\n" for trial in trials))
    (first, *more) = kept_of(folder, program, tmp_path)[0]["text"]["why"]
    assert "shared_reactor (http2 lean, engine epoll) / shared_reactor (http2 nghttp2" in first
    assert more


@pytest.mark.parametrize(
    ("headline", "why"),
    [
        (None, "the plan names no comparison that could be explained"),
        ({"threads": "largest"}, "the headline says no number of threads"),
        ({"threads": 63}, "no trial of reuseport_loops at 63 threads"),
        ({"against": "reuseport_loops"}, "the headline compares an arm with itself"),
    ],
)
def test_what_cannot_be_explained_says_why(headline, why, program, tmp_path):
    def change(record):
        record["headline"] = None if headline is None else {**record["headline"], **headline}

    folder = copied(RUNS[0], tmp_path / "run", change)
    kept, _ = kept_of(folder, program, tmp_path)
    assert kept["text"] == {"why": [f"nothing is explained: {why}"]}


def test_a_run_that_cannot_be_read_is_left_to_the_report(program, tmp_path):
    folder = copied(RUNS[0], tmp_path / "run", lambda record: None)
    (folder / "trials.jsonl").write_text("")
    (line,) = kept_of(folder, program, tmp_path)[0]["text"]["why"]
    assert line.startswith("nothing is explained: ") and str(folder) in line
    whole = (RUNS[0] / "trials.jsonl").read_text()
    (folder / "trials.jsonl").write_text(whole + '{"schema')
    kept, _ = kept_of(folder, program, tmp_path)
    assert len(kept["text"]["why"]) > 2


def test_a_torn_last_line_is_told_once(tmp_path):
    folder = copied(RUNS[0], tmp_path / "run", lambda record: None)
    with open(folder / "trials.jsonl", "a") as file:
        file.write('{"schema')
    result = report(folder)
    assert result.returncode == 0
    assert result.stderr == f"{folder}/trials.jsonl:46: torn last line dropped\n"


def test_price_and_rate_are_handed_on_as_they_are(program, tmp_path):
    kept, _ = kept_of(RUNS[0], program, tmp_path, "--price-per-hour", "1.530", "--rate", 2_000_000)
    assert kept["words"][-2:] == ["--price-per-hour=1.530", "--rate=2000000"]


def pairs_of(**prices):
    """An inventory with a pair for each, whose server has that price."""
    hosts, pairs = {}, {}
    for number, (name, price) in enumerate(prices.items(), start=1):
        for role, network in (("server", 1), ("client", 2)):
            hosts[f"{name}-{role}"] = {"role": role, "private_address": f"10.77.{network}.{number}",
                                       "cpus": 2, "arch": "x86_64"}
        hosts[f"{name}-client"]["price_per_hour"] = 77
        if price is not None:
            hosts[f"{name}-server"]["price_per_hour"] = price
        pairs[name] = {"server": f"{name}-server", "clients": [f"{name}-client"]}
    return {"schema_version": 1, "ssh_config": "ssh_config", "hosts": hosts, "pairs": pairs}


@pytest.fixture
def inventory(tmp_path):
    """inventory(document) is a file with it, beside an ssh_config."""

    def write(document):
        (tmp_path / "ssh_config").write_text("")
        (tmp_path / "inventory.json").write_text(json.dumps(document, indent=1))
        return tmp_path / "inventory.json"

    return write


def test_the_price_is_that_of_the_pairs_server(inventory, program, tmp_path):
    document = pairs_of(pair01=1.3824, pair02=0.000001)
    document["hosts"]["pair01-server"]["instance_type"] = "c6gn.8xlarge"
    hosts = inventory(document)
    for pair, said in (
        ("pair01", ["--price-from=inventory.json's host pair01-server of type c6gn.8xlarge",
                    "--price-per-hour=1.3824", "--rate=9"]),
        ("pair02", ["--price-from=inventory.json's host pair02-server", "--price-per-hour=1e-06",
                    "--rate=9"]),
    ):  # fmt: skip
        flags = ["--hosts", hosts, "--pair", pair, "--rate", 9]
        assert kept_of(RUNS[0], program, tmp_path, *flags)[0]["words"][-3:] == said


def test_the_page_has_the_price_of_the_file(inventory, tmp_path):
    document = pairs_of(pair01=1.3824)
    document["hosts"]["pair01-server"]["instance_type"] = "<script>alert(1)</script>"
    typed = report(RUNS[-1], "--output", tmp_path / "typed", "--price-per-hour", "1.3824")
    read = report(RUNS[-1], "--output", tmp_path / "read", "--hosts", inventory(document))
    assert (typed.returncode, read.returncode) == (0, 0), read.stderr
    assert " million requests a dollar\n" in read.stdout
    assert read.stdout == typed.stdout.replace("typed", "read")
    page = html.unescape((tmp_path / "read" / "report.html").read_text())
    price = document["hosts"]["pair01-server"]["price_per_hour"]
    assert f"Cost, at ${price} an hour" in page and f'"price_per_hour":{price},' in page
    assert ("The price is from inventory.json's host pair01-server of type "
            "<script>alert(1)</script>.") in page
    assert "<script>alert" not in (tmp_path / "read" / "report.html").read_text()
    assert "The price is from --price-per-hour, as typed." in (
        tmp_path / "typed" / "report.html").read_text()


def test_the_price_of_another_machine_is_refused(inventory, tmp_path):
    document = pairs_of(pair01=1.5)
    document["hosts"]["pair01-server"]["cpus"] = 32
    result = report(RUNS[0], "--output", tmp_path / "out", "--hosts", inventory(document))
    assert (result.returncode, result.stdout) == (2, "")
    assert one_line(result, "coresweep") == (
        f"{tmp_path}/inventory.json: hosts[\"pair01-server\"].cpus is 32: the run was measured on "
        "a machine with 2: a price of another says nothing of it")


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (["--pair", "pair01"], "{file}: hosts[\"pair01-server\"].price_per_hour is missing: "
         "allowed is a price in dollars, or --price-per-hour instead of --hosts"),
        ([], "--pair is missing: allowed is one of those in {file}: pair01, pair02"),
        (["--pair", "x"], "--pair: 'x': allowed is one of those in {file}: pair01, pair02"),
        (["--price-per-hour", "1"], "--price-per-hour excludes --hosts"),
    ],
)
def test_an_inventory_without_that_price_is_one_line(flags, text, inventory, tmp_path):
    file = inventory(pairs_of(pair01=None, pair02=1))
    result = report(RUNS[0], "--output", tmp_path / "out", "--hosts", file, *flags)
    assert (result.returncode, result.stdout) == (2, "")
    assert one_line(result, "coresweep") == text.format(file=file)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ([], "RUN is required"),
        (["/dev/null/x"], "/dev/null/x: Not a directory"),
        (["/dev/null"], "/dev/null: is no folder: a run's folder is needed"),
        (["/dev"], "/dev/run.json: is missing: a run's folder is needed"),
        ([RUNS[0], "--output", ""], "--output is empty: allowed is the path of a folder"),
        ([RUNS[0], "--price-per-hour", "0"], "--price-per-hour: '0': allowed is an amount from"),
        ([RUNS[0], "--price-per-hour", "-1"], "--price-per-hour: '-1': allowed is"),
        ([RUNS[0], "--price-per-hour", "nan"], "--price-per-hour: 'nan': allowed is"),
        ([RUNS[0], "--price-per-hour", "1e3"], "--price-per-hour: '1e3': allowed is"),
        ([RUNS[0], "--rate", "0", "--price-per-hour", "1"], "--rate: '0': allowed is a whole"),
        ([RUNS[0], "--rate", "9"], "--rate requires --price-per-hour or --hosts"),
        ([RUNS[0], "--pair", "x"], "--pair requires --hosts"),
        ([RUNS[0], "--hosts", ""], "--hosts is empty: allowed is the path of an inventory"),
        ([RUNS[0], "--hosts", "/dev/null/x"], "/dev/null/x: Not a directory"),
    ],
)
def test_wrong_usage_gets_one_line_and_exit_2(flags, text):
    result = run_program("coresweep", "report", *flags)
    assert result.returncode == 2, result.stdout
    assert text in one_line(result, "coresweep")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("#!/bin/sh\necho nothing\n", "ended well and wrote none (--python)"),
        ("#!/bin/sh\necho 'report: it is broken' >&2\nexit 1\n", "no report: report: it is broken"),
        ("#!/bin/sh\nexit 3\n", "plots/report.py exited with 3"),
        ("#!/bin/sh\nkill -9 $$\n", "plots/report.py was killed by signal 9"),
        ("#!/bin/sh\necho no fonts >&2\necho broken >&2\nexit 1\n", "no report: broken"),
        ("#!/bin/sh\necho no fonts >&2\nkill -9 $$\n", "plots/report.py was killed by signal 9"),
    ],
)
def test_no_report_is_one_line_that_says_why(text, complaint, program):
    result = report(RUNS[0], "--python", program(text))
    assert result.returncode == 1 and result.stdout == ""
    *others, last = result.stderr.splitlines()
    assert last.startswith("coresweep: ") and complaint in last
    assert others == (["no fonts"] if "no fonts" in text else [])


def test_a_report_that_lacks_a_chart_is_named_and_ends_with_1(program, tmp_path):
    text = KEEPS + 'sys.exit(1)\n'
    result = report(RUNS[0], "--python", program(text), "--output", tmp_path / "out")
    assert result.returncode == 1
    assert result.stdout == f"a line of its own\nreport: {tmp_path}/out/report.html\n"
    assert result.stderr == "a shortfall\n"


def test_a_python_that_is_not_there_is_one_line(tmp_path):
    result = report(RUNS[0], "--python", tmp_path / "python9")
    assert result.returncode == 1
    assert f"no report: cannot start {tmp_path}/python9: No such" in one_line(result, "coresweep")


@pytest.mark.parametrize("names_a_folder", [True, False])
def test_compare_hands_on_what_it_says(names_a_folder, program, tmp_path):
    out = repr(str(tmp_path / "out"))
    text = KEEPS if names_a_folder else KEEPS.replace('flags["--output"]', out)
    runs = ["coresweep", "compare", RUNS[0], RUNS[1], "--despite-differences"]
    said = run_program(*runs)
    assert said.returncode == 0, said.stderr
    result = run_program(*runs, "--python", program(text), "--html",
                         *(["--output", tmp_path / "out"] if names_a_folder else []))
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"{said.stdout}report: {tmp_path}/out/report.html\n"
    kept = json.loads((tmp_path / "out" / "kept.json").read_text())
    differences = json.loads(run_program(*runs, "--json").stdout)["differences"]
    assert kept["text"] == {"compared": said.stdout.splitlines(), "differences": differences}
    assert {"subject", "context"} <= {each["meaning"] for each in differences}
    assert kept["script"] == str(ROOT / "plots" / "compare_report.py")
    assert kept["words"] == [str(RUNS[0]), str(RUNS[1]), "--compared", kept["handed"],
                             *([f"--output={tmp_path}/out"] if names_a_folder else [])]
    both = run_program(*runs, "--json", "--html")
    assert both.returncode == 2 and "--json" in one_line(both, "coresweep")


def test_compare_takes_its_flags_before_between_and_behind_the_runs(program, tmp_path):
    text = KEEPS.replace('flags["--output"]', repr(str(tmp_path / "out")))
    words = [RUNS[0], RUNS[1], "--despite-differences", "--python", program(text)]
    for place in range(3):
        result = run_program("coresweep", "compare", *words[:place], "--html", *words[place:])
        assert result.returncode == 0, result.stderr
        assert result.stdout.endswith(f"report: {tmp_path}/out/report.html\n")
    for flags, complaint in (
        (["--output", "x"], "--output requires --html"),
        (["--python", "x"], "--python requires --html"),
        (["--html", "--output", ""], "--output is empty: allowed is the path of a folder"),
    ):
        result = run_program("coresweep", "compare", *words[:3], *flags)
        assert result.returncode == 2 and complaint in one_line(result, "coresweep")


def drawing_of(start, program, tmp_path, *words):
    """A coresweep that draws with a python that takes for ever, and that python's process id."""
    told, temporary = tmp_path / "pid", tmp_path / "temporary"
    temporary.mkdir()
    python = program(f"#!/bin/sh\necho $$ >{told}.part\nmv {told}.part {told}\nexec sleep 600\n")
    drawing = start(Program, BIN / "coresweep", *words, "--python", python,
                    env={**os.environ, "TMPDIR": str(temporary)})
    until(told.exists)
    assert len(list(temporary.iterdir())) == 1, "what it is handed"
    return drawing, int(told.read_text())


@pytest.mark.parametrize(
    "words", [["report", RUNS[0]], ["compare", *RUNS[:2], "--despite-differences", "--html"]],
    ids=["report", "compare"])
def test_ctrl_c_while_drawing_leaves_nobody_and_nothing(words, start, program, tmp_path):
    drawing, python = drawing_of(start, program, tmp_path, *words)
    drawing.process.send_signal(signal.SIGINT)
    assert drawing.wait() == 130
    assert drawing.process.stderr.read() == b"coresweep: interrupted\n"
    assert gone(python, 0.1) and not list((tmp_path / "temporary").iterdir())


def test_ctrl_c_while_a_sweep_draws_says_how_to_draw(plan, start, program, tmp_path):
    drawing, python = drawing_of(start, program, tmp_path, "run", plan(blocks=1),
                                 "--results", tmp_path / "runs")
    drawing.process.send_signal(signal.SIGTERM)
    assert drawing.wait() == 143
    folder = run_folder(tmp_path)
    assert drawing.process.stderr.read().decode().splitlines()[-1] == (
        f"coresweep: interrupted while drawing: coresweep report {folder} draws it")
    assert f"\nrun: {folder}\n" in drawing.process.stdout.read().decode()
    assert (folder / "end.json").exists(), "the sweep itself is whole"
    assert gone(python, 0.1) and not list((tmp_path / "temporary").iterdir())


def test_a_stored_run_is_reported_for_real(tmp_path):
    result = report(RUNS[-1], "--output", tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"report: {tmp_path}/report.html\n" and result.stderr == ""
    assert (tmp_path / "throughput_by_cores.png").stat().st_size > 10_000
    assert "<html" in (tmp_path / "report.html").read_text()


def test_two_runs_are_compared_for_real(tmp_path):
    """The page's differences are those that compare itself tells, by one rule."""
    runs = ["coresweep", "compare", RUNS[0], RUNS[1]]
    result = run_program(*runs, "--html", "--output", tmp_path)
    assert result.returncode == 0 and result.stderr == "", result.stderr
    assert result.stdout.endswith(f"report: {tmp_path}/compare.html\n")
    page = (tmp_path / "compare.html").read_text()
    differences = json.loads(run_program(*runs, "--json").stdout)["differences"]
    told = re.findall(r'data-difference="([^"]*)" data-meaning="([^"]*)"', page)
    assert sorted(told) == sorted((each["field"], each["meaning"]) for each in differences)
    assert ("build.git_revision", "subject") in told and told[0][1] == "subject"
