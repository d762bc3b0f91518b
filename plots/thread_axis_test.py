"""Bands of dots never meet, and a core boundary is on the right side of every one of them."""

import pytest

from results import load_run
from synthetic_run import sweep, write_run
from thread_axis import thread_axis_of

COUNTS = [[1], [64], [1, 2], [1, 2, 4, 8, 16, 32], [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64],
          [1, 64], [7, 8, 9]]


def axis_of(folder, counts, server_cpus, cores, architectures=2, shared_beyond=None, **changes):
    """shared_beyond: threads above which trials are shared_cpus, the server's CPUs unless told."""
    fit = server_cpus if shared_beyond is None else shared_beyond
    names = [f"peer_{i}" for i in range(architectures)]
    trials = sweep(architectures=names, thread_counts=counts, blocks=1,
                   verdict_of=lambda _, threads, block: ["shared_cpus"] if threads > fit else [])
    division = {"server": list(range(server_cpus)), "load": [server_cpus], "physical_cores": cores}
    return thread_axis_of(load_run(write_run(folder, trials, cpu_division=division, **changes)))


@pytest.mark.parametrize("counts", COUNTS)
@pytest.mark.parametrize("architectures", [1, 2, 10])
def test_bands_do_not_meet_and_stay_within_the_axis(tmp_path, counts, architectures):
    axis = axis_of(tmp_path, counts, 1000, 1000, architectures)
    edges = [axis.limits[0]]
    for count in counts:
        assert axis.half_bands[count] > 0
        edges += [axis.position(count, -1), axis.position(count, 1)]
        gaps = [abs(count - other) for other in counts if other != count]
        assert all(axis.half_bands[count] < gap / 3 for gap in gaps), "nearer to no other count"
    assert sum(axis.half_bands.values()) < 0.31 * (axis.limits[1] - axis.limits[0])
    edges.append(axis.limits[1])
    assert edges == sorted(edges) and len(set(edges)) == len(edges)
    assert axis.limits[0] >= 0


@pytest.mark.parametrize("counts", COUNTS)
@pytest.mark.parametrize("server_cpus", [1, 2, 5, 7, 8, 10, 32, 63, 64])
def test_a_boundary_parts_what_fits_from_what_does_not(tmp_path, counts, server_cpus):
    axis = axis_of(tmp_path, counts, server_cpus, server_cpus, architectures=10)
    if server_cpus > counts[-1]:
        assert axis.boundaries == ()
        return
    (boundary,) = axis.boundaries
    x = axis.boundary_position(boundary)
    assert axis.limits[0] < x < axis.limits[1]
    for count in counts:
        if count <= server_cpus:
            assert axis.position(count, 1) < x
        else:
            assert x < axis.position(count, -1)


def test_siblings_get_a_boundary_of_their_own(tmp_path):
    axis = axis_of(tmp_path, [1, 2, 4, 8, 16], server_cpus=8, cores=4)
    assert [(boundary.threads, boundary.text.split(":")[0]) for boundary in axis.boundaries] == [
        (4, "physical cores end here"), (8, "server CPUs end here")]


@pytest.mark.parametrize("nodes, ends", [
    (["0-1,8-9", "2-7,10-16"], [(2, "the first NUMA node ends here"),
                                (8, "physical cores end here"), (16, "server CPUs end here")]),
    # The server's own half lies on one node, the load's on the other.
    (["0-15", "16"], [(8, "physical cores end here"), (16, "server CPUs end here")]),
    # Memory without CPUs, and memory of a second kind that all CPUs have.
    (["", "0-7", "8-16", "0-16"], [(8, "the first NUMA node ends here"),
                                   (8, "physical cores end here"), (16, "server CPUs end here")]),
    (["0-16", "0-7", "8-16"], [(8, "the first NUMA node ends here"),
                               (8, "physical cores end here"), (16, "server CPUs end here")]),
    (None, [(8, "physical cores end here"), (16, "server CPUs end here")]),
])
def test_a_node_ends_where_the_next_thread_lies_on_another(tmp_path, nodes, ends):
    axis = axis_of(tmp_path, [1, 2, 4, 8, 16], server_cpus=16, cores=8, machine__numa_nodes=2,
                   machine__numa_cpus=nodes)
    assert [(one.threads, one.text.split(":")[0]) for one in axis.boundaries] == ends


def test_where_the_load_has_no_core_of_its_own_there_is_no_boundary(tmp_path):
    assert axis_of(tmp_path, [1, 2], server_cpus=1, cores=1, shared_beyond=0).boundaries == ()
