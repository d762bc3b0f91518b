"""Stored histograms read back: by hand, beside HdrHistogram's own library, and hostile ones."""

import base64
import random
import struct
import sys
import zlib
from collections import Counter
from pathlib import Path

import pytest

import hdr
from hdr import HdrError, decode, merged, values_above
from results import load_run
from synthetic_run import PUBLISHED, histogram_text

HIGHEST = 100_000_000_000
sys.path.append(str(Path(__file__).resolve().parent.parent / "build" / "python"))


def text_of(counts: bytes, cookie=0x1C849313, size=None, layout=(0, 3, 1, HIGHEST, 1.0)) -> str:
    plain = struct.pack(">IIIIQQd", cookie, len(counts) if size is None else size, *layout)
    return wrapped(zlib.compress(plain + counts))


def wrapped(packed: bytes, cookie=0x1C849314, size=None) -> str:
    return base64.b64encode(
        struct.pack(">II", cookie, len(packed) if size is None else size) + packed).decode()


@pytest.mark.parametrize(("counts", "pairs"), [
    (b"", []),
    (b"\x02", [(0, 1)]),
    (b"\x01\x02", [(1, 1)]),  # one zero, then a one
    (b"\x03\x80\x01", [(2, 64)]),  # two zeros; 128 in zigzag is 64, in two bytes
    (b"\xfd\x1f\x02", [(2047, 1)]),  # 4095 - 2048: buckets of one up to there
    (b"\xff\x1f\x02", [(2049, 1)]),  # and of two beyond
    (b"\x02\x00\x04", [(0, 1), (2, 2)]),  # a single zero may be written as one
    (b"\x80\x80\x80\x80\x80\x80\x80\x20", [(0, 2**53)]),
])
def test_bytes_known_by_hand(counts, pairs):
    assert decode(text_of(counts)) == pairs


def test_the_last_bucket_ends_at_the_highest_value():
    ((value, count),) = decode(histogram_text([(HIGHEST, 7)]))
    assert count == 7 and HIGHEST <= value < HIGHEST * 1.001


@pytest.mark.parametrize(("text", "why"), [
    ("", "it is cut short"),
    ("HIST", "it is cut short"),
    ("HISTFA*=", "it is not base64"),
    ("HISTFAA", "it is not base64"),
    ("HISTFä", "it is not base64"),
    (wrapped(b"", cookie=0x1C849303), "it is not in the compressed V2 encoding"),
    (wrapped(b"abc", size=4), "it is not as long as it says"),
    (wrapped(b"abc"), "it does not unpack"),
    (wrapped(zlib.compress(b"a" * 60)[:-1]), "it does not unpack"),
    (wrapped(zlib.compress(b"a" * 60) + b"b"), "it does not unpack"),
    (wrapped(zlib.compress(b"\0" * 50_000_000)), "it does not unpack"),
    (wrapped(zlib.compress(b"short")), "it is cut short"),
    (text_of(b"", cookie=0x1C849303), "what it unpacks to is not in the V2 encoding"),
    (text_of(b"\x02", size=2), "its counts are not as long as it says"),
    (text_of(b"", layout=(0, 2, 1, HIGHEST, 1.0)),
     "its buckets are not ours: 1 to 100000000000 with 2 digits, not 1 to 100000000000 with 3"),
    (text_of(b"", layout=(0, 3, 1, HIGHEST, float("nan"))),
     "its buckets are not ours: 1 to 100000000000 with 3 digits, not 1 to 100000000000 with 3"),
    (text_of(b"\x80"), "it is cut short"),
    (text_of(b"\xff" * 9), "it counts values above 100 s"),  # the least number: -2^63
    (text_of(b"\xfe" + b"\xff" * 8), "it counts more values than anybody has measured"),
    (text_of(b"\x80\x80\x80\x80\x80\x80\x80\x20\x02"),
     "it counts more values than anybody has measured"),
    (text_of(b"\xa5\xb7\x03\x02"), "it counts values above 100 s"),  # 28,115 zeros, then a value
    ("A" * 400_000, "it has 400000 characters, and none of ours more than 338798"),
], ids=range(22))
def test_what_is_no_histogram_is_told_in_one_line(text, why):
    with pytest.raises(HdrError) as raised:
        decode(text)
    assert str(raised.value) == f"no HdrHistogram: {why}"


