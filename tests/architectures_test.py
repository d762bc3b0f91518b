"""What each architecture promises: its listeners, threads and processes, and what it counts."""

import contextlib
import os
import signal

import pytest
from clients import close, connect, load
from conftest import ARCHITECTURES, Greeter, until
from raw_client import RawClient, request
from refusing_kernel import no_watch_from

LISTENERS = {
    "reuseport_loops": 4,
    "reuseport_processes": 4,
    "reuseport_shared_reactor": 4,
    "steered_loops": 4,
}  # all others: one


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_opens_the_listeners_that_its_answer_says(start, architecture):
    greeter = start(Greeter, architecture, threads=4)
    port = f":{int(greeter.target.rsplit(':', 1)[1]):04X}"
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [row.split() for row in table.readlines()[1:]]
    listening = [row for row in rows if row[1].endswith(port) and row[3] == "0A"]
    assert len(listening) == LISTENERS.get(architecture, 1)


def test_a_process_that_dies_leaves_the_others_serving_and_is_reported(start):
    greeter = start(Greeter, "reuseport_processes", threads=3)
    pids = greeter.ready["pids"]
    assert len(pids) == 4 and pids[0] == greeter.process.pid
    load(greeter.target, "--connections", 60)
    before = greeter.snapshot()["totals"]["requests"]
    os.kill(pids[2], signal.SIGKILL)
    assert greeter.process.stderr.readline().decode() == (
        f"greeter: process 1 of 3 (pid {pids[2]}) was killed by signal 9 (Killed): its connections "
        "are lost, the others serve on\n"
    )
    # A listener of the dead that anybody held open would take a third of these.
    report = load(greeter.target, "--connections", 200)
    greeter.say("stop")
    stopped = greeter.event("stopped")
    assert stopped["totals"]["requests"] == before + report["totals"]["requests_answered"]
    assert len(stopped["threads"]) == 3
    assert greeter.wait() == 1
    said = greeter.process.stderr.read().decode()
    assert f"(pid {pids[2]}) was killed by signal 9 (Killed) before the end" in said


def test_processes_leave_when_the_one_that_watches_them_is_killed(start):
    greeter = start(Greeter, "reuseport_processes", threads=3)
    greeter.process.kill()
    until(lambda: not any(is_alive(pid) for pid in greeter.ready["pids"][1:]))


def is_alive(pid):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    return False


def test_a_thousand_threads_serve_a_thousand_connections(start):
    greeter = start(Greeter, "thread_per_connection", "--backlog", 1000)
    report = load(greeter.target, "--connections", 1000, "--streams", 1)
    totals = greeter.stop()["totals"]
    assert totals["connections_accepted"] == totals["connections_closed"] == 1000
    assert totals["requests"] == report["totals"]["requests_answered"]


def test_connections_beyond_its_threads_are_refused_with_one_line(start):
    greeter = start(Greeter, "thread_per_connection", "--max-connections", 20)
    sockets = connect(greeter.target, 30)
    until(lambda: greeter.snapshot()["totals"]["connections_refused"] == 10)
    assert greeter.snapshot()["totals"]["connections_open"] == 20
    close(sockets)
    until(lambda: greeter.snapshot()["totals"]["connections_open"] == 0)
    load(greeter.target, "--connections", 20)
    greeter.stop()
    assert greeter.process.stderr.read().decode() == (
        "greeter: 20 connections are open, a thread each, and there can be no more "
        "(--max-connections): others are closed at once\n"
    )


FIRST_WITHOUT_WATCH = 34


@pytest.mark.parametrize("architecture", sorted({*ARCHITECTURES} - {"thread_per_connection"}))
def test_connections_that_no_epoll_set_takes_in_are_closed_and_counted(start, architecture):
    greeter = start(Greeter, architecture, preexec_fn=no_watch_from(FIRST_WITHOUT_WATCH))
    first = RawClient(greeter.target)
    first.await_settings()  # so it is in
    sockets = connect(greeter.target, 69)  # however two processes share them

    def all_counted():
        return greeter.snapshot()["totals"]["connections_accepted"] == 70

    until(all_counted)
    totals = greeter.snapshot()["totals"]
    assert totals["accept_errors"] > 5
    assert totals["connections_open"] == 70 - totals["accept_errors"] > 10

    def adds_up():
        by_thread = [each["connections_open"] for each in greeter.snapshot()["threads"]]
        return None in by_thread or sum(by_thread) == totals["connections_open"]

    until(adds_up)  # unless any thread may serve any of them, which tells no thread's own
    first.send(request(1))
    first.await_end(1)
    first.close()
    close(sockets)
    until(lambda: greeter.snapshot()["totals"]["connections_open"] == 0)
    load(greeter.target, "--connections", 4)
    greeter.stop()
    assert greeter.process.stderr.read() == b""


def test_calls_that_get_no_timer_are_answered_unpaused(start):
    greeter = start(
        Greeter, "shared_epoll", "--handler-wait", "5ms",
        preexec_fn=no_watch_from(FIRST_WITHOUT_WATCH),
    )  # fmt: skip
    load(greeter.target, "--connections", 20)
    assert greeter.stop()["totals"]["accept_errors"] == 0


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_counts_what_its_sockets_and_loops_did(start, architecture):
    greeter = start(Greeter, architecture, threads=1)
    report = load(greeter.target, "--connections", 1, "--streams", 1)
    stopped = greeter.stop()
    totals, process = stopped["totals"], stopped["process"]
    answered = report["totals"]["requests_answered"]
    # A request a read and a reply a write, and the greeting beside them.
    assert answered < totals["reads"] <= answered + 4
    assert answered < totals["writes"] <= answered + 4
    assert totals["connections_begun"] == 1
    if architecture == "thread_per_connection":
        assert stopped["threads"][0]["loop_waits"] is None
    else:
        # How often depends on who is faster: a read may find the next request there.
        assert totals["loop_waits"] + totals["loop_polls"] > 3
        assert totals["loop_events"] > 3
    assert process["page_faults_minor"] > 0 and process["context_switches_voluntary"] > 0
