"""For tests of runs that cannot be read: makes them, and reads what is said of them."""

import json
from pathlib import Path

import pytest

from checked_json import ResultsError
from results import load_run
from synthetic_run import trial_document, write_run


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
