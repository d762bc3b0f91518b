"""Runs over hosts: read whole, said to be such, and never beside one of one machine."""

from dataclasses import replace

import pytest

import compare_report
import cost
import hosts_told
import wording
from broken_runs import refusal
from cells import trial_documents
from cpu_time import machine_of
from host_load import other_share, steal_share
from hosts import Clock
from limits import limits_of
from network_figures import microseconds, network_figures_of, per_cent
from results import load_run
from synthetic_hosts import BYTES, SERVER_CPUS, hosts_document, of_fleet, of_hosts, over_hosts
from synthetic_run import as_version_2, sweep, trial_document, write_run
from thread_axis import boundaries_of
from timeline import reading

NETWORK_LIMIT = "Whether the network was the limit"


def lines(clients=4, pairs=None, **case):
    return over_hosts([as_version_2(trial) for trial in sweep(**case)], clients, pairs)


def over(folder, clients=4, **case):
    return load_run(write_run(folder, lines(clients, **case), **of_hosts(clients)))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return over(tmp_path_factory.mktemp("hosts"))


def test_what_is_recorded_of_hosts_is_read(run):
    (pair,) = run.pairs
    assert run.is_over_hosts and pair.name == "pair01"
    assert [host.name for host in pair.hosts] == [
        "server", "client1", "client2", "client3", "client4"]
    assert pair.server.cpus == (0, 1, 2, 3) and pair.clients[1].clock.offset_ns == -24_000
    assert pair.price_per_hour == pytest.approx(0.17 + 4 * 0.09)
    server, *clients = run.trials[0].hosts
    assert server.role == "server" and {client.role for client in clients} == {"client"}
    assert server.link_share("rx") == pytest.approx(0.15)
    assert clients[0].link_share("tx") == pytest.approx(0.075)
    assert replace(server, link_bits_per_s=None).link_share("rx") is None
    assert replace(server, counters={"rx_bytes": None}).link_share("rx") is None
    assert replace(server, machine_cpu=None).link_share("rx") is None
    assert run.trials[0].starts_apart_ns == 10_000


def test_a_run_on_one_machine_has_none(tmp_path):
    run = load_run(write_run(tmp_path, sweep(blocks=1)))
    assert not run.is_over_hosts and not run.pairs and run.trials[0].hosts == ()
    assert hosts_told.where_text(run) == hosts_told.cpus_text(run) == hosts_told.price_text(run)
    assert hosts_told.rows_of(run) == network_figures_of(run) == []
    assert "network" not in wording.machine_text(run)
    assert "lost_share" not in trial_documents(run)[0]


def test_a_host_that_was_lost_is_read_as_nothing(tmp_path):
    trials = lines(2, blocks=1)
    lost = trials[0]["hosts"]["client2"]
    for key in ("machine_cpu", "network", "network_connecting", "device", "clock",
                "begun_late_ns"):
        lost[key] = None
    del lost["link_bits_per_s"]
    trials[1]["hosts"]["client1"] = None
    run = load_run(write_run(tmp_path, trials, **of_hosts(2)))
    _, _, client = run.trials[0].hosts
    assert client.link_share("rx") is None and client.machine_cpu is None
    assert [host.name for host in run.trials[1].hosts] == ["server", "client2"]
    assert network_figures_of(run)


@pytest.mark.parametrize("change, complaint", [
    (lambda hosts: hosts["machines"].pop("client2"),
     "run.json: hosts.machines: has no client2, which is one of the pair"),
    (lambda hosts: hosts.update(server="Server"), "hosts.server: 'Server' does not match"),
    (lambda hosts: hosts.update(clients=[]), "hosts.clients: [] "),
    (lambda hosts: hosts["machines"]["client1"].update(role="spare"),
     "hosts.machines.client1.role: 'spare' is not one of ['server', 'client']"),
    (lambda hosts: hosts["machines"]["client1"]["clock"].update(source="sundial"),
     "hosts.machines.client1.clock.source: 'sundial' is not one of"),
    (lambda hosts: hosts["machines"]["client1"]["network"].update(device="x" * 65),
     "hosts.machines.client1.network.device: 'xxx"),
    (lambda hosts: hosts["machines"]["client1"]["network"]["offloads"].update(on=2 ** 70),
     "hosts.machines.client1.network.offloads.on: "),
    (lambda hosts: hosts["inventory"]["hosts"]["server"].update(price_per_hour=0),
     "hosts.inventory.hosts.server.price_per_hour: 0 is less than the minimum of 1e-06"),
])
def test_hosts_that_contradict_themselves_or_the_schema_are_refused(tmp_path, change, complaint):
    hosts = hosts_document(2)
    change(hosts)
    folder = write_run(tmp_path, lines(2, blocks=1), **{**of_hosts(2), "hosts": hosts})
    assert complaint in refusal(folder)


