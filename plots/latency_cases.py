"""For tests of the charts of latency: invented sweeps of an open loop, with their histograms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from statistics import NormalDist

from hdr import decode, values_above
from synthetic_run import always_valid, as_version_2, histogram_text, trial_document

OPEN = {"mode": "poisson", "rate_share": None}
_DRAWS = [NormalDist().inv_cdf((i + 0.5) / 400) for i in range(400)]


def invented_latency(architecture: str, rate: float, block: int) -> float:
    """A median (ns) that grows with the rate, and a little with the length of the name."""
    return 80_000 * (1 + len(architecture) / 40) * (1 + rate / 30_000) * (1 + 0.03 * (block % 4))


@lru_cache(maxsize=None)
def latency_of(median_ns: float, requests: int, unanswered: int = 0, spread: float = 0.6) -> dict:
    """As a line has it: log-normal around `median_ns`."""
    counts: dict[int, int] = {}
    for i, draw in enumerate(_DRAWS):
        value = int(median_ns * 2.718281828 ** (spread * draw))
        counts[value] = counts.get(value, 0) + (i + 1) * requests // 400 - i * requests // 400
    text = histogram_text([(value, count) for value, count in counts.items() if count])
    found = values_above(decode(text), [0.5, 0.1, 0.01, 0.001], unanswered)
    largest = max(counts)
    values = [None if value is None else min(value, largest) for value in found]
    return {"p50": values[0], "p90": values[1], "p99": values[2], "p999": values[3],
            "max": largest, "mean": 1.1 * median_ns, "count": requests, "histogram": text}


def latency_sweep(
    architectures: Sequence[str] = ("shared_reactor", "reuseport_loops"),
    rates: Sequence[float | str] = (2_000, 8_000, 20_000),
    blocks: int = 6,
    thread_counts: Sequence[int] = (1,),
    verdict_of: Callable = always_valid,
    latency: Callable[[str, float, int], float] = invented_latency,
    ceiling: bool = True,
    unanswered: int = 0,
    seconds: float = 5.0,
) -> list[dict]:
    """Rates such as "30%" are shares of 40,000 a second. Of write_run: plan__rate=list(rates)."""
    trials: list[dict] = []
    for block in range(blocks):
        for threads in thread_counts:
            for rate in rates:
                share = float(rate[:-1]) / 100 if isinstance(rate, str) else None
                number = 40_000 * share if share else rate
                arms = [(name, "arm") for name in architectures]
                for name, role in [*arms, *([("null", "ceiling")] if ceiling else [])]:
                    line = as_version_2(
                        trial_document(len(trials), name, threads, block,
                                       verdict_of(name, threads, block), number, role),
                        **OPEN | {"rate_per_s": int(number), "rate_share": share})
                    line["cell"] += f"/poisson{rate}"
                    requests = int(number * seconds)
                    of = latency(name, number, block) / (2 if role == "ceiling" else 1)
                    line["latency_from_due_ns"] = latency_of(of, requests, unanswered)
                    line["latency_from_sent_ns"] = latency_of(0.7 * of, requests, unanswered)
                    line["requests_due_unanswered"] = unanswered
                    trials.append(line)
    return trials
