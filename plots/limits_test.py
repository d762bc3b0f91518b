"""What a run could not show is what its machine, its plan and its trials make it."""

from limits import limits_of
from results import load_run
from synthetic_run import PUBLISHED, sweep, write_run


def told(folder, trials, **changes) -> str:
    run = load_run(write_run(folder / "run", trials, **changes))
    return "\n".join(f"{what} -> {by}" for what, by in limits_of(run))


def division(server: int, load: int) -> dict:
    return {"server": list(range(server)), "load": list(range(server, server + load)),
            "physical_cores": server}


def test_one_server_cpu_shows_no_scaling():
    text = "\n".join(what for what, _ in limits_of(
        load_run(PUBLISHED / "20261126T174556Z-bench")))
    assert text.startswith("Scaling. There is one server CPU")
    assert "More than 1 server thread: at 2 threads server and load share CPUs" in text
    assert "no A/A arm" not in text and "no twins" not in text  # it has both


def test_one_core_shows_nothing(tmp_path):
    text = told(tmp_path, sweep(thread_counts=[1], verdict_of=lambda *at: ["shared_cpus"]))
    assert text.startswith("Anything: server and load share the CPUs of one physical core")
    assert "Scaling" not in text


def test_a_large_machine_is_no_limit(tmp_path):
    text = told(tmp_path, sweep(thread_counts=[1, 2, 4, 8]), cpu_division=division(8, 8),
                machine__numa_nodes=2, plan__listen="10.0.0.1:80")
    for absent in ("Scaling", "More than", "NUMA", "network", "An interval"):
        assert absent not in text
    assert "no A/A arm ran" in text and "no twins ran" in text


def test_few_blocks_give_no_interval(tmp_path):
    text = told(tmp_path, sweep(blocks=5), plan__blocks=5)
    assert "An interval: 5 blocks give a mere range. -> Six blocks or more" in text
    (tmp_path / "one").mkdir()
    assert "An interval: 1 block gives a mere range." in told(
        tmp_path / "one", sweep(blocks=1), plan__blocks=1)


def test_what_was_skipped_and_what_is_never_valid_are_named(tmp_path):
    text = told(tmp_path, sweep(thread_counts=[1, 2], verdict_of=lambda name, *at:
                                ["client_bound"] if name == "shared_reactor" else []),
                cpu_division=division(2, 2),
                skipped=[{"what": "engine io_uring", "why": "the kernel forbids it"}])
    assert "Skipped: engine io_uring: the kernel forbids it." in text
    assert "shared_reactor at 2 threads: no trial of it is valid." in text
    assert "reuseport_loops at" not in text