def test_damaged_bytes_are_refused_or_read_and_nothing_else():
    draw = random.Random(5)
    whole = bytearray(base64.b64decode(histogram_text([(10**k, 9) for k in range(12)])))
    outcomes = Counter()
    for _ in range(3000):
        damaged = bytearray(whole)
        for _ in range(draw.randrange(1, 4)):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        plain = bytearray(zlib.decompress(whole[8:]))
        plain[draw.randrange(len(plain))] = draw.randrange(256)
        for text in (base64.b64encode(damaged).decode(), wrapped(zlib.compress(bytes(plain)))):
            try:
                decode(text)
                outcomes["read"] += 1
            except HdrError:
                outcomes["refused"] += 1
    assert outcomes["read"] > 0 and outcomes["refused"] > 0


def test_merging_is_exact_on_counts():
    assert merged([]) == []
    assert merged([[(1, 2), (5, 1)], [(0, 1), (5, 2**40)], []]) == [(0, 1), (1, 2), (5, 2**40 + 1)]


def test_percentiles_go_by_rank():
    pairs = [(10, 50), (20, 40), (30, 10)]
    assert values_above(pairs, [1, 0.5, 0.499, 0.1, 0.0999]) == [10, 10, 20, 20, None]
    assert values_above([], [0.5]) == [None]
    # 0.1 % of 10,000 are ten, in binary too.
    assert values_above([(1, 9_990), (2, 10)], [0.001]) == [1]
    assert values_above([(1, 9_989), (2, 10)], [0.001]) == [None]


def test_one_without_an_answer_waited_longest():
    pairs = [(10, 900), (20, 80)]
    assert values_above(pairs, [0.1, 0.02, 0.019], unanswered=20) == [10, 20, None]


def test_percentiles_are_those_that_the_load_generator_reports():
    """In a real run: from due and from sent."""
    stored = [(trial, latency)
              for trial in load_run(PUBLISHED / "20261126T174556Z-bench").stored
              for latency in (trial.from_due, trial.from_sent) if latency is not None]
    assert len(stored) > 100
    for trial, latency in stored:
        pairs = decode(latency.histogram)
        assert sum(count for _, count in pairs) == latency.count
        found = values_above(pairs, [0.5, 0.1, 0.01, 0.001], trial.due_unanswered)
        assert [None if value is None else min(value, latency.max) for value in found] == [
            latency.p50, latency.p90, latency.p99, latency.p999], trial.number


def test_beside_the_library_of_hdrhistogram():
    library = pytest.importorskip(
        "hdrh.histogram", reason="hdrhistogram of PyPI is not installed (cmake/install_wheels.sh)")
    draw = random.Random(11)
    both, ours = library.HdrHistogram(1, HIGHEST, 3), []
    for values in ([], [1], [HIGHEST], [1, 2, 2_047, 2_048, 2_049, 4_095, 4_096, HIGHEST],
                   [500] * 70_000 + [10**9], [draw.randrange(1, HIGHEST) for _ in range(3_000)],
                   [min(HIGHEST, int(draw.lognormvariate(12, 4)) + 1) for _ in range(20_000)]):
        theirs = library.HdrHistogram(1, HIGHEST, 3)
        for value in values:
            theirs.record_value(value)
            both.record_value(value)
        pairs = decode(theirs.encode().decode())
        ours.append(pairs)
        assert pairs == [(item.value_iterated_to, item.count_added_in_this_iter_step)
                         for item in theirs.get_recorded_iterator()]
        for share in (0.5, 0.1, 0.01, 0.001):
            (value,) = values_above(pairs, [share])
            if value is not None:
                assert value == theirs.get_value_at_percentile(100 * (1 - share))
    assert merged(ours) == [(item.value_iterated_to, item.count_added_in_this_iter_step)
                            for item in both.get_recorded_iterator()]


def test_invented_histograms_are_written_as_ours_are():
    pairs = [(0, 1), (7, 2), (2_047, 300), (2_049, 4), (1_000_447, 70_000)]
    assert decode(histogram_text(pairs)) == pairs
    assert histogram_text(pairs).startswith("HISTF") and hdr.FEWEST_ABOVE == 10
