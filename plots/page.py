"""What report.html is made of: one run, its charts, and the template's words filled in."""

from __future__ import annotations

import base64
import hashlib
import json
import shlex
from collections.abc import Sequence
from pathlib import Path

import jinja2
from markupsafe import Markup

import charts
import cost
import hosts_told
import inline_svg
import network_figures
import wording
from answer import answer_of, measured_text
from cells import ROLES, Cell, cells_of, medians_text, trial_documents
from charts import Drawn
from command import cause_of
from controls_told import facts_of
from limits import limits_of
from run import Run

FOLDER = Path(__file__).resolve().parent

# Of the machine, in the order in which it is read: the key in run.json, and how it is called.
MACHINE = (
    ("cpu_model", "CPU"), ("physical_cores", "physical cores"),
    ("threads_per_core", "threads a core"), ("numa_nodes", "NUMA nodes"),
    ("numa_cpus", "CPUs of each node"),
    ("cpus_online", "CPUs online"), ("cpus_allowed", "CPUs this run might use"),
    ("memory_kb", "memory"), ("kernel", "kernel"), ("os", "operating system"),
    ("virtualization", "virtualization"), ("governor", "frequency governor"),
    ("clocksource", "clock source"),
)

# What a dot is in a chart whose dots are not a block each.
DOTS = {"timeline": "second", "fairness": "thread", "implementations": "median over blocks"}


def page_of(run: Run, drawn: Sequence[Drawn], why: Sequence[str] | None = None,
            price_per_hour: float | None = None, rate_per_s: float | None = None,
            price_from: str | None = None) -> str:
    """The whole page. Whatever the run holds is text in it, never markup."""
    cells = cells_of(run)
    answer = answer_of(run)
    costs = cost.costs_of(run, cells, price_per_hour) if price_per_hour is not None else []
    shown, failed, light, dark = charts_of(run, drawn, cells)
    charts.complain(failed, "report")
    data = {
        "schema_version": 1, "name": run.folder.resolve().name, "question": run.question,
        "headline": {"kind": answer.kind, "sentence": answer.sentence,
                     "smallest": answer.smallest, "verdicts": answer.verdicts,
                     **ratio_document(answer.ratio)},
        "cells": [cell.document() for cell in cells], "trials": trial_documents(run),
        "price_per_hour": price_per_hour, "price_from": price_from,
        "costs": [{"cell": one.cell.name, "median_per_s": one.throughput.median,
                   "low_per_s": one.throughput.low, "high_per_s": one.throughput.high,
                   "is_bound": one.is_bound,
                   "interval_coverage": one.throughput.promised} for one in costs],
        "run": run.document,
    }
    return render("report.html.j2", light, dark, data, {
        "run": run, "answer": answer, "charts": shown,
        "not_drawn": [*(one for one in drawn if one.png is None), *failed], "why": why,
        "limits": limits_of(run), "facts": facts_of(run), "cells": cells,
        "measured": measured_text(run), "dots": DOTS,
        "where": hosts_told.where_text(run), "cpus_told": hosts_told.cpus_text(run),
        "host_rows": hosts_told.rows_of(run), "price_of_pairs": hosts_told.price_text(run),
        "network_figures": network_figures.network_figures_of(run),
        "roles": ROLES, "machine": machine_of(run),
        "costs": costs, "price_per_hour": price_per_hour, "rate_per_s": rate_per_s,
        "price_from": price_from or "--price-per-hour, as typed",
        "why_no_costs": cost.why_no_costs(run), "assumption": cost.assumption(run),
        "this_page": shlex.join(["coresweep", "report", str(run.folder), *_cost_words(
            price_per_hour, rate_per_s)]),
        "again": shlex.join(["coresweep", "fleet" if "fleet" in run.document else "run",
                             str(run.document.get("plan_file")), *hosts_told.words_of(run),
                             "--seed", str(run.document.get("seed"))]),
        "command": shlex.join(map(str, run.document.get("command", []))),
        "plan": json.dumps(run.document.get("plan_document") or run.document.get("plan"),
                           indent=2, ensure_ascii=False),
    })


