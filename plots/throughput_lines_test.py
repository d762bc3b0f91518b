"""The ideal line, the medians' intervals, what is known of NUMA, and what the chart's words say."""

import pytest

import comparison
import drawn as drawing
from drawn import assert_texts_apart, division, said, shared_beyond
from synthetic_run import sweep
from throughput_by_cores import draw, reading


def drawn(folder, **case):
    run, figure, renderer = drawing.drawn(draw, folder, **case)
    assert_texts_apart(figure, renderer)
    return run, figure


def ideal_of(figure, panel=0):
    found = [line for line in figure.axes[panel].lines if line.get_label() == "_ideal"]
    return found[0] if found else None


def proportional(factors: dict):
    """throughput_of: `factors` arm to its requests per second at one thread; block 0 is slower."""
    return lambda name, threads, block: factors[name] * threads * (0.9 if block == 0 else 1.0)


TWO = {"shared_reactor": 100_000.0, "reuseport_loops": 50_000.0}


def test_the_ideal_is_the_fastest_one_thread_median_times_threads_and_stretches_no_axis(tmp_path):
    def bent(name, threads, block):
        return TWO[name] * threads ** 0.5

    run, figure = drawn(tmp_path, trials=sweep(thread_counts=[1, 4], throughput_of=bent,
                                               ceiling_per_s=None),
                        cpu_division=division(8, 8))
    line = ideal_of(figure)
    assert list(line.get_xdata()) == [1, 4] and list(line.get_ydata()) == [100_000, 400_000]
    assert figure.axes[0].get_ylim()[1] == pytest.approx(1.06 * 200_000)
    assert line.get_clip_on()
    assert ("ideal: the median of shared_reactor at 1 thread, times the threads, while each has a "
            "physical core" in said(figure))


def test_the_ideal_ends_with_the_physical_cores(tmp_path):
    """Threads that share a core are not expected to do as much; nor beyond the server's CPUs."""
    trials = sweep(thread_counts=[1, 2, 4, 8], throughput_of=proportional(TWO), blocks=6)
    _, figure = drawn(tmp_path / "smt", trials=trials, cpu_division=division(8, 4))
    assert list(ideal_of(figure).get_xdata()) == [1, 4]
    _, figure = drawn(tmp_path / "one", trials=trials, cpu_division=division(2, 1))
    assert ideal_of(figure) is None and "ideal" not in said(figure)


def test_the_reading_says_where_the_load_generator_may_be_the_limit(tmp_path):
    """The ceiling's median is 100,400: 90,000 is below nine tenths of it, 95,000 is not."""
    near = {"shared_reactor": 95_000.0, "reuseport_loops": 90_000.0}
    trials = sweep(thread_counts=[1], throughput_of=lambda name, *at: near[name],
                   ceiling_per_s=100_000.0)
    assert ("Within 10 % of the null responder's median, or above it: shared_reactor at 1 thread; "
            "there the load generator may be the limit.") in reading_of(tmp_path / "near",
                                                                        trials=trials)
    far = sweep(thread_counts=[1], throughput_of=lambda name, *at: near[name])
    assert "null responder" not in reading_of(tmp_path / "far", trials=far)


@pytest.mark.parametrize("why, case", {
    "one thread was not measured": dict(trials=sweep(thread_counts=[2, 4], blocks=2)),
    "one thread is not valid": dict(trials=sweep(blocks=2, verdict_of=lambda *at: ["failed"])),
    "nothing but one thread": dict(trials=sweep(thread_counts=[1], blocks=2)),
}.items())
def test_there_is_no_ideal_where(tmp_path, why, case):
    _, figure = drawn(tmp_path, **case)
    assert ideal_of(figure) is None and "ideal" not in said(figure), why