def test_hosts_of_a_trial_are_bounded_too(tmp_path):
    trials = lines(2, blocks=1)
    trials[0]["hosts"]["client1"]["device"]["driver"] = {"x" * 300: 1}
    folder = write_run(tmp_path, trials, **of_hosts(2))
    assert "trials.jsonl:1: hosts.client1.device.driver: 'xxx" in refusal(folder)


def test_a_run_is_over_a_pair_or_a_fleet(tmp_path):
    both = {**of_fleet(2), "hosts": hosts_document(2)}
    folder = write_run(tmp_path / "both", lines(2, pairs=2, blocks=2), **both)
    assert "run.json: fleet: stands beside hosts" in refusal(folder)
    folder = write_run(tmp_path / "none", lines(2, pairs=2, blocks=2), **of_fleet(0))
    assert "run.json: fleet.pairs: has none" in refusal(folder)


def test_it_is_said_where_it_ran(run, tmp_path):
    assert hosts_told.where_text(run) == (
        "over a network: server (4 CPUs, c6gn.xlarge) and client1..client4")
    assert hosts_told.cpus_text(run) == (
        "4 CPUs for the server on one machine, 8 for the load on 4 others")
    assert wording.machine_text(run).endswith(" · over a network from 4 clients")
    fleet = load_run(write_run(tmp_path, lines(2, pairs=12, blocks=12), **of_fleet(12)))
    assert hosts_told.where_text(fleet) == (
        "over a network, on 12 pairs of hosts: pair01..pair12, a server and 2 clients each")
    assert wording.machine_text(fleet).endswith(" · over a network, 12 pairs of hosts")
    assert [row["pair"] for row in hosts_told.rows_of(fleet)][:4] == ["pair01"] * 3 + ["pair02"]


@pytest.mark.parametrize("names, text", [
    (["client1"], "client1"), (["client1", "client2"], "client1 and client2"),
    (["client9", "client10", "client11"], "client9..client11"),
    (["client1", "client3", "client4"], "client1, client3 and client4"),
    (["a", "b", "c", "d", "e", "f"], "a, b, c and 3 more"),
])
def test_hosts_are_named_briefly(names, text):
    assert hosts_told.names_text(names) == text


def test_clocks_and_devices_in_words():
    assert hosts_told.clock_text(Clock(-12_300, 45_000, "measured")).replace("\xa0", " ") == (
        "12.3 µs behind, ± 45 µs (measured)")
    assert hosts_told.clock_text(Clock(0, 0, "chrony")).startswith("alike, ±")
    assert hosts_told.clock_text(None) == "not known"
    network = hosts_document()["machines"]["server"]["network"]
    assert hosts_told.device_text(network) == "ens5 (ena 2.1.0, receives on 4 queues)"
    assert hosts_told.device_text({**network, "speed_mbps": 25_000, "queues": None}) == (
        "ens5 (ena 2.1.0, 25 Gbit/s)")
    assert hosts_told.device_text({"device": "veth0"}) == "veth0"
    assert hosts_told.device_text(None) == "not read"


def test_figures_of_the_network_are_medians_over_trials(tmp_path):
    trials = lines(2, blocks=3, thread_counts=(1,), ceiling_per_s=None)
    busy = [trial for trial in trials if trial["factors"]["architecture"] == "shared_reactor"]
    for trial, share in zip(busy, (0.2, 0.6, 0.4)):
        counters = trial["hosts"]["client2"]["device"]["counters"]
        counters["tx_bytes"] = int(share * BYTES["tx_bytes"] / 0.1)
        trial["connections"].update(segments_sent=1000, segments_retransmitted=7,
                                    segments_retransmitted_needlessly=4)
    run = load_run(write_run(tmp_path, trials, **of_hosts(2)))
    plain, found = network_figures_of(run)
    assert found.cell.startswith("shared_reactor") and found.trials == 3
    assert (found.starts_median_ns, found.starts_most_ns) == (20_000, 30_000)
    assert found.server_link == {"rx": pytest.approx(0.15), "tx": pytest.approx(0.1)}
    assert found.client_link["tx"] == pytest.approx(0.4)
    assert found.lost == pytest.approx(0.003) and plain.lost == 0
    assert trial_documents(run)[0]["client1_link_rx_share"] == pytest.approx(0.05)


