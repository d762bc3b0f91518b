"""results/schema.json is what is written: no field without a writer, no writer without a field.

That each has its meaning there, and its line in results/README.md, plots/schema_fields_test.py
says.
"""

import json
import os
import signal
import sys
import time

import jsonschema
import pytest
from conftest import BIN, ROOT
from sweeps import RunningSweep, run_folder, sweep, trials_of

sys.path.insert(0, str(ROOT / "plots"))
from checked_json import validator_of  # noqa: E402

DEFINITIONS = json.loads((ROOT / "results" / "schema.json").read_text())["$defs"]
FILES = {"run": "run.json", "end": "end.json", "trial": "trials.jsonl", "trace": "traces.jsonl"}

# What no run need have written, by the beginning of its path, and why.
NOT_EVERYWHERE = {
    "run/doctor/": "a machine may be ready",
    "run/environment": "nothing may be set",
    "run/hosts": "these run on one machine",
    "run/fleet": "likewise",
    "trial/hosts": "likewise",
    "trial/pair": "likewise",
    "trial/starts_apart_ns": "likewise",
    "trial/cpu_frequency/": "a virtual machine shows no frequency of its CPUs",
    "trace/syscalls/tried/": "the first tracer may work here",
    "trace/locks/tried/": "likewise",
}


def definition(schema):
    """With what it refers to, each keyword's last; `properties` of all its parts together."""
    merged = {}
    parts = [schema, *schema.get("allOf", [])]
    if "$ref" in schema:
        found = DEFINITIONS
        for step in schema["$ref"].removeprefix("#/$defs/").split("/"):
            found = found[step]
        parts.insert(0, found)
    for part in parts:
        whole = definition(part) if part is not schema and ("$ref" in part) else part
        for key, value in whole.items():
            if key == "properties":
                merged.setdefault(key, {}).update(value)
            elif key not in ("$ref", "allOf"):
                merged[key] = value
    for other in merged.get("anyOf", []):
        for key, value in definition(other).items():
            merged.setdefault(key, value)
    return merged


def fields_of(schema, place):
    """Every field that may be written there, by path; "*" stands for a key that is no field."""
    here = definition(schema)
    for name, field in here.get("properties", {}).items():
        yield f"{place}/{name}"
        yield from fields_of(field, f"{place}/{name}")
    if isinstance(here.get("items"), dict):
        yield from fields_of(here["items"], place)
    if isinstance(here.get("additionalProperties"), dict):
        yield from fields_of(here["additionalProperties"], f"{place}/*")


def written_in(document, schema, place):
    here = definition(schema)
    if isinstance(document, list):
        for element in document:
            yield from written_in(element, here.get("items", {}), place)
    elif isinstance(document, dict):
        fields = here.get("properties", {})
        for key, value in document.items():
            is_field = key in fields or not isinstance(here.get("additionalProperties"), dict)
            if place.endswith("plan_document"):  # what somebody else wrote
                return
            if is_field:
                yield f"{place}/{key}"
            inner = fields.get(key, here.get("additionalProperties") or {})
            yield from written_in(value, inner if isinstance(inner, dict) else {},
                                  f"{place}/{key if is_field else '*'}")


def documents_of(folder):
    for name, file in FILES.items():
        path = folder / file
        if path.exists():
            text = path.read_text()
            lines = text.splitlines() if path.suffix == ".jsonl" else [text]
            yield from ((name, json.loads(line)) for line in lines)


@pytest.fixture
def folders(plan, tmp_path, start):
    """Runs of every kind, a second or so each."""
    ran = []

    def run(*flags, **fields):
        folder = tmp_path / str(len(ran))
        result = sweep(plan(blocks=1, **fields), folder, *flags)
        assert result.returncode in (0, 1), result.stderr
        ran.append(run_folder(folder))

    peer = tmp_path / "peer"
    peer.mkdir()
    (peer / "peer.json").write_text(json.dumps({
        "deviations": [{"what": "silence", "default": "noise", "why": "it is a test"}],
        "name": "another", "ready": {"port": True}, "varies": ["threads", "reply_bytes"],
        "start": [str(BIN / "greeter"), "--architecture", "reuseport_loops", "--threads",
                  "{threads}", "--listen", "{address}:{port}", "--pin", "none", "--stay",
                  "--http2", "null"]}))
    # A trace, twins, controls, and what is skipped: the peer cannot take longer.
    run("--peer", peer, handler_cpu="5us", reply_bytes=10, trace=True, twin_blocks=1, controls=True,
        headline={"architecture": "reuseport_loops", "against": "shared_reactor", "threads": 1})
    run("--peer", peer, architectures=[], reply_bytes=10)  # it answers wrongly
    run(architectures=["reuseport_loops"], twin_blocks=1)
    run(architectures=["reuseport_loops"], mode="poisson", rate=2_000, handler_wait="1ms",
        stall_thread="0:100ms", duration="1500ms")
    run(architectures=["reuseport_loops"], capacity_p99="50ms")
    run(architectures=["reuseport_loops"], mode="churn", requests_per_connection=2)
    folder = tmp_path / "stopped"
    running = start(RunningSweep, plan(blocks=1, duration="2s", ceiling=False), folder)
    running.await_child("loadgen")
    greeter = running.await_child("greeter")
    time.sleep(0.3)
    os.kill(greeter, signal.SIGSTOP)
    time.sleep(0.8)  # a silence is half a second
    os.kill(greeter, signal.SIGCONT)
    running.wait()
    return [*ran, run_folder(folder)]


def test_the_schema_is_what_is_written_and_nothing_else(folders):
    written, excused = set(), set(NOT_EVERYWHERE)
    for folder in folders:
        for name, document in documents_of(folder):
            validator_of(name).validate(document)
            written |= set(written_in(document, DEFINITIONS[name], name))
            if name == "trace":  # where no tracer works there is no more to tell
                excused |= {f"trace/{kind}/" for kind in ("syscalls", "locks")
                            if document[kind]["why"]}
    fields = {field for name in FILES for field in fields_of(DEFINITIONS[name], name)}
    assert written <= fields
    assert {field for field in fields - written if not field.startswith(tuple(excused))} == set()
    assert all(any(field.startswith(place) for field in fields) for place in NOT_EVERYWHERE)
    trials = [trial for folder in folders for trial in trials_of(folder)]
    assert {trial["schema_version"] for trial in trials} == {2}
    assert {trial["role"] for trial in trials} >= {
        "arm", "ceiling", "base", "client_work", "in_flight", "aa", "slower"}


def test_what_version_2_added_is_none_of_version_1(plan, tmp_path):
    """And what it has, no trial of version 2 may lack."""
    sweep(plan(blocks=1, ceiling=False), tmp_path)
    (_, run), *trials = documents_of(run_folder(tmp_path))
    validator = validator_of("trial")
    for trial in (document for name, document in trials if name == "trial"):
        with pytest.raises(jsonschema.ValidationError):
            validator.validate({**trial, "schema_version": 1})
        for key in ("thresholds", "silences", "latency_from_due_ns", "seconds", "cpu_frequency",
                    "connections", "network_connecting", "requests_in_flight_mean"):
            lacking = {name: value for name, value in trial.items() if name != key}
            with pytest.raises(jsonschema.ValidationError, match=f"'{key}' is a required property"):
                validator.validate(lacking)
    less = {**run, "thresholds": {key: value for key, value in run["thresholds"].items()
                                  if key != "unsteady_silence_s"}}
    with pytest.raises(jsonschema.ValidationError, match="'unsteady_silence_s' is a required"):
        validator_of("run").validate(less)
