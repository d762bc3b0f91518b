"""The same architectures on io_uring, and what is said where it cannot be had."""

import json

import pytest
from clients import load
from conftest import BIN, Greeter, one_line, run_program
from refusing_kernel import no_ring


RING = [] if not (BIN / "greeter-io_uring").exists() else [
    json.loads(line) for line in run_program("greeter-io_uring", "--list").stdout.splitlines()
]  # fmt: skip
RING_HERE = any(line.get("available") for line in RING)
needs_ring = pytest.mark.skipif(not RING_HERE, reason="no io_uring here, or greeter without it")


@needs_ring
@pytest.mark.parametrize(
    "architecture", [line["architecture"] for line in RING if "architecture" in line]
)
def test_io_uring_serves_the_same(start, architecture):
    greeter = start(Greeter, architecture, program="greeter-io_uring")
    assert greeter.ready["engine"] == "io_uring"
    report = load(greeter.target, "--connections", 32, "--streams", 10)
    stopped = greeter.stop()
    totals = stopped["totals"]
    assert totals["requests"] == report["totals"]["requests_answered"] > 0
    assert totals["connections_accepted"] == totals["connections_closed"] == 32
    assert totals["loop_waits"] > 0 and totals["loop_events"] is None


@needs_ring
def test_an_architecture_outside_asio_has_no_other_engine():
    result = run_program("greeter-io_uring", "--architecture", "shared_epoll")
    assert result.returncode == 2
    assert "shared_epoll waits by itself and knows no io_uring" in one_line(result, "greeter")


@needs_ring
def test_where_io_uring_is_forbidden_one_line_says_so():
    served = run_program(
        "greeter-io_uring", "--architecture", "reuseport_loops", preexec_fn=no_ring()
    )
    assert served.returncode == 1
    assert one_line(served, "greeter") == (
        "io_uring cannot be had here: Operation not permitted"
    )
    listed = run_program("greeter-io_uring", "--list", preexec_fn=no_ring()).stdout
    engine = json.loads(listed.splitlines()[-1])
    assert engine["available"] is False and "Operation not permitted" in engine["why"]


@needs_ring
def test_a_plan_skips_a_forbidden_io_uring_visibly(plan):
    path = plan(engine=["epoll", "io_uring"], architectures=["reuseport_loops"])
    planned = run_program("coresweep", "plan", path, preexec_fn=no_ring())
    assert planned.returncode == 0, planned.stderr
    (line,) = [line for line in planned.stdout.splitlines() if line.startswith("skipped: ")]
    assert "io_uring" in line and "Operation not permitted" in line
    alone = plan(engine="io_uring", architectures=["reuseport_loops"])
    refused = run_program("coresweep", "plan", alone, preexec_fn=no_ring())
    assert refused.returncode == 2
    assert "Operation not permitted" in one_line(refused, "coresweep")