def test_one_client_begins_apart_from_nobody(tmp_path):
    found, *_ = network_figures_of(over(tmp_path, 1, blocks=1))
    assert found.starts_median_ns is found.starts_most_ns is None
    assert microseconds(None) == per_cent(None) == "–"
    assert per_cent(0) == "0" and per_cent(0.00004) == "0.004 %" and microseconds(45_000) == "45"


def test_another_machines_cpus_are_no_part_of_the_servers(run):
    """Of one number on two machines neither is the other."""
    trial = next(trial for trial in run.arms if trial.threads == 1)
    assert len(trial.machine_cpu.cpus) == SERVER_CPUS
    # 0.5 s user and 1 s system on each of four CPUs, of which 2 s are the server's.
    assert other_share(trial) == pytest.approx((4 * 1.5 - 2.0) / 2.5 / 4)
    answered = trial.throughput_per_s * 2.5
    assert machine_of(trial) == pytest.approx(1e6 * 4 * (1.5 + 0.2 * 2.5) / answered)
    assert steal_share(trial, run) == 0
    server, *clients, last = trial.hosts
    stolen = [replace(cpu, steal_s=0.25 if cpu.cpu == 1 else 0.0) for cpu in last.machine_cpu.cpus]
    last = replace(last, machine_cpu=replace(last.machine_cpu, cpus=tuple(stolen)))
    assert steal_share(replace(trial, hosts=(server, *clients, last)), run) == pytest.approx(0.1)
    last = replace(last, cpus=(0,))
    assert steal_share(replace(trial, hosts=(server, *clients, last)), run) == 0


def test_no_chart_speaks_of_cpus_that_server_and_load_share(tmp_path):
    trials = lines(2, blocks=1, thread_counts=(1, 4))
    run = load_run(write_run(tmp_path, trials, **of_hosts(2)))
    assert boundaries_of(run) == ()
    assert "load of others on the server's machine was" in reading(run)


def test_what_it_could_not_show(run, tmp_path):
    def told(run):
        return " ".join(what for what, _ in limits_of(run))

    assert "loopback" not in told(run) and NETWORK_LIMIT not in told(run)
    assert "loopback" in told(load_run(write_run(tmp_path / "loopback", sweep(blocks=1))))
    trials = lines(2, blocks=2)
    for trial in trials:
        trial["hosts"]["client2"]["link_bits_per_s"] = None
    unknown = load_run(write_run(tmp_path / "unknown", trials, **of_hosts(2)))
    assert f"{NETWORK_LIMIT} of client2: neither" in told(unknown)


def test_the_price_is_the_servers_and_the_pairs_is_told_beside(run, tmp_path):
    assert "the price is of the server's alone" in cost.assumption(run)
    assert hosts_told.price_text(run) == ("While it measured, the pair cost $0.53 an hour by the "
                                          "inventory: $0.17 to serve and $0.36 to load.")
    hosts = hosts_document(2, priced=False)
    unpriced = load_run(write_run(tmp_path, lines(2, blocks=1),
                                  **{**of_hosts(2), "hosts": hosts}))
    assert hosts_told.price_text(unpriced) == ""


def test_no_page_has_a_network_and_loopback(tmp_path, capsys):
    loopback = write_run(tmp_path / "a", [as_version_2(trial) for trial in sweep(blocks=1)])
    network = write_run(tmp_path / "b", lines(2, blocks=1), **of_hosts(2))
    for pair, text in (((loopback, network), "A ran on one machine and B over hosts"),
                       ((network, loopback), "B ran on one machine and A over hosts")):
        assert compare_report.main([str(folder) for folder in pair]) == 1
        said = capsys.readouterr()
        assert said.err == f"compare_report: {text}: no chart or page has both\n" and not said.out
    assert compare_report.main([str(network), str(network)]) == 0


def test_version_1_has_no_hosts(tmp_path):
    trial = over_hosts([trial_document()], 2)[0]
    folder = write_run(tmp_path, [trial])
    assert "hosts" in refusal(folder)
