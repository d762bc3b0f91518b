"""A run is read whole, or refused in one line that names the file, the line and the cause."""

import json
import os
import random
import re
from pathlib import Path

import pytest

from checked_json import SCHEMA_PATH, ResultsError
from results import load_run
from synthetic_run import sweep, trial_document, write_run

SCHEMA = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
README = SCHEMA_PATH.with_name("README.md").read_text(encoding="utf-8")


def refusal(folder: Path) -> str:
    with pytest.raises(ResultsError) as caught:
        load_run(folder)
    text = str(caught.value)
    assert "\n" not in text
    return text


def with_lines(folder: Path, *lines: str) -> Path:
    write_run(folder, [])
    (folder / "trials.jsonl").write_text("".join(lines), encoding="utf-8")
    return folder


def line(**changes) -> str:
    return json.dumps({**trial_document(), **changes}) + "\n"


def test_a_run_is_read_as_it_was_written(tmp_path):
    trials = sweep(thread_counts=[1, 2, 4], blocks=3,
                   verdict_of=lambda architecture, threads, block:
                   ["shared_cpus"] if threads > 2 else [])
    run = load_run(write_run(tmp_path, trials, trials_planned=99,
                             cpu_division={"server": [0, 2], "load": [1, 3],
                                           "physical_cores": 1}))
    assert run.thread_counts == (1, 2, 4)
    assert run.architectures == ("reuseport_loops", "shared_reactor")
    assert run.blocks == (0, 1, 2)
    assert len(run.arms) == 18 and len(run.ceilings) == 3
    assert run.trials_planned == 99
    assert run.cpu_division.server == (0, 2)
    assert run.cpu_division.server_physical_cores == 1
    assert [trial.throughput_per_s for trial in run.trials] == [
        trial["throughput_per_s"] for trial in trials]
    assert {trial.threads for trial in run.arms if not trial.is_valid} == {4}
    assert (run.connections, run.streams, run.http2) == ((64,), (10,), ("nghttp2",))


def test_each_trial_has_its_http2(tmp_path):
    trials = sweep(http2=["nghttp2", "lean"], blocks=1, thread_counts=[1])
    run = load_run(write_run(tmp_path, trials, plan__http2=["nghttp2", "lean"]))
    assert [trial.arm.http2 for trial in run.trials] == [
        "nghttp2", "lean", "nghttp2", "lean", "null"]
    assert run.http2 == ("lean", "nghttp2"), "the ceiling's is none of those compared"
    assert [(arm.architecture, arm.http2) for arm in run.compared] == [
        ("reuseport_loops", "lean"), ("reuseport_loops", "nghttp2"),
        ("shared_reactor", "lean"), ("shared_reactor", "nghttp2")]


def test_a_plan_may_have_several_handlers(tmp_path):
    conditions = [{"handler_cpu": cpu, "stall_thread": stall}
                for cpu in ("50us", "5us") for stall in (None, "0:200ms")]
    run = load_run(write_run(tmp_path, sweep(conditions=conditions, blocks=1),
                             plan__handler_cpu=["50us", "5us"],
                             plan__stall_thread=[None, "0:200ms"]))
    assert [(one.handler_cpu, one.stall_thread) for one in run.conditions] == [
        ("50us", None), ("50us", "0:200ms"), ("5us", None), ("5us", "0:200ms")]
    part = run.under(run.conditions[1])
    assert len(part.arms) == 4 and len(part.ceilings) == len(run.ceilings) == 1
    assert {trial.conditions for trial in part.arms} == {run.conditions[1]}


@pytest.mark.parametrize("key, value, complaint", [
    ("handler_cpu", ["5us"], "plan.handler_cpu: ['5us'] is not valid under any"),
    ("handler_cpu", ["5us", "5us"], "plan.handler_cpu: ['5us', '5us'] is not valid under any"),
    ("reply_bytes", [0, "1"], "plan.reply_bytes: [0, '1'] is not valid under any"),
    ("stall_thread", [None, 3], "plan.stall_thread: [None, 3] is not valid under any"),
])
def test_a_plans_handlers_are_values_or_lists_of_several(tmp_path, key, value, complaint):
    folder = write_run(tmp_path, sweep(blocks=1), **{f"plan__{key}": value})
    assert complaint in refusal(folder)


@pytest.mark.parametrize("http2, complaint", [
    (["lean"], "plan.http2: ['lean'] is too short"),
    (["lean", "lean"], "plan.http2: ['lean', 'lean'] has non-unique elements"),
    (["lean", 2], "plan.http2.1: 2 is not of type 'string'"),
    ("", "plan.http2: '' "),
    (None, "plan.http2: None is not of type 'string', 'array'"),
])
def test_a_plans_http2_is_a_name_or_a_list_of_several(tmp_path, http2, complaint):
    folder = write_run(tmp_path, sweep(blocks=1), plan__http2=http2)
    assert complaint in refusal(folder)


