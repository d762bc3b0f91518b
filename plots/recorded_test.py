"""Charts of real runs, one of each plan whose charts the published runs do not have.

They were recorded by short forms of the plans on a shared machine with two CPUs: one to serve, one
to drive. Much of them is not valid, as on many a machine. What a chart shows is tested beside it.
"""

from pathlib import Path

import pytest

import charts
from drawn import assert_texts_apart, figure_of
from results import load_run

RECORDED = Path(__file__).resolve().parent / "recorded"
# What each has that a run of `bench` does not.
OWN = {"latency": {"latency_by_rate", "capacity_by_cores"}, "churn": {"churn"},
       "connections": {"connections_map"}, "protocol_weight": {"protocol_weight"},
       "capacity": {"capacity_by_cores"}}


@pytest.fixture(scope="module", params=sorted(OWN))
def run(request):
    (folder,) = RECORDED.glob(f"*-{request.param}")
    return request.param, load_run(folder)


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
