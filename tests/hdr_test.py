"""Our histograms beside those of HdrHistogram's own library in Python, both ways."""

import base64
import json
import random
import subprocess
import sys
import zlib

import pytest
from conftest import BIN, ROOT

sys.path.append(str(ROOT / "build" / "python"))
HdrHistogram = pytest.importorskip(
    "hdrh.histogram", reason="hdrhistogram of PyPI is not installed (cmake/install_wheels.sh)"
).HdrHistogram

LOWEST, HIGHEST, DIGITS = 1, 100_000_000_000, 3


def value_lists():
    draw = random.Random(11)
    yield []
    yield [1]
    yield [HIGHEST]
    yield [1, 2, 2_047, 2_048, 2_049, 4_095, 4_096, HIGHEST]
    yield [500] * 70_000 + [10**9]
    for spread in (0.1, 1, 4):
        yield [
            max(1, min(HIGHEST, int(draw.lognormvariate(12, spread)))) for _ in range(20_000)
        ]


@pytest.fixture(scope="module", params=range(8), ids=lambda i: f"list {i}")
def values(request):
    return list(value_lists())[request.param]


@pytest.fixture(scope="module")
def theirs(values):
    histogram = HdrHistogram(LOWEST, HIGHEST, DIGITS)
    for value in values:
        histogram.record_value(value)
    return histogram


def recode(line):
    result = subprocess.run(
        [BIN / "hdr_recode"], input=line + "\n", capture_output=True, text=True, check=True
    )
    return json.loads(result.stdout)


def assert_same(ours, theirs):
    assert ours["count"] == theirs.get_total_count()
    if ours["count"] == 0:
        return
    for key, percent in (("p50", 50), ("p99", 99), ("p999", 99.9)):
        of_theirs = theirs.get_value_at_percentile(percent)
        assert theirs.get_highest_equivalent_value(ours[key]) == of_theirs, key


def test_theirs_reads_ours(values, theirs):
    ours = recode(" ".join(map(str, values)))
    read = HdrHistogram.decode(ours["histogram"])
    assert read.get_total_count() == len(values)
    assert read.equals(theirs)
    assert_same(ours, read)


def test_ours_reads_theirs(theirs):
    ours = recode(theirs.encode().decode())
    assert_same(ours, theirs)
    assert HdrHistogram.decode(ours["histogram"]).equals(theirs)


def test_both_write_the_same_counts(values, theirs):
    """What is packed, that is: how well it is, is zlib's own choice."""

    def counts(text):
        return zlib.decompress(base64.b64decode(text)[8:])

    assert counts(recode(" ".join(map(str, values)))["histogram"]) == counts(theirs.encode())
