"""Only of two arms has a gap an interval; nothing is the runtime's where processes share a CPU."""

from drawn import drawn, said, shared_beyond
from implementations import draw, reading
from implementations_test import CASES, DOCUMENTS, OURS, PEERS, STREAMS, case
from results import load_run
from synthetic_run import peer_document, write_run


def test_the_reading_tells_both_kinds_of_gap(tmp_path):
    text = reading(load_run(write_run(tmp_path, **case(STREAMS[1:2], thread_counts=[1, 2]))))
    assert text == (
        "Requests per second of the server's CPU time. The widest seen on 2 threads: 2.00x (our "
        "lean) between architectures of one code, 5.00x (reuseport_loops) between codes of one "
        "architecture. At one thread nothing contends within a server: what lies there between "
        "architectures of our lean, tonic is the runtime's own cost, not the architecture's. "
        "Between architectures of one code: our lean on 1 thread, reuseport_loops against "
        "shared_reactor 2.00x [2.00–2.00]; our lean on 2 threads, reuseport_loops against "
        "shared_reactor 2.00x [2.00–2.00]; tonic on 1 thread, tonic_loops against tonic_shared "
        "2.00x [2.00–2.00]; tonic on 2 threads, tonic_loops against tonic_shared 2.00x "
        "[2.00–2.00]. Between codes of one architecture: reuseport_loops on 1 thread, "
        "reuseport_loops against tonic_loops 5.00x [5.00–5.00]; reuseport_loops on 2 threads, "
        "reuseport_loops against tonic_loops 5.00x [5.00–5.00]; shared_reactor on 1 thread, "
        "shared_reactor against tonic_shared 5.00x [5.00–5.00]; shared_reactor on 2 threads, "
        "shared_reactor against tonic_shared 5.00x [5.00–5.00]. In brackets: 96.9 % interval of "
        "the blocks' ratios.")


def test_a_pair_chosen_among_several_has_a_range_of_its_blocks_and_no_interval(tmp_path):
    other = peer_document("other", implementation="other", architecture="shared_reactor")
    peers = [*DOCUMENTS[:2], other]
    made = case(STREAMS[1:2], peers=peers, blocks=10)
    for trial in made["trials"]:
        if trial["factors"]["architecture"] == "other":  # in one block half, in another twice
            factor = {0: 0.5, 9: 2.0}.get(trial["block"], 1.0)
            trial["server"].update({key: trial["server"][key] * factor
                                    for key in ("cpu_user_s", "cpu_system_s")})
    told = reading(load_run(write_run(tmp_path, **made)))
    assert ("shared_reactor on 1 thread (the two medians farthest apart of 3 arms, chosen after "
            "the fact: no interval), shared_reactor against other 10.00x [5.00–20.00]") in told
    assert "reuseport_loops on 1 thread, reuseport_loops against tonic_loops 5.00x [5" in told
    assert told.count("chosen after the fact") == 1, "of two arms no pair is chosen"
    assert told.endswith("In brackets: 97.9 % interval or a range of the blocks' ratios; a range "
                         "promises nothing.")


def with_processes(made: dict, name: str, *seconds: float) -> dict:
    """made: where each trial of the peer `name` had these processes."""
    for trial in made["trials"]:
        if trial["factors"]["architecture"] == name:
            trial["server"]["processes"] = [
                {"name": "invented", "threads": 1, "cpu_user_s": one, "cpu_system_s": 0.0}
                for one in seconds]
    return made


def test_where_processes_share_the_cpu_a_gap_is_not_called_the_runtimes(tmp_path):
    def told(*seconds: float) -> str:
        made = with_processes(case(STREAMS[1:2]), "tonic_shared", *seconds)
        return reading(load_run(write_run(tmp_path / str(len(seconds)), **made)))

    shared = told(0.7, 0.0, 0.3)
    assert "between architectures of our lean is the runtime's own cost" in shared
    assert "On one CPU, 2 processes of tonic_shared share it." in shared
    alone = told(0.97, 0.03)
    assert "between architectures of our lean, tonic is the runtime's" in alone
    assert "share it" not in alone


def test_a_peer_with_threads_of_its_own_is_on_cpus(tmp_path):
    peers = [DOCUMENTS[0], {**DOCUMENTS[1], "varies": ["reply_bytes"]}, DOCUMENTS[2]]
    made = case(STREAMS[1:2], peers=peers, thread_counts=[1, 2], verdict_of=shared_beyond(1))
    run, figure, _ = drawn(draw, tmp_path, **made)
    told = reading(run)
    assert ("tonic on 1 CPU, tonic_loops against tonic_shared (own threads) 2.00x [2.00–2.00]"
            in told)
    assert "On 2 CPUs nothing has a median." in told and "on 1 thread" not in told
    assert "between architectures of our lean is the runtime's own cost" in told
    explained = "(own threads): not as many as the others but its own, on as many CPUs as theirs"
    assert f"{explained}." in told and explained in said(figure)
    assert figure.axes[-1].get_xlabel().startswith("CPUs of the server (")
    assert "tonic_loops (own threads)" not in said(figure)
    assert "other (own threads)" not in said(figure), "an older run does not tell"


def test_a_tie_is_no_difference_and_few_blocks_are_a_range(tmp_path):
    levels = {name: 1e5 for name in (*OURS, *PEERS)}
    told = reading(load_run(write_run(tmp_path / "tie", **case(levels=levels))))
    assert ("tonic on 1 thread, no difference shown with 1 stream, with 10 streams, with 100 "
            "streams.") in told
    told = reading(load_run(write_run(tmp_path / "few", **case(blocks=5))))
    assert told.endswith("In brackets: a range of the blocks' ratios; a range promises nothing.")
    one = reading(load_run(write_run(tmp_path / "one", **case(blocks=1))))
    assert "reuseport_loops against tonic_loops 5.00x with 1 stream" in one and "[" not in one


def test_without_one_thread_nothing_is_said_of_it(tmp_path):
    told = reading(load_run(write_run(tmp_path, **case(thread_counts=[2]))))
    assert "At one thread" not in told and "on 2 threads" in told


def test_of_nothing_valid_nothing_is_claimed(tmp_path):
    told = reading(load_run(write_run(tmp_path, **CASES["all invalid"])))
    assert "x [" not in told and "At one thread" not in told
    assert "No two architectures of one code have a median there." in told
    assert "On 1 thread nothing has a median." in told
