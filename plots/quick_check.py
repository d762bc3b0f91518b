"""Says fast whether a document is what a schema says; jsonschema says what is wrong.

A run has thousands of lines that are all right: jsonschema takes 7 ms for each, this a tenth. It
knows the keywords that results/schema.json has, exactly, and of a schema with any other it says
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Check = Callable[[object], bool]

TELL_NOTHING = {"description", "title", "$schema", "$id", "$defs", "then", "else"}


class UnknownKeyword(Exception):
    """The schema says something that is not known here."""


def quick_check_of(schema: dict, definitions: dict) -> Check | None:
    """None where jsonschema has to look itself."""
    try:
        return _compiled(schema, definitions, {})
    except UnknownKeyword:
        return None


def _compiled(schema: dict | bool, definitions: dict, known: dict[str, Check]) -> Check:
    if isinstance(schema, bool):
        return lambda value: schema

    def of(inner: dict | bool) -> Check:
        return _compiled(inner, definitions, known)

    checks = []
    for keyword, said in schema.items():
        if keyword == "$ref":
            if said not in known:  # none refers to itself: what is stored has a depth
                known[said] = of(_at(said, definitions))
            checks.append(known[said])
        elif keyword in _MAKERS:
            checks.append(_MAKERS[keyword](said, schema, of))
        elif keyword not in TELL_NOTHING:
            raise UnknownKeyword(keyword)
    return checks[0] if len(checks) == 1 else lambda value: all(check(value) for check in checks)


def _at(reference: str, definitions: dict) -> dict:
    found = definitions
    for key in reference.removeprefix("#/$defs/").split("/"):
        found = found[key]
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_TYPES: dict[str, Check] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "number": _is_number,
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
}


def _type(said, schema, of) -> Check:
    kinds = [_TYPES[name] for name in ([said] if isinstance(said, str) else said)]
    return kinds[0] if len(kinds) == 1 else lambda value: any(kind(value) for kind in kinds)


def _properties(said, schema, of) -> Check:
    checks = {key: of(inner) for key, inner in said.items()}

    def check(value: object) -> bool:
        if not isinstance(value, dict):
            return True
        for key, inner in value.items():
            one = checks.get(key)
            if one is not None and not one(inner):
                return False
        return True

    return check


def _additional(said, schema, of) -> Check:
    own, check = schema.get("properties", {}), of(said)
    return lambda value: not isinstance(value, dict) or all(
        key in own or check(inner) for key, inner in value.items())


def _required(said, schema, of) -> Check:
    keys = frozenset(said)
    return lambda value: not isinstance(value, dict) or keys <= value.keys()


def _each(kind: type, inner: Callable[[object], object]):
    """A keyword for what is in every list, or of every object."""
    def make(said, schema, of) -> Check:
        check = of(said)
        return lambda value: not isinstance(value, kind) or all(map(check, inner(value)))
    return make


def _limit(is_concerned: Check, keeps: Callable[[object, float], bool]):
    def make(said, schema, of) -> Check:
        return lambda value: not is_concerned(value) or keeps(value, said)
    return make


def _one_of(values: list) -> Check:
    return lambda value: any(_equal(value, one) for one in values)


def _equal(one: object, other: object) -> bool:
    """In JSON true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    return one == other


def _unique(said, schema, of) -> Check:
    return lambda value: not said or not isinstance(value, list) or not any(
        _equal(one, other) for i, one in enumerate(value) for other in value[:i])


def _if(said, schema, of) -> Check:
    holds, then, otherwise = of(said), of(schema.get("then", True)), of(schema.get("else", True))
    return lambda value: then(value) if holds(value) else otherwise(value)


def _several(together: Callable):
    def make(said, schema, of) -> Check:
        checks = [of(inner) for inner in said]
        return lambda value: together(check(value) for check in checks)
    return make


def _not(said, schema, of) -> Check:
    check = of(said)
    return lambda value: not check(value)


def _contains(said, schema, of) -> Check:
    check = of(said)
    return lambda value: not isinstance(value, list) or any(map(check, value))


def _pattern(said, schema, of) -> Check:
    found = re.compile(said).search
    return lambda value: not isinstance(value, str) or found(value) is not None


_MAKERS = {
    "type": _type, "properties": _properties, "additionalProperties": _additional,
    "required": _required, "items": _each(list, iter), "propertyNames": _each(dict, iter),
    "minimum": _limit(_is_number, lambda value, least: value >= least),
    "maximum": _limit(_is_number, lambda value, most: value <= most),
    "minLength": _limit(_TYPES["string"], lambda value, least: len(value) >= least),
    "maxLength": _limit(_TYPES["string"], lambda value, most: len(value) <= most),
    "minItems": _limit(_TYPES["array"], lambda value, least: len(value) >= least),
    "maxItems": _limit(_TYPES["array"], lambda value, most: len(value) <= most),
    "maxProperties": _limit(_TYPES["object"], lambda value, most: len(value) <= most),
    "uniqueItems": _unique, "enum": lambda said, schema, of: _one_of(said),
    "const": lambda said, schema, of: _one_of([said]), "pattern": _pattern, "not": _not,
    "anyOf": _several(any), "allOf": _several(all), "contains": _contains, "if": _if,
}
