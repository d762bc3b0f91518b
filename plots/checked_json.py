"""Bytes of a run folder to JSON that is what results/schema.json says, or one line of complaint."""

from __future__ import annotations

import json
import math
import re
from functools import lru_cache
from pathlib import Path

from quick_check import quick_check_of

SCHEMA_PATH = Path(__file__).resolve().parent.parent / "results" / "schema.json"
SCHEMA_VERSIONS = (1, 2)

# What no run comes near: a file of holes takes no room on the disk, and would in memory.
LARGEST_FILE = 1 << 30
DEEPEST_NESTING = 16

# Characters that no page and no drawing can hold (XML 1.0), as json.dumps writes them; it doubles a
# backslash before them, too, so that more is found than there is.
NOT_IN_XML_DUMPED = re.compile(r"\\(u00[01][0-9a-f]|[bf])|[\uFFFE\uFFFF]")
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\uFFFE\uFFFF]")

# A broken file may hold anything: enough of it to recognise, and still one line.
LONGEST_COMPLAINT = 240


class ResultsError(Exception):
    """A run that cannot be read. Its text is one line for the operator."""


def read_bytes(path: Path) -> bytes:
    try:
        if path.is_fifo():  # nobody may ever write to it
            raise ResultsError(f"{path}: is a pipe")
        if path.is_char_device() or path.is_block_device():  # it may have no end
            raise ResultsError(f"{path}: is a device")
        if path.stat().st_size > LARGEST_FILE:
            raise ResultsError(f"{path}: is larger than the {LARGEST_FILE} bytes that are allowed")
        return path.read_bytes()
    except FileNotFoundError:
        raise ResultsError(
            f"{path}: no such file: a run's folder holds run.json and trials.jsonl"
        ) from None
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read: {error.strerror}") from None


def parse(text: bytes) -> object:
    """Raises ValueError, also for what Python takes and no chart can show.

    That is NaN and Infinity, by name or by size, halves of surrogate pairs, a key that is given
    twice (of which Python takes the second), and what is nested without end. A character that no
    page can hold becomes U+FFFD: a program's output may stand in a verdict's details.
    """

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not a JSON number")

    def read_float(digits: str) -> float:
        value = float(digits)
        return value if math.isfinite(value) else refuse(digits)

    def read_object(pairs: list) -> dict:
        document = dict(pairs)
        if len(document) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise ValueError(f"{json.dumps(twice)} is given twice in one object")
        return document

    try:
        document = json.loads(text.decode("utf-8"), parse_constant=refuse, parse_float=read_float,
                              object_pairs_hook=read_object)
        if _is_deeper_than(DEEPEST_NESTING, document):
            raise RecursionError
        dumped = json.dumps(document, ensure_ascii=False)
        dumped.encode("utf-8")
        return _replaced(document) if NOT_IN_XML_DUMPED.search(dumped) else document
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _is_deeper_than(levels: int, document: object) -> bool:
    if not isinstance(document, (dict, list)):
        return False
    inner = document.values() if isinstance(document, dict) else document
    return levels == 0 or any(_is_deeper_than(levels - 1, value) for value in inner)


def _replaced(document: object) -> object:
    if isinstance(document, str):
        return NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", document)
    if isinstance(document, list):
        return [_replaced(value) for value in document]
    if isinstance(document, dict):
        return {_replaced(key): _replaced(value) for key, value in document.items()}
    return document


def reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at column {error.colno}"
    return _shortened(str(error))


def line_of(error: ValueError) -> int:
    return error.lineno if isinstance(error, json.JSONDecodeError) else 1


@lru_cache(maxsize=None)
def validator_of(definition: str):
    """A validator of one of the schema's $defs. Raises ModuleNotFoundError without jsonschema."""
    import jsonschema  # here, so that a wrong argument is told before anything heavy is loaded

    definitions = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))["$defs"]
    return jsonschema.Draft202012Validator(
        {"$ref": f"#/$defs/{definition}", "$defs": definitions}
    )


@lru_cache(maxsize=None)
def _quick_check(definition: str):
    schema = validator_of(definition).schema
    return quick_check_of(schema, schema["$defs"])


def check(document: object, definition: str, where: str) -> None:
    """Raises ResultsError that begins with `where` unless `document` is as the schema says.

    definition: one of the schema's $defs
    """
    version = document.get("schema_version") if isinstance(document, dict) else None
    if isinstance(version, int) and version not in SCHEMA_VERSIONS:
        raise ResultsError(
            f"{where}: schema_version {version} is unknown: these charts read "
            f"{' and '.join(map(str, SCHEMA_VERSIONS))}"
        )
    quick = _quick_check(definition)
    if quick is not None and quick(document):
        return
    # Shallowest first: a missing key says more than what follows from its absence.
    error = min(validator_of(definition).iter_errors(document), default=None,
                key=lambda error: len(error.path))
    if error is None:
        return
    field = ".".join(str(step) for step in error.absolute_path) or "the whole object"
    complaint = _shortened(error.message)
    if error.validator == "additionalProperties":
        complaint += f" (allowed: {', '.join(sorted(error.schema.get('properties', {})))})"
    raise ResultsError(f"{where}: {field}: {complaint}")


def _shortened(text: str) -> str:
    """`text` on one line. A long one loses its middle: what is allowed stands at its end."""
    text = " ".join(text.split())
    if len(text) <= LONGEST_COMPLAINT:
        return text
    half = LONGEST_COMPLAINT // 2
    return f"{text[:half]} ... {text[-half:]}"
