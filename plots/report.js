// The page is whole without this: it sorts, filters, downloads, and changes the colours.
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);

function button(text, id, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  if (id) made.id = id;
  made.addEventListener("click", act);
  return made;
}

// Colours: the reader's choice, else the system's.
const root = document.documentElement;
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const kept = {
  read() { try { return localStorage.getItem("coresweep-theme"); } catch { return null; } },
  write(theme) { try { localStorage.setItem("coresweep-theme", theme); } catch { /* not kept */ } },
};
const isDark = () => (root.dataset.theme || (prefersDark.matches ? "dark" : "light")) === "dark";
const theme = button("", "theme", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  kept.write(root.dataset.theme);
  nameTheme();
});
function nameTheme() { theme.textContent = isDark() ? "Light" : "Dark"; }
if (["light", "dark"].includes(kept.read())) root.dataset.theme = kept.read();
theme.setAttribute("aria-label", "Change between light and dark");
prefersDark.addEventListener("change", nameTheme);
document.querySelector("header").prepend(theme);
nameTheme();

// The table of cells. What has no value stays last, whichever way it is sorted.
const table = document.getElementById("cells");
const body = table.tBodies[0];
const rows = [...body.rows];
function valueOf(row, column) {
  const cell = row.cells[column];
  if (cell.dataset.value === undefined) return cell.textContent.trim();
  return cell.dataset.value === "" ? null : Number(cell.dataset.value);
}
function compare(one, other) {
  if (typeof one === "number") return one - other;
  return one.localeCompare(other, "en", { numeric: true });
}
function sortBy(header) {
  const descends = header.getAttribute("aria-sort") === "ascending";
  for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
  header.setAttribute("aria-sort", descends ? "descending" : "ascending");
  const keyed = rows.map((row, place) => [valueOf(row, header.cellIndex), place, row]);
  keyed.sort(([one, place], [other, otherPlace]) => {
    if (one === null || other === null) {
      return (one === null) - (other === null) || place - otherPlace;
    }
    return (descends ? compare(other, one) : compare(one, other)) || place - otherPlace;
  });
  body.append(...keyed.map(([, , row]) => row));
  table.parentElement.scrollTop = 0;  // first what is first now
}
for (const header of table.tHead.rows[0].cells) {
  const made = button(header.textContent, "", () => sortBy(header));
  header.replaceChildren(made);
}

// Every word must stand in the row.
const filter = document.getElementById("filter");
const count = document.getElementById("filter-count");
const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
function applyFilter() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    row.hidden = !words.every((word) => texts.get(row).includes(word));
    shown += row.hidden ? 0 : 1;
  }
  count.textContent = `${shown} of ${rows.length} cells`;
}
filter.addEventListener("input", applyFilter);
document.getElementById("cells-controls").hidden = false;
applyFilter();

// Where a chart scrolls, its shape at a glance is there for the asking: all of it, in small letters.
for (const hint of document.querySelectorAll(".hint")) {
  const figure = hint.nextElementSibling;
  const whole = button("See it whole", "", () => {
    whole.textContent = figure.classList.toggle("whole") ? "See it readable" : "See it whole";
  });
  whole.setAttribute("aria-describedby", figure.querySelector("svg title").id);
  hint.append(" ", whole);
}

// A spreadsheet takes a text that begins so for a formula; quotes inside are doubled.
function csvField(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  let text = typeof value === "string" ? value : JSON.stringify(value);
  if (/^\s*[=+\-@\t\r\n]/.test(text)) text = `'${text}`;
  return `"${text.replaceAll('"', '""')}"`;
}
function csvOf(records) {
  if (records.length === 0) return "";
  const keys = Object.keys(records[0]);
  const lines = records.map((record) => keys.map((key) => csvField(record[key])).join(","));
  return [keys.map(csvField).join(","), ...lines].join("\r\n") + "\r\n";
}
function download(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = `${data.name.replace(/[^\w.-]/g, "_")}-${name}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
const downloads = document.getElementById("downloads");
downloads.append(
  button("Cells as CSV", "download-cells",
    () => download("cells.csv", "text/csv", csvOf(data.cells))),
  ...(data.trials ? [button("Trials as CSV", "download-trials",
    () => download("trials.csv", "text/csv", csvOf(data.trials)))] : []),
  button("All as JSON", "download-json",
    () => download("report.json", "application/json", JSON.stringify(data, null, 1))),
);
downloads.hidden = false;

// What is folded away is on paper all the same.
const folded = () => document.querySelectorAll("details:not([open])");
addEventListener("beforeprint", () => {
  for (const details of folded()) {
    details.dataset.folded = "";
    details.open = true;
  }
});
addEventListener("afterprint", () => {
  for (const details of document.querySelectorAll("details[data-folded]")) {
    delete details.dataset.folded;
    details.open = false;
  }
});

// How many machines a rate takes: the more one does, the fewer.
const rate = document.getElementById("cost-rate");
if (rate) {
  const machines = [...document.querySelectorAll("#costs .machines")];
  const whole = (value) => Math.ceil(value).toLocaleString("en-US");
  const say = () => {
    const perSecond = Number(rate.value);
    const isRate = Number.isFinite(perSecond) && perSecond > 0;
    data.costs.forEach((cost, i) => {
      const of = (each) => whole(perSecond / each);
      const coverage = 100 * cost.interval_coverage;
      const kind = coverage > 0 ? `${coverage.toFixed(1)} % interval` : "a range";
      machines[i].textContent = isRate && cost.is_bound ? `at most ${of(cost.median_per_s)}`
        : isRate ? `${of(cost.median_per_s)} (${of(cost.high_per_s)}–${of(cost.low_per_s)}, ${kind})`
        : "say a rate above";
    });
  };
  rate.addEventListener("input", say);
}
