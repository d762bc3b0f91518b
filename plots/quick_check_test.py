"""It says of every document what jsonschema says: those of real runs, and what is wrong in them."""

import copy
import json
import random

import pytest

from checked_json import validator_of
from quick_check import quick_check_of
from synthetic_run import PUBLISHED, as_version_2, trial_document

STRANGE = (None, True, False, 0, 1, -1, 1.0, 1.5, 2**70, "", "failed", "x" * 5000, [], {}, [1, 1],
           [1, True], {"p50": 1})


def checker(definition: str):
    schema = validator_of(definition).schema
    return quick_check_of(schema, schema["$defs"])


def places(document, path=()):
    """Each value of `document`, as the keys that lead to it."""
    yield path
    inner = (document.items() if isinstance(document, dict)
             else enumerate(document) if isinstance(document, list) else ())
    for key, value in inner:
        yield from places(value, (*path, key))


def changed_at(document, path, change):
    document = copy.deepcopy(document)
    target = document
    for key in path[:-1]:
        target = target[key]
    change(target, path[-1])
    return document


def set_to(value):
    return lambda target, key: target.__setitem__(key, value)


def remove(target, key):
    del target[key]


def documents():
    for folder in sorted(PUBLISHED.glob("*-*")):
        yield "run", json.loads((folder / "run.json").read_bytes())
        with (folder / "trials.jsonl").open(encoding="utf-8") as lines:
            yield from (("trial", json.loads(line)) for line, _ in zip(lines, range(3)))
        if (folder / "end.json").exists():
            yield "end", json.loads((folder / "end.json").read_bytes())
    for throughput in (None, 1e5):
        failed = ["failed"] if throughput is None else []
        yield "trial", as_version_2(trial_document(verdict=failed, throughput_per_s=throughput))


@pytest.mark.parametrize("definition, document", list(documents()))
def test_what_is_stored_is_taken(definition, document):
    assert checker(definition)(document)


def test_it_says_what_jsonschema_says_of_changed_documents():
    chance = random.Random(8)
    found = {True: 0, False: 0}
    kinds = list(documents())
    for _ in range(600):
        definition, document = chance.choice(kinds)
        path = chance.choice([path for path in places(document) if path])
        change = chance.choice([remove, *map(set_to, STRANGE)])
        document = changed_at(document, path, change)
        said = checker(definition)(document)
        assert said == validator_of(definition).is_valid(document), (definition, path)
        found[said] += 1
    assert min(found.values()) > 50


def test_an_unknown_keyword_leaves_it_to_jsonschema():
    assert quick_check_of({"properties": {"a": {"multipleOf": 2}}}, {}) is None
    assert checker("trace") is None  # unevaluatedProperties


@pytest.mark.parametrize("schema, right, wrong", [
    ({"enum": [1, 2]}, 2.0, True),
    ({"const": True}, True, 1),
    ({"type": "integer"}, 3.0, 3.5),
    ({"uniqueItems": True}, [1, True], [1, 1.0]),
    ({"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"minimum": 5}}, "ab", 4),
    ({"not": {"contains": {"const": "failed"}}}, ["a"], ["a", "failed"]),
    ({"propertyNames": {"pattern": "^a"}}, {"ab": 1}, {"ba": 1}),
])
def test_a_keyword(schema, right, wrong):
    check = quick_check_of(schema, {})
    assert check(right) and not check(wrong)
