"""A test that failed while the machine stood still says nothing: it is run again, and that is told.

As a sweep does with a trial that the host spoilt (docs/decisions/0019): only where the standstill
was measured, and twice at most. Hooks of pytest, for conftest.py.
"""

import os
import warnings

import pytest
from _pytest.runner import runtestprotocol
from standstill import StandStill

# What a sanitizer finds is no machine's fault, whatever it did meanwhile.
SANITIZED = bool(os.environ.get("CORESWEEP_SANITIZE"))
watching = pytest.StashKey()  # made where tests are run, not where they are dealt out
times_left = pytest.StashKey()
was_spoilt = pytest.StashKey()


def pytest_unconfigure(config):
    if watching in config.stash:
        config.stash[watching].close()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    if SANITIZED:
        return None
    stash = item.config.stash
    if watching not in stash:
        stash[watching] = StandStill()
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for item.stash[times_left] in (2, 1, 0):
        item.stash[was_spoilt] = False
        stash[watching].begin()
        runtestprotocol(item, nextitem=nextitem)
        if not item.stash[was_spoilt]:
            break
        make_anew(item)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    if report.failed and item.stash.get(times_left, 0) > 0:
        stood_s = item.config.stash[watching].longest_s()
        if stood_s > 0.0:
            report.outcome = "again"
            report.stood_s = stood_s
            item.stash[was_spoilt] = True


def make_anew(item):
    """What it shares with other tests may have been spoilt as well: nothing of it is kept."""
    item._report_sections.clear()
    try:
        item.session._setupstate.teardown_exact(None)
    except Exception as error:  # whatever a fixture's end may meet
        warnings.warn(f"{item.nodeid}: before it is run again: {error!r}", stacklevel=1)


def pytest_report_teststatus(report):
    return ("again", "A", "AGAIN") if report.outcome == "again" else None


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.stats.get("again", []):
        crash = getattr(report.longrepr, "reprcrash", None)
        why = (crash.message if crash else report.longreprtext).partition("\n")[0]
        stood = f"the machine stood still for {report.stood_s:.2f} s"
        terminalreporter.write_line(report.longreprtext)
        terminalreporter.write_line(f"run again: {report.nodeid}: {stood}: {why}")
