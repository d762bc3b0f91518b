"""Invented runs whose chart of throughput by cores is tested, and what tests look up in it."""

import style
from drawn import division, dots_of, drawn as drawn_by, shared_beyond
from synthetic_run import invented_throughput, sweep
from throughput_by_cores import draw

MANY_COUNTS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]


def one_failed_without_number(architecture, threads, block) -> list:
    failed = (architecture, threads, block) == ("shared_reactor", 1, 1)
    return ["failed"] if failed else shared_beyond(1)(architecture, threads, block)


CASES = {
    "two counts, one of them shared": dict(trials=sweep(verdict_of=shared_beyond(1))),
    "one count, one block": dict(trials=sweep(thread_counts=[1], blocks=1)),
    "six counts with SMT": dict(
        trials=sweep(thread_counts=[1, 2, 4, 8, 16, 32], verdict_of=shared_beyond(16),
                     ceiling_per_s=2.4e6), cpu_division=division(16, 8)),
    "twelve counts, ten architectures, long texts": dict(
        trials=sweep(architectures=list(style.ARCHITECTURES), thread_counts=MANY_COUNTS, blocks=3),
        cpu_division=division(64, 32), plan__question="Which of $these$ is it? " * 12,
        machine__cpu_model="A CPU whose name " + "goes on and " * 20 + "x" * 150),
    "ten architectures at one height": dict(
        trials=sweep(architectures=list(style.ARCHITECTURES), blocks=1,
                     throughput_of=lambda *at: 100_000.0)),
    "server and load at one height as the ceiling": dict(
        trials=sweep(throughput_of=lambda *at: 100_000.0, ceiling_per_s=100_000.0)),
    "all invalid, no ceiling": dict(
        trials=sweep(verdict_of=shared_beyond(0), ceiling_per_s=None),
        cpu_division={"server": [0], "load": [0], "physical_cores": 1}),
    "all failed without a number": dict(
        trials=sweep(verdict_of=lambda *at: ["failed"], throughput_of=lambda *at: None,
                     ceiling_per_s=None), trials_planned=99, build__git_dirty=True),
    "one failed without a number": dict(
        trials=sweep(verdict_of=one_failed_without_number, throughput_of=lambda *at:
                     None if one_failed_without_number(*at) == ["failed"]
                     else invented_throughput(*at))),
    "a ceiling out of view": dict(trials=sweep(ceiling_per_s=9.9e6)),
    "counts too near each other to name them all": dict(
        trials=sweep(thread_counts=[1, 2, 3, 4, 5, 100, 127, 128], blocks=1)),
    "two http2": dict(trials=sweep(http2=["lean", "nghttp2"], verdict_of=shared_beyond(1)),
                      plan__http2=["lean", "nghttp2"]),
    "three http2 at one height, all hollow": dict(
        trials=sweep(http2=["null", "lean", "h3"], verdict_of=shared_beyond(0), blocks=2,
                     throughput_of=lambda *at: 100_000.0), plan__http2=["null", "lean", "h3"]),
    "ten architectures and two http2": dict(
        trials=sweep(architectures=list(style.ARCHITECTURES), http2=["lean", "nghttp2"],
                     thread_counts=[1, 2, 4], blocks=2), plan__http2=["lean", "nghttp2"],
        cpu_division=division(4, 4)),
    "ten architectures, valid at one count": dict(
        trials=sweep(architectures=list(style.ARCHITECTURES), blocks=6,
                     verdict_of=shared_beyond(1))),
    "two engines, two peers": dict(
        trials=sweep(engines=["epoll", "io_uring"], peers=["grpcpp_callback", "tonic"]),
        plan__engine=["epoll", "io_uring"], plan__peers=["peers/a", "peers/b"],
        skipped=[{"what": "engine x", "why": "it is not built"},
                 {"what": "peer y", "why": "it does not vary reply_bytes"}]),
    "unknown architectures": dict(trials=sweep(architectures=["tonic", "envoy", "grpc++"])),
}


CPU_COSTS = [{"handler_cpu": cost} for cost in ("0ns", "5us", "50us")]
HANDLER_CASES = {
    "two conditions, a peer under one": dict(
        trials=sweep(conditions=CPU_COSTS[:2], peers=["tonic"], verdict_of=shared_beyond(1)),
        plan__handler_cpu=["0ns", "5us"], plan__peers=["peers/a"],
        plan__question="Which of $these$ is it? " * 12),
    "three conditions, two http2, ten architectures": dict(
        trials=sweep(conditions=CPU_COSTS, architectures=list(style.ARCHITECTURES), blocks=2,
                     http2=["lean", "nghttp2"], thread_counts=[1, 2, 4]),
        plan__http2=["lean", "nghttp2"], plan__handler_cpu=["0ns", "5us", "50us"],
        cpu_division=division(4, 4)),
    "with and without a stall, all failed without a number": dict(
        trials=sweep(conditions=[{"stall_thread": None}, {"stall_thread": "0:200ms"}],
                     verdict_of=lambda *at: ["failed"], throughput_of=lambda *at: None,
                     ceiling_per_s=None), plan__stall_thread=[None, "0:200ms"]),
}


def drawn(folder, **case):
    """The run, its figure, and the renderer that has drawn it."""
    return drawn_by(draw, folder, **case)


def stretch_of(line) -> tuple:
    """How the line's marker is stretched: what tells an http2 where there are several."""
    transform = line._marker.get_user_transform()
    return (1.0, 1.0) if transform is None else (transform.to_values()[0], transform.to_values()[3])


def has_mark(line, look) -> bool:
    return line.get_marker() == look.marker and stretch_of(line) == look.stretch


def dots(figure, marker: str) -> list:
    """Marks of one trial each."""
    (axes,) = figure.axes
    return [dot for dot in dots_of(axes) if dot.get_marker() == marker]


def names_of(run) -> dict:
    """Each arm to what its line is called."""
    found = {}
    for arm in run.compared:
        told = [arm.architecture]
        told += [arm.http2] if len(run.http2) > 1 and not arm.is_peer else []
        told += [arm.engine] if len(run.engines) > 1 and not arm.is_peer else []
        found[arm] = ", ".join(told)
    return found


def medians_of(figure, name: str) -> dict:
    (axes,) = figure.axes
    (line,) = [line for line in axes.lines if line.get_label() == name]
    return {x: y for x, y in zip(line.get_xdata(), line.get_ydata()) if y == y}
