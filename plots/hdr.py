"""Reads a stored histogram: HdrHistogram's compressed V2 encoding, as support/hdr_encoding has it.

A run folder may be anybody's: a text that is no histogram of ours is an HdrError of one line, and
takes no more memory than ours could.
"""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate

from checked_json import ResultsError

# A value, the highest that its bucket holds (nanoseconds), and how often the bucket was met.
Pair = tuple[int, int]

_COMPRESSED_V2, _PLAIN_V2 = 0x1C849314, 0x1C849313
_OURS = (0, 3, 1, 100_000_000_000, 1.0)  # offset, digits, lowest and highest (ns), ratio
_HEADER = struct.Struct(">IIIIQQd")
_HALF_BITS = 10  # 1024 buckets a power of two
_BUCKETS = 28_115
_MOST_VALUES = 2**53
_MOST_PLAIN = _HEADER.size + 9 * _BUCKETS
_MOST_TEXT = 4 * (_MOST_PLAIN + 1024) // 3  # what does not pack is hardly longer packed

FEWEST_ABOVE = 10  # samples above a percentile, or it is not told
_TRIFLE = 1e-6  # 0.1 % of 10,000 are in binary a little less than 10


class HdrError(ResultsError):
    """A text that is no histogram of ours."""


def decode(text: str) -> list[Pair]:
    """The buckets that were met, ascending. Raises HdrError."""
    if len(text) > _MOST_TEXT:
        _refuse(f"it has {len(text)} characters, and none of ours more than {_MOST_TEXT}")
    try:
        packed = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        _refuse("it is not base64")
    if len(packed) < 8:
        _refuse("it is cut short")
    cookie, size = struct.unpack_from(">II", packed)
    if cookie != _COMPRESSED_V2:
        _refuse("it is not in the compressed V2 encoding")
    if size != len(packed) - 8:
        _refuse("it is not as long as it says")
    plain = _unpacked(packed[8:])
    if len(plain) < _HEADER.size:
        _refuse("it is cut short")
    cookie, size, *layout = _HEADER.unpack_from(plain)
    if cookie != _PLAIN_V2:
        _refuse("what it unpacks to is not in the V2 encoding")
    if tuple(layout) != _OURS:
        _refuse(f"its buckets are not ours: {layout[2]} to {layout[3]} with {layout[1]} digits, "
                f"not {_OURS[2]} to {_OURS[3]} with {_OURS[1]}")
    if size != len(plain) - _HEADER.size:
        _refuse("its counts are not as long as it says")
    return _pairs(plain[_HEADER.size:])


def merged(histograms: Iterable[Sequence[Pair]]) -> list[Pair]:
    """All together: exact, since the buckets are the same."""
    counts: Counter = Counter()
    for pairs in histograms:
        for value, count in pairs:
            counts[value] += count
    return sorted(counts.items())


def values_above(pairs: Sequence[Pair], shares: Sequence[float],
                 unanswered: int = 0) -> list[int | None]:
    """For each of `shares`, the value that this share of all requests exceeds at most (ns).

    So 0.01 asks for the 99th percentile, by rank as the load generator counts it. None where fewer
    than FEWEST_ABOVE samples lie above it, or one without an answer would stand.

    unanswered: requests that were due and have no latency; each waited longer than any that has one
    """
    seen = list(accumulate(count for _, count in pairs))
    answered = seen[-1] if seen else 0
    everyone = answered + unanswered
    found: list[int | None] = []
    for share in shares:
        rank = -(-everyone * (1 - share) * (1 - 1e-12) // 1)
        known = answered > 0 and rank <= answered and everyone * share > FEWEST_ABOVE - _TRIFLE
        found.append(pairs[bisect_left(seen, max(rank, 1))][0] if known else None)
    return found


def _unpacked(packed: bytes) -> bytes:
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(packed, _MOST_PLAIN)
    except zlib.error:
        _refuse("it does not unpack")
    if not stream.eof or stream.unused_data:
        _refuse("it does not unpack")
    return plain


def _pairs(encoded: bytes) -> list[Pair]:
    """ZigZag, then seven bits a byte, the lowest first; a ninth byte has eight.

    What is negative is as many buckets that nothing met.
    """
    pairs: list[Pair] = []
    highest, bucket = _highest_of_buckets(), 0
    zigzag = shift = 0
    for byte in encoded:
        if byte >= 0x80 and shift < 56:
            zigzag |= (byte & 0x7F) << shift
            shift += 7
            continue
        zigzag |= byte << shift
        count = (zigzag >> 1) ^ -(zigzag & 1)
        zigzag = shift = 0
        if bucket == _BUCKETS or bucket - count > _BUCKETS:
            _refuse("it counts values above 100 s")
        if count < 0:
            bucket -= count
            continue
        if count:
            pairs.append((highest[bucket], count))
        bucket += 1
    if shift:
        _refuse("it is cut short")
    if sum(count for _, count in pairs) > _MOST_VALUES:
        _refuse("it counts more values than anybody has measured")
    return pairs


@lru_cache(maxsize=None)
def _highest_of_buckets() -> list[int]:
    """Values below 2048 ns have a bucket each; above, every power of two is cut into 1024."""
    highest = []
    for bucket in range(_BUCKETS):
        shift = max(0, (bucket >> _HALF_BITS) - 1)
        highest.append(((bucket - (shift << _HALF_BITS) + 1) << shift) - 1)
    return highest


def _refuse(why: str) -> None:
    raise HdrError(f"no HdrHistogram: {why}")