def test_the_shade_ends_where_the_medians_interval_does(tmp_path):
    run, figure = drawn(tmp_path, trials=sweep(
        architectures=["shared_reactor"], blocks=8, ceiling_per_s=None,
        throughput_of=lambda name, threads, block: 1000.0 * threads + block))
    (shade,) = figure.axes[0].collections
    seen = {(x, y) for x, y in shade.get_paths()[0].vertices}
    for threads in (1, 2):
        values = [1000.0 * threads + block for block in range(8)]
        interval = comparison.median_interval(values)
        assert (interval.low, interval.high) != (values[0], interval.median)
        assert {(threads, interval.low), (threads, interval.high)} <= seen
    assert "shaded: the median's interval, at least 95 %" in said(figure)


def test_of_few_blocks_the_shade_is_called_a_range(tmp_path):
    _, figure = drawn(tmp_path, trials=sweep(blocks=5))
    assert "shaded: smallest to largest: of so few blocks, a range" in said(figure)
    assert "interval" not in said(figure)


def test_where_nodes_part_the_cpus_is_not_made_up(tmp_path):
    _, figure = drawn(tmp_path / "two", trials=sweep(blocks=2), machine__numa_nodes=2,
                      machine__numa_cpus=None)
    assert ("2 NUMA nodes: which server CPU lies on which is not recorded, so their boundary is "
            "not drawn") in said(figure)
    _, figure = drawn(tmp_path / "one", trials=sweep(blocks=2))
    assert "NUMA" not in said(figure)
    _, figure = drawn(tmp_path / "known", trials=sweep(blocks=2), machine__numa_nodes=2,
                      machine__numa_cpus=["0", "1"])
    assert ("2 NUMA nodes: the server's CPUs lie on 1 of them, the load's on 1 other"
            in said(figure))


def reading_of(folder, **case):
    return reading(drawing.drawn(draw, folder, **case)[0])


def test_the_reading_has_the_headline_the_gains_and_what_was_left_out(tmp_path):
    assert reading_of(tmp_path, trials=sweep(
        thread_counts=[1, 2, 4], throughput_of=proportional(TWO), verdict_of=shared_beyond(2)),
        headline={"architecture": "reuseport_loops", "against": "shared_reactor", "threads": 2}
    ) == ("reuseport_loops against shared_reactor at 2 server threads, requests per second: "
          "0.50x (0.50–0.50, 99.2 % interval) over 8 blocks. At 2 threads the median is, of that "
          "at 1, 2.00x for reuseport_loops, 2.00x for shared_reactor; in proportion it would be "
          "2.00x. 16 of 48 trials are not valid, and in no median (shared_cpus 16).")


def test_the_reading_of_a_tie_shows_no_difference(tmp_path):
    text = reading_of(tmp_path, trials=sweep(
        blocks=6, throughput_of=proportional(dict.fromkeys(TWO, 7e4))))
    assert "1.00x (1.00–1.00, 96.9 % interval) over 6 blocks: no difference shown." in text
    assert "not valid" not in text


def test_of_many_arms_the_reading_tells_the_least_and_the_largest_gain(tmp_path):
    names = [f"arm_{i}" for i in range(7)]
    def gaining(name, threads, block):
        return 1000.0 if threads == 1 else 1000.0 * (1 + 0.1 * int(name[-1]))

    text = reading_of(tmp_path, headline=None, trials=sweep(
        architectures=names, blocks=2, throughput_of=gaining))
    assert text.startswith("The plan names no comparison, so there is no ratio. At 2 threads the "
                           "median is, of that at 1, between 1.00x (arm_0) and 1.60x (arm_6);")


def test_the_reading_of_nothing_valid_claims_nothing(tmp_path):
    text = reading_of(tmp_path, trials=sweep(blocks=3, verdict_of=shared_beyond(0)))
    assert "no ratio: 0 of 8 blocks have both valid (shared_cpus 6)." in text
    assert "At 2 threads the median" not in text
    assert text.endswith("12 of 12 trials are not valid, and in no median (shared_cpus 12).")
