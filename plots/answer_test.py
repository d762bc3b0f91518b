"""The sentence a report begins with says what is true of cases whose truth is known."""

import pytest

from answer import answer_of
from comparison import headline_ratio
from results import load_run
from smallest_difference import Smallest, smallest_difference, smallest_text
from synthetic_run import as_version_2, sweep, write_run

OVER, UNDER = "reuseport_loops", "shared_reactor"


def shared_beyond_one(architecture, threads, block) -> list:
    return ["shared_cpus"] if threads > 1 else []


def run_of(folder, trials, **changes):
    return load_run(write_run(folder / "run", trials, **changes))


def run_with(folder, ratio_of_block, blocks=9, verdict_of=shared_beyond_one, **changes):
    """A closed loop in which OVER answers `ratio_of_block(block)` times what UNDER does."""
    trials = sweep(thread_counts=[1], blocks=blocks, verdict_of=verdict_of, ceiling_per_s=None,
                   throughput_of=lambda name, threads, block:
                   100_000.0 * (ratio_of_block(block) if name == OVER else 1.0))
    return run_of(folder, trials, plan__blocks=blocks, **changes)


def spread(middle: float):
    return lambda block: middle * (1 + 0.002 * (block % 5 - 2))


def test_an_arm_that_answers_more_is_ahead(tmp_path):
    found = answer_of(run_with(tmp_path, spread(1.42)))
    assert found.kind == "difference"
    assert found.sentence == (
        f"{OVER} answers more at 1 server thread: {OVER} answers 1.42x (1.41–1.42, 96.1 % interval "
        f"over 9 blocks) the requests per second of {UNDER}.")


def test_an_inversion_names_the_other_arm_first(tmp_path):
    found = answer_of(run_with(tmp_path, spread(0.7)))
    assert found.kind == "difference"
    assert found.sentence.startswith(
        f"{UNDER} answers more at 1 server thread: {OVER} answers 0.70x (0.70–0.70, ")


@pytest.mark.parametrize("ratio", [lambda block: 1.0, spread(1.0),
                                   lambda block: 1.3 if block % 2 else 0.8])
def test_a_tie_is_no_difference(tmp_path, ratio):
    found = answer_of(run_with(tmp_path, ratio))
    assert found.kind == "none"
    assert found.sentence.startswith(f"No difference shown between {OVER} and {UNDER} at 1 server ")
    assert found.sentence.endswith("; the interval contains 1.")


def test_few_blocks_give_a_range(tmp_path):
    found = answer_of(run_with(tmp_path, spread(1.5), blocks=3))
    assert found.kind == "range"
    assert found.sentence == (
        f"In all 3 blocks {OVER} answered more at 1 server thread: {OVER} answered 1.50x "
        f"(1.49–1.50, a range of 3 blocks: too few for an interval) the requests per second of "
        f"{UNDER}. That shows no difference: fewer than 6 blocks give a range, and no interval.")


def test_both_blocks_are_both_and_looks_ask_for_more_blocks(tmp_path):
    found = answer_of(run_with(tmp_path, spread(1.5), blocks=2, plan__until_ci="2%"))
    assert found.sentence.startswith(f"In both blocks {OVER} answered more")
    assert found.sentence.endswith("fewer than 8 blocks give a range, and no interval.")


def test_blocks_that_are_left_out_are_none_of_all(tmp_path):
    found = answer_of(run_with(
        tmp_path, spread(1.5), blocks=3, verdict_of=lambda name, threads, block:
        ["noisy_host"] if (name, block) == (OVER, 1) else []))
    assert found.sentence.startswith(f"In both valid blocks {OVER} answered more")
    assert "a range of 2 of 3 blocks" in found.sentence


def test_a_range_on_both_sides_of_1_is_no_difference(tmp_path):
    found = answer_of(run_with(tmp_path, lambda block: [1.2, 0.9, 1.3][block], blocks=3))
    assert found.kind == "none" and found.sentence.endswith("; the range contains 1.")