def _cost_words(price_per_hour: float | None, rate_per_s: float | None) -> list[str]:
    asked = {"--price-per-hour": price_per_hour, "--rate": rate_per_s}
    return [word for name, value in asked.items() if value is not None
            for word in (name, f"{value:.12g}")]


def render(template: str, light: dict, dark: dict, data: dict, values: dict) -> str:
    """Style, script and data stand in the page: it asks nobody for anything."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(
        thousands=wording.with_thousands, latency=wording.latency_text,
        per_cent=network_figures.per_cent, microseconds=network_figures.microseconds)
    script = (FOLDER / "report.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template(template).render(
        **values, style=Markup((FOLDER / "report.css").read_text(encoding="utf-8")),
        script=Markup(script), script_hash=digest, light=light, dark=dark,
        data=Markup(embedded_json(data)), counted=wording.counted)


def embedded_json(document: object) -> str:
    """JSON that no text in it can end, or turn into markup, where it stands in a page."""
    text = json.dumps(document, separators=(",", ":"))  # in ASCII: U+2028 is escaped, too
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def charts_of(run: Run, drawn: Sequence[Drawn], cells: Sequence[Cell], prefix: str = ""):
    """What the page shows of each chart that is drawn, and those whose drawing it cannot take in;
    then the colours in the light and in the dark.

    prefix: of its ids, where a page has a chart of several runs
    """
    medians = medians_text(cells, run)
    shown, failed, greys = [], [], set()
    for one in drawn:
        if one.png is None:
            continue
        description = "\n".join(part for part in (one.reading, *medians) if part)
        try:
            markup, own_greys = inline_svg.inlined(
                one.png.with_suffix(".svg").read_text(encoding="utf-8"),
                prefix + one.chart.name, one.chart.question, description,
                said=run.question)
        except Exception as error:  # whatever one chart trips over, the others are shown
            failed.append(Drawn(one.chart, failure=cause_of(error)))
            continue
        greys |= own_greys
        shown.append({"name": one.chart.name, "question": one.chart.question,
                      "reading": one.reading, "failure": one.failure, "svg": Markup(markup),
                      "medians": medians})
    light, dark = ({**inline_svg.variables(is_dark), **inline_svg.grey_variables(greys, is_dark)}
                   for is_dark in (False, True))
    return shown, failed, light, dark


def machine_of(run: Run) -> list[tuple[str, str]]:
    recorded = run.machine.recorded
    rows = []
    for key, name in MACHINE:
        value = recorded.get(key)
        if key == "numa_cpus" and value is None:
            continue  # the oldest runs did not record it
        text = f"{value / 1024 / 1024:.1f} GiB" if key == "memory_kb" and value else value
        text = "; ".join(text) if isinstance(text, list) else text
        rows.append((name, "not readable here" if value is None else str(text)))
    division = run.cpu_division
    rows.append(("server's CPUs", ", ".join(map(str, division.server))))
    if not run.is_over_hosts:
        rows.append(("load generator's CPUs", ", ".join(map(str, division.load))))
    for key, value in recorded.get("limits", {}).items():
        rows.append((key.replace("_", " "), "to ".join(f"{one} " for one in value).strip()
                     if isinstance(value, list) else str(value)))
    return rows


def ratio_document(ratio) -> dict:
    """Of the headline; nothing where there is none, or it is refused."""
    if ratio is None or ratio.is_refused:
        return {"ratio": None}
    found = ratio.interval
    return {"ratio": found.median, "low": found.low, "high": found.high,
            "coverage": found.promised, "blocks": len(ratio.values), "noise": ratio.noise,
            "shows_difference": found.is_interval and ratio.shows_difference}
