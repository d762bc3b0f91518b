"""results/schema.json says what every field means, and what it forbids is refused by name."""

import json
import re

import pytest

from broken_runs import line, refusal, with_lines
from checked_json import SCHEMA_PATH
from synthetic_run import sweep, trial_document, write_run

SCHEMA = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
README = SCHEMA_PATH.with_name("README.md").read_text(encoding="utf-8")


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


def test_a_field_within_run_json_is_named(tmp_path):
    folder = write_run(tmp_path, sweep(blocks=1), plan__threads=[0])
    assert refusal(folder) == (
        f"{folder}/run.json: plan.threads.0: 0 is less than the minimum of 1")


def test_more_physical_cores_than_server_cpus_are_refused(tmp_path):
    folder = write_run(tmp_path, sweep(blocks=1), cpu_division__physical_cores=2)
    assert "cpu_division.physical_cores: 2 is more than the 1 server CPUs" in refusal(folder)


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