def test_medians_that_point_the_other_way_are_explained(tmp_path):
    """Each block its own speed: in two of three OVER is ahead, and its median is below."""
    speeds = {OVER: [120, 90, 220], UNDER: [100, 150, 200]}
    found = answer_of(run_of(tmp_path, sweep(
        thread_counts=[1], blocks=3, ceiling_per_s=None, throughput_of=lambda name, threads, block:
        1000.0 * speeds[name][block]), plan__blocks=3))
    assert "1.10x (0.60–1.20, a range of 3 blocks" in found.sentence
    assert any(remark.startswith("The two medians, 120,000 and 150,000, point the other way "
                                 "(0.80x): the median of the blocks' ratios need not be ")
               for remark in found.remarks)


@pytest.mark.parametrize("ratio", [1.5, 1.0, 0.7])
def test_medians_that_point_the_same_way_need_no_words(tmp_path, ratio):
    assert not any("medians" in remark
                   for remark in answer_of(run_with(tmp_path, spread(ratio))).remarks)


@pytest.mark.parametrize("ratio, ahead", [(1.5, OVER), (0.7, UNDER)])
def test_one_block_is_no_victory(tmp_path, ratio, ahead):
    found = answer_of(run_with(tmp_path, lambda block: ratio, blocks=1))
    assert found.kind == "range"
    assert found.sentence.startswith(f"In the only block {ahead} answered more at 1 server thread")
    assert f"{ratio:.2f}x ({ratio:.2f}–{ratio:.2f}, a range of 1 block: too few" in found.sentence
    assert "answers" not in found.sentence


def test_a_block_that_the_host_spoilt_is_left_out_and_counted(tmp_path):
    found = answer_of(run_with(
        tmp_path, spread(1.5), verdict_of=lambda name, threads, block:
        ["noisy_host"] if (name, block) == (OVER, 3) else []))
    assert "1.50x (1.49–1.51, 99.2 % interval over 8 of 9 blocks)" in found.sentence
    assert found.verdicts == "17 of 18 trials valid; not valid: noisy_host 1"


def test_a_verdict_that_depends_on_the_answer_refuses_it(tmp_path):
    found = answer_of(run_with(
        tmp_path, spread(1.5), verdict_of=lambda name, threads, block:
        ["client_bound"] if (name, block) == (OVER, 3) else []))
    assert found.kind == "refused"
    assert found.sentence == (
        f"No headline: of {OVER} against {UNDER} at 1 server thread, 8 of 9 blocks have both arms "
        "valid (client_bound 1): leaving these out would select the answer.")


def test_all_invalid_says_so_and_gives_no_figure(tmp_path):
    found = answer_of(run_with(tmp_path, spread(1.5), verdict_of=lambda *at: ["shared_cpus"]))
    assert found.kind == "refused"
    assert found.sentence.endswith("0 of 9 blocks have both arms valid (shared_cpus 18).")
    assert found.verdicts == "0 of 18 trials valid; not valid: shared_cpus 18"
    assert "1.5" not in found.sentence


def test_a_plan_that_compares_nothing_has_no_headline(tmp_path):
    found = answer_of(run_with(tmp_path, spread(1.5), headline=None))
    assert (found.kind, found.sentence) == ("nothing", "No headline: the plan compares nothing.")


def test_an_arm_without_a_trial_is_named(tmp_path):
    trials = sweep(architectures=[UNDER], thread_counts=[1], ceiling_per_s=None)
    found = answer_of(run_of(tmp_path, trials))
    assert found.sentence == f"No headline: no trial of {OVER} at 1 server thread was stored."


def test_an_unfinished_sweep_says_so(tmp_path):
    found = answer_of(run_with(tmp_path, spread(1.5), trials_planned=999))
    assert any(remark.startswith("The sweep is unfinished: 9 blocks of 9 ")
               for remark in found.remarks)


def test_without_an_aa_arm_chance_is_not_known(tmp_path):
    found = answer_of(run_with(tmp_path, spread(1.5)))
    assert any(remark.startswith("No A/A arm says") for remark in found.remarks)
    assert found.smallest == (
        "how small a difference it can show is unknown: no A/A arm ran beside the headline's")


