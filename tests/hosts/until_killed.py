"""A test that never ends, with hosts up: hosts_rig_test.py kills it and looks what is left."""

import time

from rig import Rig


def test_that_never_ends(tmp_path):
    rig = Rig(tmp_path / "rig", clients=2)
    assert rig.on("client2", "true").returncode == 0
    print("up", flush=True)
    while True:
        time.sleep(3600)