def test_a_headline_may_be_of_two_http2(tmp_path):
    headline = {"architecture": "reuseport_loops", "http2": "lean", "against": "reuseport_loops",
                "against_http2": "nghttp2", "threads": 1}
    load_run(write_run(tmp_path, sweep(blocks=1), headline=headline, plan__headline=headline))


BYTES = b'{}[]",:0159-.eu\\ntf \n\x01\x80\xff'
VALUES = [b"1e999", b"-1", b"18446744073709551616", b"1" * 5000, b"null", b"true", b'""', b"[]",
          b"{}", b"[" * 2000, b'"\\ud800"']


def mutated(text: bytes, chance: random.Random) -> bytes:
    """`text` with one to four changes that a disk, an editor or an enemy might make."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text) or 1)
        length = chance.choice([1, chance.randrange(len(text) or 1)])
        line = text.rfind(b"\n", 0, at) + 1
        colon = text.find(b":", at)
        end = min(filter(lambda place: place > 0, (text.find(b, colon) for b in (b",", b"}"))),
                  default=len(text))
        text = chance.choice([
            lambda: text[:at] + bytes([chance.choice(BYTES)]) + text[at + 1:],
            lambda: text[:at] + text[at:at + length] + text[at:],
            lambda: text[:at] + text[at + length:],
            lambda: text[:at] if chance.random() < 0.2 else text,
            lambda: text[:line] + text[line:text.find(b"\n", at) + 1] + text[line:],
            lambda: text[:colon + 1] + chance.choice(VALUES) + text[end:],
        ])()
    return text


@pytest.mark.parametrize("name", ["run.json", "trials.jsonl"])
def test_a_mutated_run_is_read_whole_or_refused(tmp_path, capsys, name):
    chance = random.Random(11)
    path = write_run(tmp_path, [trial_document(trial, block=trial) for trial in range(4)]) / name
    text = path.read_bytes()
    accepted = 0
    for _ in range(200):
        mutant = mutated(text, chance)
        path.write_bytes(mutant)
        try:
            run = load_run(tmp_path)
        except ResultsError as error:
            capsys.readouterr()
            assert str(error).startswith(f"{tmp_path}/"), mutant
            assert "\n" not in str(error) and len(str(error)) < 1000, mutant
            continue
        accepted += 1
        torn = "torn last line dropped" in capsys.readouterr().err
        lines = (tmp_path / "trials.jsonl").read_bytes().split(b"\n")
        assert len(run.trials) == len(lines) - (lines[-1] == b"") - torn, mutant
    assert 5 < accepted < 150


def test_no_trial_is_counted_twice(tmp_path):
    folder = with_lines(tmp_path, line(trial=0), line(trial=1), line(trial=0))
    assert refusal(folder) == f"{folder}/trials.jsonl:3: trial: 0 stands in a line before"
    again = load_run(with_lines(tmp_path, line(trial=0), line(trial=0, attempt=2)))
    assert [trial.attempt for trial in again.trials] == [2]  # it may be run again, and then counts


def test_no_key_is_given_twice(tmp_path):
    twice = line().replace('"block": 0', '"block": 0, "block": 1')
    assert 'trials.jsonl:1: not JSON: "block" is given twice in one object' in refusal(
        with_lines(tmp_path, twice))


@pytest.mark.parametrize("name", ["run.json", "trials.jsonl"])
def test_what_is_no_file_or_endless_is_refused(tmp_path, name):
    path = write_run(tmp_path, [trial_document()]) / name
    with path.open("wb") as file:
        file.truncate(1 << 40)  # of holes
    assert refusal(tmp_path) == f"{path}: is larger than the 1073741824 bytes that are allowed"
    path.unlink()
    path.symlink_to("/dev/zero")
    assert refusal(tmp_path) == f"{path}: is a device"
    path.unlink()
    os.mkfifo(path)
    assert refusal(tmp_path) == f"{path}: is a pipe"


PUBLISHED = [path.parent for path in SCHEMA_PATH.parent.glob("published/*/run.json")]


def test_what_is_published_can_be_read_for_ever():
    assert PUBLISHED
    for folder in PUBLISHED:
        run = load_run(folder)
        assert run.is_complete, folder


def test_being_client_bound_is_no_fault_of_a_ceiling_only(tmp_path):
    bound = {"verdict": ["client_bound"], "throughput_per_s": 1.0}
    trials = [trial_document(0, role="arm", **bound), trial_document(1, role="ceiling", **bound),
              trial_document(2, role="ceiling", verdict=["client_bound", "shared_cpus"])]
    run = load_run(write_run(tmp_path, trials))
    assert [trial.faults for trial in run.trials] == [("client_bound",), (), ("shared_cpus",)]


def test_a_failed_trial_may_be_without_numbers(tmp_path):
    trials = [trial_document(0), trial_document(1, verdict=["failed"], throughput_per_s=None)]
    run = load_run(write_run(tmp_path, trials))
    assert run.trials[1].throughput_per_s is None and not run.trials[1].is_valid


def test_a_torn_last_line_is_dropped_and_said(tmp_path, capsys):
    folder = with_lines(tmp_path, line(trial=0), line(trial=1), line(trial=2)[:200])
    assert len(load_run(folder).trials) == 2
    assert capsys.readouterr().err == f"{folder}/trials.jsonl:3: torn last line dropped\n"


def test_a_line_torn_within_a_letter_is_dropped_too(tmp_path, capsys):
    folder = with_lines(tmp_path, line())
    with (folder / "trials.jsonl").open("ab") as file:
        file.write('{"cell":"é'.encode()[:-1])
    assert len(load_run(folder).trials) == 1
    assert "trials.jsonl:2: torn last line dropped" in capsys.readouterr().err


def test_a_whole_last_line_without_its_newline_is_kept(tmp_path, capsys):
    folder = with_lines(tmp_path, line(trial=0), line(trial=1).rstrip("\n"))
    assert len(load_run(folder).trials) == 2
    assert capsys.readouterr().err == ""


def test_a_broken_line_before_the_last_is_refused(tmp_path):
    folder = with_lines(tmp_path, line(), '{"schema_version":1,\n', line())
    assert re.fullmatch(
        rf"{re.escape(str(folder))}/trials\.jsonl:2: not JSON: .+ at column \d+", refusal(folder))


def test_a_broken_last_line_that_was_ended_is_no_torn_one(tmp_path):
    assert "trials.jsonl:2: not JSON" in refusal(with_lines(tmp_path, line(), "{]\n"))


def test_an_empty_line_is_refused(tmp_path):
    assert "trials.jsonl:2: not JSON" in refusal(with_lines(tmp_path, line(), "\n", line()))


def test_nan_is_not_json(tmp_path):
    broken = line().replace('"throughput_per_s": 100000.0', '"throughput_per_s": NaN')
    assert "trials.jsonl:1: not JSON: NaN is not a JSON number" in refusal(
        with_lines(tmp_path, broken))


@pytest.mark.parametrize("changes, complaint", [
    ({"throughput_per_s": "fast"}, ":1: throughput_per_s: 'fast' is not of type 'number', 'null'"),
    ({"throughput_per_s": -1}, ":1: throughput_per_s: -1 is less than the minimum of 0"),
    ({"throughput_per_s": None}, ":1: throughput_per_s: None is not of type 'number'"),
    ({"verdict": ["lucky"]},
     ":1: verdict.0: 'lucky' is not one of ['failed', 'shared_cpus', 'client_bound', "),
    ({"throughput_per_s": 10 ** 400}, "0 is greater than the maximum of 1e+18"),
    ({"cell": "x" * 5000}, "x' is too long"),
    ({"cell": "\ud800"}, ":1: not JSON: 'utf-8' codec can't encode character '\\ud800'"),
    ({"role": "spare"}, ":1: role: 'spare' is not one of ['arm', 'ceiling', 'base', "),
    ({"started_at": "today"}, ":1: started_at: 'today' does not match"),
])
def test_what_the_schema_forbids_is_refused_by_field(tmp_path, changes, complaint):
    text = refusal(with_lines(tmp_path, line(**changes)))
    assert "trials.jsonl:1: " in text and complaint in text


def test_a_number_beyond_every_number_is_refused(tmp_path):
    huge = line().replace('"block": 0', '"block": 1e999')
    assert "trials.jsonl:1: not JSON: 1e999 is not" in refusal(with_lines(tmp_path, huge))


def test_a_missing_field_is_named(tmp_path):
    trial = trial_document()
    del trial["block"]
    folder = with_lines(tmp_path, json.dumps(trial) + "\n")
    assert "trials.jsonl:1: the whole object: 'block' is a required property" in refusal(folder)


def test_an_unknown_field_is_named_with_those_allowed(tmp_path):
    factors = {**trial_document()["factors"], "colour": "red"}
    text = refusal(with_lines(tmp_path, line(factors=factors)))
    assert "trials.jsonl:1: factors: " in text and "'colour' was unexpected" in text
    assert ("(allowed: architecture, backlog, client_work, connections, engine, "
            "handler_cpu, handler_wait, http2, mode, pin, rate_per_s, rate_share, reply_bytes, "
            "requests_per_connection, stall_thread, streams, threads)" in text)


def test_a_line_that_is_no_object_is_refused(tmp_path):
    assert "trials.jsonl:1: the whole object: 7 is not of type 'object'" in refusal(
        with_lines(tmp_path, "7\n"))


def test_a_complaint_stays_short_whatever_the_file_holds(tmp_path):
    text = refusal(with_lines(tmp_path, line(verdict_details={"failed": ["x" * 5000]})))
    assert len(text.replace(str(tmp_path), "")) < 400
    assert text.endswith("is not of type 'string'")


def test_another_schema_version_is_refused_in_either_file(tmp_path):
    folder = with_lines(tmp_path / "trial", line(), line(schema_version=3))
    assert refusal(folder).endswith(
        "trials.jsonl:2: schema_version 3 is unknown: these charts read 1 and 2")
    folder = write_run(tmp_path / "run", sweep(), schema_version=7)
    assert refusal(folder).endswith(
        "run.json: schema_version 7 is unknown: these charts read 1 and 2")


def test_missing_folder_and_files_are_named(tmp_path):
    assert refusal(tmp_path / "none") == (
        f"{tmp_path}/none: no such folder: name one with run.json and trials.jsonl")
    for name in ("run.json", "trials.jsonl"):
        folder = write_run(tmp_path / name, sweep(blocks=1))
        (folder / name).unlink()
        assert refusal(folder) == (
            f"{folder}/{name}: no such file: a run's folder holds run.json and trials.jsonl")


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    folder = write_run(tmp_path, sweep(blocks=1))
    (folder / "trials.jsonl").unlink()
    (folder / "trials.jsonl").mkdir()
    assert refusal(folder) == f"{folder}/trials.jsonl: cannot be read: Is a directory"


def test_a_run_without_trials_is_refused(tmp_path):
    nothing = "no trial yet: nothing to draw"
    assert refusal(with_lines(tmp_path / "empty")).endswith(f"trials.jsonl: {nothing}")


def test_broken_run_json_is_refused_with_line_and_column(tmp_path):
    folder = write_run(tmp_path, sweep(blocks=1))
    (folder / "run.json").write_text('{\n "schema_version": 1,\n "plan" {}}', encoding="utf-8")
    assert refusal(folder) == f"{folder}/run.json:3: not JSON: Expecting ':' delimiter at column 9"


def test_a_field_within_run_json_is_named(tmp_path):
    folder = write_run(tmp_path, sweep(blocks=1), plan__threads=[0])
    assert refusal(folder) == (
        f"{folder}/run.json: plan.threads.0: 0 is less than the minimum of 1")


def test_more_physical_cores_than_server_cpus_are_refused(tmp_path):
    folder = write_run(tmp_path, sweep(blocks=1), cpu_division__physical_cores=2)
    assert "cpu_division.physical_cores: 2 is more than the 1 server CPUs" in refusal(folder)


def test_a_plan_with_nothing_to_compare_has_no_headline(tmp_path):
    folder = write_run(tmp_path, sweep(architectures=["shared_reactor"]), headline=None,
                       plan__headline=None)
    assert load_run(folder).architectures == ("shared_reactor",)


def properties_of(schema: dict):
    """Every (name, schema) in `properties` at any depth."""
    for name, value in schema.get("properties", {}).items():
        yield name, value
    for key in ("properties", "$defs"):
        for value in schema.get(key, {}).values():
            yield from properties_of(value)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from properties_of(schema[key])


def test_the_schema_is_one_and_says_what_every_field_means():
    import jsonschema

    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    fields = list(properties_of(SCHEMA))
    assert len(fields) > 100
    assert [name for name, field in fields if not field.get("description")] == []


def test_fields_with_a_unit_in_their_name_say_it_in_words():
    words = {"_per_s": "s per second", "_s": "second", "_kb": "1024"}
    for name, field in properties_of(SCHEMA):
        suffix = next((suffix for suffix in words if name.endswith(suffix)), None)
        if suffix:
            assert words[suffix] in field["description"].lower(), name


def test_the_readme_names_every_field_and_every_verdict():
    named = set(re.findall(r"`([a-z0-9_]+)`", README))
    assert {name for name, _ in properties_of(SCHEMA)} - named == set()
    verdicts = set(SCHEMA["$defs"]["verdict_name"]["enum"])
    section = README[README.index("## Verdicts"):README.index("## run.json")]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == verdicts
