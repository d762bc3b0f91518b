"""A run whose files are broken is refused in one line that names file, line and cause."""

import os
import random
import re

import pytest

from broken_runs import line, refusal, with_lines
from checked_json import ResultsError
from results import load_run
from synthetic_run import sweep, trial_document, write_run


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


def test_a_number_beyond_every_number_is_refused(tmp_path):
    huge = line().replace('"block": 0', '"block": 1e999')
    assert "trials.jsonl:1: not JSON: 1e999 is not" in refusal(with_lines(tmp_path, huge))


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
