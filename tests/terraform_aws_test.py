"""terraform/aws with the real terraform and the AWS provider's real schema, but without AWS.

tests/terraform/schema_provider.py serves the schema, terraform's mock_provider makes up what AWS
would answer. That holds names, types, graph, rules and outputs; what AWS takes it does not tell.
"""

import json
import pathlib
import re
import sys

import pytest
import terraforms
from terraforms import run

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "terraform"))

pytest.importorskip("grpc", reason="no grpc for python3: terraform/aws is not tested")
import schema_provider  # noqa: E402

pytestmark = terraforms.needed
# None of them can have tags. The deadline has no name at AWS, the schedule is in a group that has.
UNTAGGED = {
    "aws_iam_role_policy", "aws_route", "aws_route_table_association", "aws_scheduler_schedule",
    "terraform_data",
}
MARK = "ofnobodyelse"
HEAD = re.compile(r"^.*?(?=^run )", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def terraform(tmp_path_factory):
    """Runs terraform in a copy of terraform/aws, where it knows the schema."""
    folder = terraforms.copied_to(tmp_path_factory.mktemp("tree")) / "aws"
    with schema_provider.served() as surroundings:
        def command(*words, check=True, folder=folder):
            return run(folder, *words, check=check, surroundings=surroundings)
        command.folder, command.surroundings = folder, surroundings
        command("init")
        yield command


@pytest.fixture(scope="module")
def own_tests(terraform):
    """What terraform/aws/tests say, with all that they made, by the name of the run."""
    (terraform.folder / "key").write_text(f"-----BEGIN OPENSSH PRIVATE KEY-----\n{MARK}\n")
    return terraform("test", "-json", "-verbose", f"-var=identity_file={terraform.folder}/key",
                     check=False)


@pytest.fixture(scope="module")
def made(own_tests):
    """All resources of each run: (run, type, address, values), planned or made."""
    found = []
    for event in terraforms.events(own_tests):
        ones = event.get("test_state", {}).get("root_module", {}).get("resources", [])
        found += [(event["@testrun"], one["type"], one["address"], one["values"])
                  for one in ones if one["mode"] == "managed"]
        ones = event.get("test_plan", {}).get("resource_changes", [])
        found += [(event["@testrun"], one["type"], one["address"], one["change"]["after"])
                  for one in ones if one["mode"] == "managed"]
    assert {run for run, *_ in found} >= {"defaults", "four_pairs_of_four_clients", "spot"}
    return found


def test_it_is_what_the_provider_takes(terraform):
    assert "Success!" in terraform("validate").stdout


def test_its_own_tests_pass(own_tests):
    said = [terraforms.complaint(event) for event in terraforms.events(own_tests)
            if event["type"] == "diagnostic"]
    assert own_tests.returncode == 0, said


def test_a_word_that_the_provider_does_not_know_is_seen(terraform, tmp_path):
    (tmp_path / "main.tf").write_text('resource "aws_vpc" "this" { cidr = "10.77.0.0/16" }\n')
    done = terraform("validate", check=False, folder=tmp_path)
    assert 'An argument named "cidr" is not expected here.' in done.stderr


def test_no_way_in_is_open_to_the_world(made):
    rules = [(address, values) for _, kind, address, values in made
             if kind == "aws_vpc_security_group_ingress_rule"]
    assert rules
    for address, values in rules:
        assert values["description"], address
        given = values.get("cidr_ipv4")
        if address.startswith("aws_vpc_security_group_ingress_rule.operator"):
            assert re.fullmatch(r"[0-9.]+/(24|32)", given), address
            assert (values["from_port"], values["to_port"]) == (22, 22), address
        else:
            # What is left out the mock fills in with a word, which is no range.
            assert given is None or "/" not in given, address
    text = "".join(file.read_text() for file in sorted(terraforms.ROOT.glob("terraform/aws/*.tf")))
    assert "::/0" not in text
    assert text.count('"0.0.0.0/0"') == 2  # the way out, and that packages may take it


def test_out_go_packages_alone(made):
    ports = {values["from_port"] for _, kind, _, values in made
             if kind == "aws_vpc_security_group_egress_rule"
             and values.get("cidr_ipv4") == "0.0.0.0/0"
             and values["from_port"] == values["to_port"]}
    assert ports == {80, 443}


def test_everything_is_tagged_with_its_deadline(made):
    for run_name, kind, address, values in made:
        if kind in UNTAGGED:
            assert "tags" not in values, address
            continue
        tags = values.get("tags", {})
        assert tags.get("coresweep") == "coresweep", (run_name, address)
        # A plan does not know the time yet, and leaves it out; what is applied has it.
        if run_name in ("defaults", "four_pairs_of_four_clients"):
            assert re.fullmatch(r"20..-..-..T..:..:..Z", tags["coresweep-deadline"]), address
            if kind == "aws_instance":
                disk = values["root_block_device"][0]
                assert disk["tags"]["coresweep-deadline"] == tags["coresweep-deadline"], address


def test_no_secret_is_in_a_plan_or_a_state(own_tests, terraform):
    """The key's path is given to each run above: what is in that file is nowhere."""
    assert str(terraform.folder / "key") in own_tests.stdout
    assert MARK not in own_tests.stdout and "PRIVATE KEY" not in own_tests.stdout


ADDRESS = ("allowed are 1 to 16 ranges of IPv4 addresses from /24 to /32 by their first address, "
           "as 203.0.113.7/32. What your address is, `curl https://checkip.amazonaws.com` says.")
KEY = ("allowed is one line as a file like ~/.ssh/id_ed25519.pub has it: ssh-ed25519 or ssh-rsa, "
       "then the key. A private key stays where it is.")
FIXED = ("which it does not keep up: allowed are types with a fixed one, as c6gn.4xlarge and "
         "larger. To measure there all the same, set allow_burstable = true.")
# What is given, what AWS answers otherwise (or words of the run), and what terraform says.
REFUSED = [
    ({"operator_cidrs": ["0.0.0.0/0"]}, {}, f'operator_cidrs is ["0.0.0.0/0"]: {ADDRESS}'),
    ({"operator_cidrs": ["10.0.0.0/23"]}, {}, f'operator_cidrs is ["10.0.0.0/23"]: {ADDRESS}'),
    ({"operator_cidrs": ["10.0.0.1/24"]}, {}, f'operator_cidrs is ["10.0.0.1/24"]: {ADDRESS}'),
    ({"operator_cidrs": ["10.0.0.1"]}, {}, f'operator_cidrs is ["10.0.0.1"]: {ADDRESS}'),
    ({"operator_cidrs": ["::/0"]}, {}, f'operator_cidrs is ["::/0"]: {ADDRESS}'),
    ({"operator_cidrs": []}, {}, f"operator_cidrs is []: {ADDRESS}"),
    ({"public_key": "-----BEGIN OPENSSH PRIVATE KEY-----\nofnobodyelse\n"}, {},
     f'public_key begins with "-----BEGIN ": {KEY}'),
    ({"public_key": "ssh-ed25519"}, {}, f'public_key begins with "ssh-ed25519": {KEY}'),
    ({"region": "Frankfurt"}, {},
     'region is "Frankfurt": allowed is a region\'s name, as us-east-1 or eu-central-1, and none '
     "of China's or GovCloud's."),
    ({"region": "us-gov-west-1"}, {}, 'region is "us-gov-west-1": allowed is a region\'s name, as '
     "us-east-1 or eu-central-1, and none of China's or GovCloud's."),
    ({"name": "My rig"}, {},
     'name is "My rig": allowed are 1 to 28 of a to z, 0 to 9 and -, a letter at the front.'),
    ({"instance_type": "c6gn"}, {},
     'instance_type is "c6gn": allowed is a type\'s name, as c6gn.8xlarge.'),
    ({"placement": "spread"}, {}, 'placement is "spread": allowed is cluster or none.'),
    ({"ttl_hours": 0}, {}, "ttl_hours is 0: allowed are 0.25 (15 minutes) to 168 (a week)."),
    ({"ttl_hours": 169}, {}, "ttl_hours is 169: allowed are 0.25 (15 minutes) to 168 (a week)."),
    ({"disk_gb": 9.5}, {}, "disk_gb is 9.5: allowed is a whole number from 10 to 1000."),
    ({"ami_id": "debian"}, {}, 'ami_id is "debian": allowed is an image\'s id, as '
     "ami-0123456789abcdef0, or null for Debian 12."),
    ({"price_per_hour": -1}, {},
     "price_per_hour is -1: allowed is a number above 0, at most 1000, or null."),
    ({"pair_count": 6}, {}, "6 pairs of a server and 1 clients are 12 hosts: allowed are max_hosts "
     "= 10. Ask for fewer, or set max_hosts."),
    ({"client_count": 0}, {}, "client_count is 0: allowed is a whole number from 1 to 64."),
    ({"user": "Admin"}, {}, 'user is "Admin": allowed is a login of a to z, 0 to 9, _ and -.'),
    ({"instance_type": "c5n.9xlarge"}, {"supported_architectures": ["x86_64"]},
     "instance_type c5n.9xlarge is x86_64: allowed are types of arm64, as those of c6gn, c7gn and "
     "c8gn."),
    ({"instance_type": "c6gn.2xlarge"}, {"network_performance": "Up to 25 Gigabit"},
     f'instance_type c6gn.2xlarge has a network of "Up to 25 Gigabit", {FIXED}'),
    ({"instance_type": "t4g.2xlarge"}, {"burstable_performance_supported": True},
     'instance_type t4g.2xlarge has a network of "50 Gigabit" and CPUs that burst, ' + FIXED),
    ({}, {"supported_placement_strategies": ["spread"]}, "instance_type c6gn.8xlarge cannot be "
     'placed as a cluster: set placement = "none", or take another.'),
    ({"availability_zone": "us-east-1a"}, {}, "instance_type c6gn.8xlarge is offered in us-east-1b,"
     ' us-east-1c of us-east-1, and availability_zone is "us-east-1a".'),
    ({}, "  override_resource {\n    target = terraform_data.deadline\n"
     '    values = { output = "2026-01-02T03:04:05Z" }\n  }\n', "The deadline of these hosts was "
     "2026-01-02T03:04:05Z, so none can be added: terraform destroy what is left, then apply."),
    ({}, {"locations": []}, "instance_type c6gn.8xlarge is offered in no zone of us-east-1: take "
     "another type or region."),
]


@pytest.fixture(scope="module")
def refusals(terraform):
    """What terraform says of each of REFUSED, by its number."""
    head = HEAD.match((terraform.folder / "tests" / "aws.tftest.hcl").read_text())[0]
    runs = []
    for given, answered, _ in REFUSED:
        if isinstance(answered, str):
            runs.append(head + terraforms.given(given, "apply", answered))
            continue
        text = head
        for key, value in answered.items():
            text, changed = re.subn(rf"(\b{key} *=) [^}}\n]*", rf"\1 {json.dumps(value)} ", text)
            assert changed == 1, key
        runs.append(text + terraforms.given(given))
    return terraforms.refusals(terraform.folder, runs, terraform.surroundings)


@pytest.mark.parametrize("number", range(len(REFUSED)),
                         ids=[message.split(" ")[0] for _, _, message in REFUSED])
def test_it_refuses(refusals, number):
    said = refusals[number]
    assert REFUSED[number][2] in said
    assert MARK not in "".join(said)
