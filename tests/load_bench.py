#!/usr/bin/env python3
"""What the load generator costs and keeps: beside h2load, with ten thousand connections, on time.

`make bench-loadgen` runs it. The server has CPU 0, the client CPU 1; what is compared takes turns,
and its figures are medians of the rounds. Each schedule runs once.
"""

import argparse
import functools
import json
import pathlib
import resource
import signal
import statistics
import subprocess
import sys
import time

from conftest import BIN
from protocol_bench import CPUS, compare_clients, in_turn, round_ratios, serve, verdict

FEW, MANY = 32, 10_000
SLOWER = 0.95  # by --client-work 20%: then the client is the limit
LEAST_OF_FEW = 0.7  # of its requests a CPU-second with few connections
MOST_BYTES = 4_096  # a connection
MOST_OFF = 0.001  # of what was due, not sent
MOST_FROM_THEORY = 0.1


def start_load(target, *flags):
    return subprocess.Popen(
        [str(word) for word in (BIN / "loadgen", "--target", target, "--pin", CPUS[-1], *flags)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def event(process, name):
    for line in process.stdout:
        if (found := json.loads(line))["event"] == name:
            return found
    sys.exit("load_bench: loadgen failed")


def resident_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def finished(process):
    """The report of a run in which nothing failed."""
    report = event(process, "report")
    if process.wait() != 0:
        sys.exit("load_bench: loadgen failed")
    return report


def with_connections(connections, duration, *flags):
    """(requests a CPU-second, resident bytes in mid-window, requests a second) of a client.

    CPU time is what it worked: without what its pacer spun away, until the next request's time."""
    greeter = serve("lean", "--backlog", MANY)
    try:
        process = start_load(
            greeter.target, *("--connections", connections, "--warmup", "1s"),
            *("--duration", duration, *flags),
        )  # fmt: skip
        event(process, "measuring")
        time.sleep(0.5)
        resident = resident_bytes(process.pid)
        report = finished(process)
    finally:
        greeter.end()
    spun_s = sum(thread["spun_s"] for thread in report["load_threads"])
    cpu_s = report["cpu_user_s"] + report["cpu_system_s"] - spun_s
    return report["requests_answered"] / cpu_s, resident, report["throughput_per_s"]


def print_connections(what, few, many):
    ratios = round_ratios([of[0] for of in many], [of[0] for of in few])
    ratio = statistics.median(ratios)
    print(
        f"requests/CPU-second of the client, {what}: {FEW} connections "
        f"{statistics.median(of[0] for of in few):,.0f}, {MANY:,} "
        f"{statistics.median(of[0] for of in many):,.0f}, {ratio:.2f}x "
        f"({ratios[0]:.2f}-{ratios[-1]:.2f})",
        verdict(ratio >= LEAST_OF_FEW, f"{LEAST_OF_FEW}x"),
        flush=True,
    )
    return ratio >= LEAST_OF_FEW


def compare_connections(rounds, duration):
    """With the same work a second, so that nothing but the number of connections differs; and each
    as fast as it goes, where the many also have three hundred times as many requests in flight."""
    fastest = in_turn(
        rounds,
        lambda: with_connections(FEW, duration),
        lambda: with_connections(MANY, duration),
    )
    few, many = fastest
    rate = int(statistics.median(of[2] for of in many) / 2) // 1_000 * 1_000
    paced = in_turn(
        rounds,
        *(
            functools.partial(
                with_connections, connections, duration, "--mode", "constant", "--rate", rate
            )
            for connections in (FEW, MANY)
        ),
    )
    reached = print_connections(f"{rate:,}/s", *paced)
    reached &= print_connections("as fast as it goes", few, many)
    each = (max(of[1] for of in many) - min(of[1] for of in few)) / (MANY - FEW)
    print(f"bytes a connection of the client: {each:,.0f}", verdict(each <= MOST_BYTES, MOST_BYTES))
    return reached and each <= MOST_BYTES


def fastest(duration, work, streams, http2, *flags):
    """Requests a second in a closed loop, with that much CPU added to each of the client's."""
    greeter = serve(http2, *flags)
    try:
        process = start_load(
            greeter.target, *("--connections", FEW, "--streams", streams),
            *("--client-work", work, "--warmup", "1s", "--duration", duration),
        )  # fmt: skip
        report = finished(process)
    finally:
        greeter.end()
    return report["throughput_per_s"]


def prove_the_limit(rounds, duration):
    """A fifth more CPU a request slows what the client limits, and nothing else."""
    proven = True
    for limit, *server in (("client", "null"), ("server", "lean", "--handler-cpu", "20us")):
        without, by_a_fifth = in_turn(
            rounds,
            *(functools.partial(fastest, duration, work, 10, *server) for work in ("0%", "20%")),
        )
        ratios = round_ratios(by_a_fifth, without)
        ratio = statistics.median(ratios)
        said = "client" if ratio < SLOWER else "server"
        print(
            f"limited by the {limit}, with --client-work 20%: {ratio:.2f}x of "
            f"{statistics.median(without):,.0f}/s ({ratios[0]:.2f}-{ratios[-1]:.2f})",
            verdict(said == limit, f"below {SLOWER}x only where it is the client"),
            flush=True,
        )
        proven &= said == limit
    return proven


def on_time(mode, rate, duration_s, *flags):
    """What a schedule asked for, what was sent, when, and how evenly."""
    greeter = serve("lean")
    try:
        process = start_load(
            greeter.target, *("--mode", mode, "--rate", rate, *flags),
            *("--warmup", "1s", "--duration", f"{duration_s}s"),
        )  # fmt: skip
        report = finished(process)
    finally:
        greeter.end()
    due, sent = report["requests_due"], report["requests_sent"]
    behind = report["requests_overdue_at_end"]
    by_second = [second["requests_due"] for second in report["seconds"]]
    dispersion = statistics.variance(by_second) / statistics.mean(by_second)
    # Those due in the last moment wait for it to pass; more is a client that is behind.
    off = max(abs(sent - due), behind - rate * 0.001, report["requests_due_unanswered"]) / due
    late, read, due_ns, sent_ns = (
        report[f"{key}_ns"]
        for key in ("client_late", "client_read_late", "latency_from_due", "latency_from_sent")
    )
    print(
        f"{mode} {rate:,}/s for {duration_s} s: {due:,} due ({due / duration_s:,.1f}/s), "
        f"{sent:,} sent in the window, {behind:,} due and not sent at its end",
        verdict(off <= MOST_OFF, f"within {MOST_OFF:.1%}"),
    )
    print(f"  due a second: variance/mean {dispersion:.2f} (constant 0, poisson 1)")
    named = {"from due": due_ns, "from sent": sent_ns, "client late": late, "read late <=": read}
    for name, latency in named.items():
        figures = ", ".join(
            f"{key} {latency[key] / 1e3:,.1f} us" if latency[key] is not None else f"{key} -"
            for key in ("p50", "p90", "p99", "p999", "max")
        )
        print(f"  {name}: {figures}")
    return off <= MOST_OFF


def through_a_stall(stall_s, window_s):
    """p99 from due, at half of the maximum, of a server that stands still for `stall_s`.

    One request a connection at a time, so that what catches up is as fast as the maximum. What is
    due meanwhile waits for the end of it and for those before it, half as long as these were due:
    a request due t into the stall waits stall - t/2, and so on until 2 stalls after its begin, when
    all have caught up. Of all, 2 * (stall - x) / window wait longer than x.
    """
    most = fastest("2s", "0%", 1, "lean")
    greeter = serve("lean")
    try:
        process = start_load(
            greeter.target, *("--mode", "poisson", "--rate", int(most / 2), "--connections", FEW),
            *("--warmup", "1s", "--duration", f"{window_s}s"),
        )  # fmt: skip
        event(process, "measuring")
        time.sleep(window_s / 2)
        began = time.monotonic()
        greeter.process.send_signal(signal.SIGSTOP)
        time.sleep(stall_s)
        greeter.process.send_signal(signal.SIGCONT)
        stalled_s = time.monotonic() - began
        report = finished(process)
    finally:
        greeter.end()
    theory = stalled_s - 0.01 * window_s / 2
    due, sent = (report[f"latency_from_{which}_ns"]["p99"] / 1e9 for which in ("due", "sent"))
    reached = abs(due / theory - 1) <= MOST_FROM_THEORY and sent < theory / 2
    print(
        f"poisson {most / 2:,.0f}/s, the server stopped for {stalled_s * 1e3:,.0f} ms of "
        f"{window_s} s: p99 from due {due * 1e3:,.1f} ms, by theory {theory * 1e3:,.1f}; from sent "
        f"{sent * 1e3:,.1f} ms",
        verdict(reached, f"within {MOST_FROM_THEORY:.0%} of theory, and sent hides it"),
    )
    return reached


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--duration", default="2s", help="of each arm in each round, whole seconds")
    options = parser.parse_args()
    if len(CPUS) < 2:
        sys.exit("load_bench: one CPU for server and client measures the scheduler")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if most < MANY + 200:
        sys.exit(f"load_bench: {MANY:,} connections need ulimit -n {MANY + 200}, it is {most}")
    reached = on_time("constant", 100, 10)
    reached &= on_time("poisson", 200_000, 10, "--connections", FEW, "--streams", 100)
    reached &= on_time("poisson", 1_000_000, 5, "--connections", FEW, "--streams", 100)
    reached &= through_a_stall(0.2, 4)
    reached &= prove_the_limit(options.rounds, options.duration)
    reached &= compare_connections(options.rounds, options.duration)
    reached &= compare_clients(options.rounds, options.duration)
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
