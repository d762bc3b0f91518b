"""coresweep probe on the real machine: what it times, and what it says where it cannot."""

import json
import os

import pytest
from conftest import run_program

PROBES = (
    "clock_gettime syscall eventfd_read context_switch epoll_wake_up loopback_one_cpu "
    "loopback_two_cpus"
).split()
CROSSING = ("epoll_wake_up", "loopback_two_cpus")


def probe(**options):
    result = run_program("coresweep", "probe", "--json", **options)
    assert result.returncode == 0 and result.stderr == "", result.stderr
    answer = json.loads(result.stdout)
    assert list(answer) == ["schema_version", "machine", "noise", "probes"]
    assert answer["schema_version"] == 1
    probes = {one["name"]: one for one in answer["probes"]}
    assert list(probes) == PROBES
    for one in answer["probes"]:
        assert one["unit"] == "ns"
        if one["why"] is None:
            assert 0 < one["low"] <= one["median"] <= one["high"]
            assert one["rounds"] == 11 and 0.95 <= one["coverage"] < 1
            assert set(one["cpus"]) <= os.sched_getaffinity(0)
        else:
            assert one["median"] is one["low"] is one["high"] is one["coverage"] is None
            assert one["rounds"] == 0 and one["cpus"] == []
    return answer, probes


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one CPU is all there is")
def test_every_probe_is_timed_where_there_are_two_cpus():
    answer, probes = probe()
    for name, one in probes.items():
        assert one["why"] is None
        assert len(set(one["cpus"])) == (2 if name in CROSSING else 1)
    assert answer["machine"]["kernel"] == os.uname().release
    noise = answer["noise"]
    assert noise["window_s"] > 0
    assert noise["steal_share"] is None or noise["steal_share"] >= 0
    assert noise["run_delay_share"] is None or noise["run_delay_share"] >= 0


def test_on_one_cpu_what_crosses_two_is_null_and_says_why():
    cpu = min(os.sched_getaffinity(0))
    _, probes = probe(preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
    for name, one in probes.items():
        if name in CROSSING:
            assert one["why"] == "coresweep may run on one CPU only"
        else:
            assert one["cpus"] == [cpu]


def test_the_table_of_probes_has_a_line_each():
    result = run_program("coresweep", "probe")
    assert result.returncode == 0 and result.stderr == ""
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines[2:-2]] == PROBES
    assert lines[-2].startswith("11 rounds in turn; each interval covers the median with 98.8 %")