def version_2(folder, ratio: float, noise: float, mode="closed", p99=None):
    """Nine blocks; the A/A arm of UNDER lies up to `noise` above itself."""
    lines = []
    for trial in sweep(thread_counts=[1], blocks=9, ceiling_per_s=None, throughput_of=lambda *at:
                       1e5 * (ratio if at[0] == OVER else 1.0)):
        rate = {"rate_per_s": 100_000} if mode == "constant" else {}
        line = as_version_2(trial, mode=mode, **rate)
        if p99:
            line["latency_from_due_ns"]["p99"] = p99[trial["factors"]["architecture"]]
        lines.append(line)
        if trial["factors"]["architecture"] == OVER:
            factor = noise if trial["block"] % 2 else 1 / noise
            lines.append({**line, "role": "aa", "twin_of": line["cell"],
                          "throughput_per_s": line["throughput_per_s"] * factor})
    lines = [{**line, "trial": number} for number, line in enumerate(lines)]
    (folder / "run").mkdir()
    (folder / "run" / "end.json").write_text(
        '{"schema_version": 2, "ended_at": "2026-01-31T12:00:01Z", "trials": 27, "blocks": 9, '
        '"remarks": []}', encoding="utf-8")
    load = {"connections": 64, "rate": 100_000 if mode == "constant" else None}
    return run_of(folder, lines, plan__threads=[1], plan__mode=mode, plan__blocks=9,
                  **{f"plan__{key}": value for key, value in load.items()},
                  **{f"headline__{key}": value for key, value in load.items()})


def test_a_median_inside_the_noise_is_no_difference(tmp_path):
    found = answer_of(version_2(tmp_path, 1.03, 1.05))
    assert found.kind == "none"
    assert found.sentence == (
        f"No difference shown between {OVER} and {UNDER} at 1 server thread: requests per second "
        "1.03x (1.03–1.03, 96.1 % interval over 9 blocks); the same arm beside itself gave "
        "0.95–1.05, and the median lies within it.")


def test_a_median_beyond_the_noise_is_one(tmp_path):
    run = version_2(tmp_path, 1.08, 1.05)
    assert headline_ratio(run).noise == pytest.approx(1.05)
    assert answer_of(run).kind == "difference"
    assert not any("A/A" in remark for remark in answer_of(run).remarks)


def test_at_a_rate_the_lower_p99_is_ahead(tmp_path):
    run = version_2(tmp_path, 1.0, 1.0, "constant", {OVER: 900_000, UNDER: 300_000})
    assert answer_of(run).sentence == (
        f"{UNDER} answers sooner at 1 server thread: p99 from due of {OVER} is 3.00x (3.00–3.00, "
        f"96.1 % interval over 9 blocks) that of {UNDER}.")


NINE_ABOUT_1 = [1.0, 1.01, 0.99, 1.02, 0.98, 1.03, 0.97, 1.04, 0.96]


def test_the_smallest_difference_is_what_the_sweep_says():
    """The cases of harness/controls_test.cpp."""
    nine = smallest_difference(NINE_ABOUT_1, 9, 0.95)
    assert 1.04 < nine.ratio < 1.07 and not nine.is_only_a_bound
    more = smallest_difference(NINE_ABOUT_1, 32, 0.95)
    assert more.ratio < nine.ratio
    assert smallest_difference(NINE_ABOUT_1, 32, 0.99).ratio > more.ratio
    six = smallest_difference(NINE_ABOUT_1, 6, 0.95)
    assert six.is_only_a_bound and six.ratio > 1.04
    assert smallest_difference([1.0] * 9, 9, 0.95) == Smallest(1.0, False)
    assert smallest_difference([1.0] * 5, 9, 0.95) is None
    assert smallest_difference(NINE_ABOUT_1, 5, 0.95) is None
    assert smallest_difference(NINE_ABOUT_1, 7, 0.99) is None
    assert smallest_difference(NINE_ABOUT_1, 0, 0.95) is None


def test_the_smallest_difference_is_told_in_percent(tmp_path):
    assert smallest_text(version_2(tmp_path, 1.5, 1.05)) == (
        "9 blocks can show 10.3 % and more (by the spread of the A/A arm, in four of five sweeps)")
