"""What the report says of a run over hosts; and one line each where it could not be drawn."""

import pytest

import report
from report_page_test import HOSTILE, Page, page
from synthetic_hosts import hosts_document, of_fleet, of_hosts, over_hosts
from synthetic_run import as_version_2, sweep, write_run


def lines(clients, pairs=None, **case):
    return over_hosts([as_version_2(trial) for trial in sweep(**case)], clients, pairs)


def rows(found: Page, attribute: str) -> list[str]:
    return [attributes[attribute] for tag, attributes in found.elements
            if tag == "tr" and attribute in attributes]


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> Page:
    folder = tmp_path_factory.mktemp("network")
    hosts = hosts_document(4)
    hosts["machines"]["client2"]["doctor"] = [
        {"check": "irqbalance", "reading": "is running", "why": "it moves", "mend": "stop it"}]
    write_run(folder, lines(4, blocks=2), **{**of_hosts(4), "hosts": hosts})
    assert report.main([str(folder), "--price-per-hour", "0.17"]) == 0
    return page(folder)


def test_its_head_says_that_it_was_over_a_network(network):
    assert "over a network: server (4 CPUs, c6gn.xlarge) and client1..client4" in network.text
    assert "4 CPUs for the server on one machine, 8 for the load on 4 others" in network.text
    assert len(network.ids()) == len(set(network.ids()))
    assert {"where", "network", "hosts"} <= set(network.ids())


def test_each_host_is_listed_with_what_was_found_there(network):
    assert rows(network, "data-host") == ["server", "client1", "client2", "client3", "client4"]
    for text in ("24 µs behind, ± 45 µs (measured)", "ens5 (ena 2.1.0, receives on 2 queues)",
                 "irqbalance: is running", "the pair cost $0.53 an hour by the inventory"):
        assert text in network.text, text


def test_each_cell_has_its_networks_figures(network):
    assert len(rows(network, "data-network")) == 5
    assert "Clients began apart (µs)" in network.text
    assert " arm 15 20 15 % 10 % 5 % 7.5 % 0 " in network.text
    trial = network.data["trials"][0]
    assert trial["server_link_rx_share"] == pytest.approx(0.15) and trial["lost_share"] == 0


def test_it_is_run_again_over_the_same_hosts(network):
    assert ("coresweep run harness/plans/bench.json --hosts terraform/local/inventory.json "
            "--pair pair01 --seed 1434160165") in network.text


def test_its_price_is_the_servers(network):
    assert "which serve nobody: the price is of the server's alone" in network.text
    assert "loopback" not in network.text


def test_the_chart_of_its_cpus_is_on_the_page(network):
    drawn = [attributes["data-chart"] for _, attributes in network.elements
             if "data-chart" in attributes]
    assert "softirq_by_cpu" in drawn and "ratio_by_pair" not in drawn


def test_a_fleet_has_a_row_a_pair_and_their_ratios(tmp_path):
    write_run(tmp_path, lines(2, pairs=3, blocks=6), **of_fleet(3))
    assert report.main([str(tmp_path)]) == 0
    fleet = page(tmp_path)
    assert "on 3 pairs of hosts: pair01..pair03, a server and 2 clients each" in fleet.text
    assert rows(fleet, "data-host")[:4] == ["01-server", "01-client1", "01-client2", "02-server"]
    assert any(attributes.get("data-chart") == "ratio_by_pair" for _, attributes in fleet.elements)


def test_a_run_on_one_machine_has_none_of_it(tmp_path):
    write_run(tmp_path, sweep(blocks=1))
    assert report.main([str(tmp_path)]) == 0
    assert not {"where", "network", "hosts"} & set(page(tmp_path).ids())


def test_hostile_text_of_a_host_is_text(tmp_path):
    hosts = hosts_document(1)
    client = hosts["machines"]["client1"]
    client["instance_type"] = HOSTILE[:64]
    client["machine"]["cpu_model"] = client["network"]["driver"] = HOSTILE
    client["doctor"] = [{"check": HOSTILE[:100], "reading": HOSTILE, "why": "", "mend": ""}]
    write_run(tmp_path, lines(1, blocks=1), **{**of_hosts(1), "hosts": hosts})
    assert report.main([str(tmp_path)]) == 0
    found = page(tmp_path)
    assert len(found.scripts) == 2 and "img" not in [tag for tag, _ in found.elements]
    assert "onerror=alert(1)" in found.text
