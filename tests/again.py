"""A test that failed while the machine stood still says nothing: it is run again, and that is told.

As a sweep does with a trial that the host spoilt (docs/decisions/0019): only where the standstill
was measured, and twice at most. Hooks of pytest, for conftest.py.
"""

import time

import pytest
from _pytest.runner import runtestprotocol
from standstill import StandStill

TIMES = 3
machine = pytest.StashKey()


def pytest_sessionstart(session):
    session.config.stash[machine] = StandStill()


def pytest_sessionfinish(session):
    session.config.stash[machine].close()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for time_left in reversed(range(TIMES)):
        began = time.monotonic()
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        failed = [report for report in reports if report.failed]
        stood_s = item.config.stash[machine].longest_s(began) if failed else 0.0
        if stood_s == 0.0 or time_left == 0:
            break
        for report in failed:
            report.outcome = "again"
            report.stood_s = stood_s
            item.ihook.pytest_runtest_logreport(report=report)
        # What several tests share was spoilt itself: all of it is made anew.
        if failed[0].when == "setup":
            item.session._setupstate.teardown_exact(None)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_report_teststatus(report):
    return ("again", "A", "AGAIN") if report.outcome == "again" else None


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.stats.get("again", []):
        crash = getattr(report.longrepr, "reprcrash", None)
        why = (crash.message if crash else str(report.longrepr)).splitlines()[0]
        stood = f"the machine stood still for {report.stood_s:.2f} s"
        terminalreporter.write_line(f"run again: {report.nodeid}: {stood}: {why}")
