"""Writes aws_schema.json: what terraform/aws uses of the AWS provider's schema.

The schema is in the bindings that CDK Terrain publishes for PyPI, of which this script reads the
description of all their types:
  pip download --no-deps cdktn-provider-aws==25.8.1
  python3 extract_schema.py cdktn_provider_aws-25.8.1-*.whl >aws_schema.json

The bindings tell names, types, blocks, and what must be given. They do not tell a set from a list,
nor whether the provider fills in what is left out: lists stand here for both, and whatever may be
left out may also be filled in.
"""

import io
import json
import re
import sys
import tarfile
import zipfile

RESOURCES = [
    "aws_default_security_group", "aws_iam_role", "aws_iam_role_policy", "aws_instance",
    "aws_internet_gateway", "aws_key_pair", "aws_placement_group", "aws_route", "aws_route_table",
    "aws_route_table_association", "aws_scheduler_schedule", "aws_scheduler_schedule_group",
    "aws_security_group", "aws_subnet", "aws_vpc", "aws_vpc_security_group_egress_rule",
    "aws_vpc_security_group_ingress_rule",
]
DATA_SOURCES = [
    "aws_caller_identity", "aws_ec2_instance_type", "aws_ec2_instance_type_offerings",
    "aws_servicequotas_service_quota", "aws_ssm_parameter",
]
PACKAGE = "@cdktn/provider-aws."
PRIMITIVES = {"string": "string", "number": "number", "boolean": "bool"}


def read_types(wheel):
    """All types of the bindings by their full names, and their version of the provider."""
    with zipfile.ZipFile(wheel) as files:
        [bundle] = [name for name in files.namelist() if name.endswith(".jsii.tgz")]
        with tarfile.open(fileobj=io.BytesIO(files.read(bundle))) as inner:
            described = json.load(inner.extractfile("package/.jsii"))
    version = re.search(r"aws provider version ([0-9.]+)", described["readme"]["markdown"])
    return described["types"], version[1]


class Extract:
    def __init__(self, types):
        self.types = types

    def members(self, name):
        return self.types[PACKAGE + name].get("properties", [])

    def type_of(self, described):
        """The type as terraform's JSON has it, or the name of a structure."""
        if "union" in described:
            [described] = [one for one in described["union"]["types"]
                           if one.get("fqn") != "cdktn.IResolvable"]
        if "primitive" in described:
            return PRIMITIVES[described["primitive"]]
        if "collection" in described:
            kind = "map" if described["collection"]["kind"] == "map" else "list"
            inner = self.type_of(described["collection"]["elementtype"])
            return [kind, inner]
        name = described["fqn"]
        if name.startswith("cdktn."):
            return {"cdktn.IResolvable": "bool", "cdktn.StringMap": ["map", "string"],
                    "cdktn.NumberMap": ["map", "number"], "cdktn.BooleanMap": ["map", "bool"],
                    "cdktn.StringMapList": ["list", ["map", "string"]]}[name]
        return {"structure": name.removeprefix(PACKAGE)}

    def block(self, name):
        """What a structure of inputs allows, as a block."""
        attributes, blocks = {}, {}
        for member in self.members(name):
            docs = member["docs"]
            text = docs.get("summary", "") + docs.get("remarks", "")
            word = re.search(r"#(\w+) \w+#\1}", text)[1]
            described = self.type_of(member["type"])
            is_list = isinstance(described, list) and isinstance(described[1], dict)
            if isinstance(described, dict) or is_list:
                structure = (described[1] if is_list else described)["structure"]
                inner = self.block(structure)
                if docs.get("summary") != f"{word} block.":
                    attributes[word] = {"type": self.object_of(inner, is_list), "optional": True,
                                        "computed": True}
                    continue
                single = word == "timeouts"
                blocks[word] = {"nesting": "single" if single else "list", "block": inner}
                if not is_list and not single:
                    blocks[word]["max"] = 1
                if not member.get("optional"):
                    blocks[word]["min"] = 1
            elif member.get("optional"):
                attributes[word] = {"type": described, "optional": True, "computed": True}
            else:
                attributes[word] = {"type": described, "required": True}
        return {"attributes": attributes, "blocks": blocks}

    def object_of(self, block, is_list):
        """A structure that is no block, but the value of an attribute."""
        members = {word: inner["type"] for word, inner in block["attributes"].items()}
        return ["list", ["object", members]] if is_list else ["object", members]

    def computed(self, name):
        """What a class of outputs has beside its inputs: what the provider fills in."""
        found = {}
        for member in self.members(name):
            given = member["name"].endswith("Input") or member["name"] == "internalValue"
            if given or member.get("static") or not member.get("immutable"):
                continue
            described = self.type_of(member["type"])
            if isinstance(described, dict):
                structure = described["structure"]
                if not structure.endswith("List"):
                    continue
                inner = self.computed(structure.removesuffix("List") + "OutputReference")
                described = ["list", ["object", inner]]
            found[snake(member["name"])] = described
        return found

    def schema(self, folder, name):
        block = self.block(f"{folder}.{name}Config")
        for word, described in self.computed(f"{folder}.{name}").items():
            if word not in block["attributes"] and word not in block["blocks"]:
                block["attributes"][word] = {"type": described, "computed": True}
        return block


def snake(name):
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: "_" + match[1].lower(), name)


def camel(name, prefix):
    words = (prefix + name.removeprefix("aws_")).split("_")
    return words[0] + "".join(word.capitalize() for word in words[1:])


def main():
    types, version = read_types(sys.argv[1])
    extract = Extract(types)

    def schemas(names, prefix):
        found = {}
        for name in names:
            folder = camel(name, prefix)
            found[name] = extract.schema(folder, folder[0].upper() + folder[1:])
        return found

    provider = extract.block("provider.AwsProviderConfig")
    # `alias` is terraform's own word.
    provider["attributes"].pop("alias", None)
    for attribute in provider["attributes"].values():
        attribute.pop("computed", None)
    json.dump({"provider_version": version, "provider": provider,
               "resources": schemas(RESOURCES, ""),
               "data_sources": schemas(DATA_SOURCES, "data_aws_")}, sys.stdout,
              separators=(",", ":"), sort_keys=True)
    print()


if __name__ == "__main__":
    main()
