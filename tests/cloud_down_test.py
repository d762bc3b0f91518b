"""terraform/cloud_down.sh: what it destroys, asks and says. There is no AWS here: both programs it
calls are stand-ins, which write down their words and answer what the test says.
"""

import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
TERRAFORM = """#!/usr/bin/env bash
echo "terraform $*" >>"$CALLS"
case "$*" in
  "output -raw name") [[ -n $APPLIED ]] && echo rig ;;
  "output -raw region") echo eu-central-1 ;;
  *) exit "$DESTROYED" ;;
esac
"""
AWS = """#!/usr/bin/env bash
echo "aws $*" >>"$CALLS"
case "$*" in
  *describe-instances*) [[ $HOSTS != refused ]] && echo "$HOSTS" ;;
  *get-resources*) [[ $OTHERS != refused ]] && echo "$OTHERS" ;;
esac
"""
GONE = {"APPLIED": "yes", "DESTROYED": "0", "HOSTS": "", "OTHERS": ""}


def cloud_down(folder, *words, programs=("terraform", "aws"), **answers):
    """Runs the script with nothing else on its path: the aws of this machine is never asked."""
    for name in ("bash", "dirname", "xargs", "echo"):
        (folder / name).symlink_to(shutil.which(name))
    for name, text in (("terraform", TERRAFORM), ("aws", AWS)):
        if name in programs:
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
    calls = folder / "calls"
    calls.touch()
    done = subprocess.run(
        [ROOT / "terraform/cloud_down.sh", *words], capture_output=True, text=True,
        stdin=subprocess.DEVNULL,
        env={"PATH": str(folder), "CALLS": str(calls), **GONE, **answers},
    )
    return done, calls.read_text().splitlines()


def test_it_destroys_and_then_asks(tmp_path):
    done, calls = cloud_down(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "nothing with the tag coresweep=rig is left in eu-central-1\n"
    assert calls[2] == "terraform destroy -auto-approve"
    assert [call.split(" ")[4:6] for call in calls[3:]] == [
        ["text", "ec2"], ["text", "resourcegroupstaggingapi"]]
    assert all("aws --region eu-central-1 " in call and "coresweep" in call and "=rig" in call
               for call in calls[3:])


def test_it_takes_a_name_where_terraform_knows_none(tmp_path):
    done, calls = cloud_down(tmp_path, "other", "us-west-2", APPLIED="")
    assert done.stdout == "nothing with the tag coresweep=other is left in us-west-2\n"
    assert calls[0] == "terraform destroy -auto-approve"


@pytest.mark.parametrize(("answers", "message"), [
    ({"HOSTS": "i-1\ti-2"}, "still there in eu-central-1, with the tag coresweep=rig: i-1 i-2"),
    ({"OTHERS": "arn:aws:ec2:eu-central-1:1:vpc/vpc-1"}, "still there in eu-central-1, with the "
     "tag coresweep=rig: arn:aws:ec2:eu-central-1:1:vpc/vpc-1"),
    ({"HOSTS": "refused"}, "terraform says that all is destroyed, but AWS did not answer whether a "
     "host is left"),
    ({"OTHERS": "refused"}, "no host is left, but AWS did not answer whether anything else is"),
    ({"programs": ("terraform",)}, "terraform says that all is destroyed, and there is no aws to "
     "ask whether anything is left: look for the tag coresweep=rig in eu-central-1"),
])
def test_what_may_be_left_is_said(tmp_path, answers, message):
    done, _ = cloud_down(tmp_path, **answers)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == f"cloud_down: {message}"


def test_without_an_apply_nothing_is_destroyed(tmp_path):
    done, calls = cloud_down(tmp_path, APPLIED="")
    assert done.returncode == 1
    assert done.stderr == ("cloud_down: nothing of terraform/aws is applied here; to look for "
                           "something all the same: NAME REGION\n")
    assert calls == ["terraform output -raw name"]


def test_a_failed_destroy_is_not_asked_about(tmp_path):
    done, calls = cloud_down(tmp_path, DESTROYED="3")
    assert done.returncode == 3
    assert calls[-1] == "terraform destroy -auto-approve"
