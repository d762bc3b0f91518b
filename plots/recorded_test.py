"""Charts of real runs: those published, and one of each plan whose charts these do not have.

The latter were recorded by short forms of the plans on a shared machine with two CPUs: one to
serve, one to drive. Much of them is not valid, as on many a machine. Those over hosts are of the
same machine: its hosts are namespaces (tests/hosts), a server and four clients at once, and six
pairs one after the other. What a chart shows is tested beside it.
"""

from pathlib import Path

import pytest

import charts
from drawn import PUBLISHED_RUNS, assert_texts_apart, figure_of
from results import load_run

RECORDED = Path(__file__).resolve().parent / "recorded"
# What a run of each plan has at least.
BY_THREADS = {"throughput_by_cores", "ratio_by_cores", "efficiency_by_cores", "causes", "fairness",
              "timeline"}
OWN = {"bench": BY_THREADS, "architectures": BY_THREADS | {"latency_distribution"},
       "latency": {"latency_by_rate", "capacity_by_cores"}, "churn": {"churn"},
       "connections": {"connections_map"}, "protocol_weight": {"protocol_weight"},
       "capacity": {"capacity_by_cores"},
       "hosts": {"throughput_by_cores", "softirq_by_cpu"},
       "fleet": {"throughput_by_cores", "ratio_by_cores", "ratio_by_pair", "softirq_by_cpu"}}


FOLDERS = [*PUBLISHED_RUNS, *sorted(path.parent for path in RECORDED.glob("*/run.json"))]


def plan_of(folder: Path) -> str:
    return folder.name.split("-", 1)[1]


def test_there_is_a_run_of_each_plan():
    assert {plan_of(folder) for folder in FOLDERS} == set(OWN)


@pytest.fixture(scope="module", params=FOLDERS, ids=lambda folder: folder.name)
def run(request):
    return plan_of(request.param), load_run(request.param)


def test_every_chart_is_drawn_or_says_what_it_lacks(run):
    name, stored = run
    found = set()
    for chart in charts.ALL:
        lacks = chart.missing(stored)
        if lacks:
            assert "coresweep" in lacks, (chart.name, lacks)
            continue
        assert_texts_apart(*figure_of(chart.draw, stored))
        assert len(chart.reading(stored)) > 20, chart.name
        found.add(chart.name)
    assert OWN[name] <= found
