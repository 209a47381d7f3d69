"use strict";
const rows = [...document.querySelectorAll(".ranked tbody tr")];
const cases = new Map(rows.map(row => [row, document.getElementById(row.dataset.id)]));
const selects = [...document.querySelectorAll(".filters select")];
const search = document.getElementById("search");

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const avoidable = document.getElementById("avoidable").checked;
  let shown = 0;
  for (const row of rows) {
    const text = row.text ??= (row.textContent + " " + row.dataset.id).toLowerCase();
    const keep = selects.every(s => !s.value || row.dataset[s.dataset.facet] === s.value)
      && (!avoidable || row.dataset.avoidable === "1") && words.every(w => text.includes(w));
    row.classList.toggle("hidden", !keep);
    cases.get(row).classList.toggle("hidden", !keep);
    shown += keep;
  }
  document.getElementById("shown").textContent = shown === rows.length ? `${shown} findings` : `${shown} of ${rows.length} findings`;
}

function sortBy(header) {
  const column = [...header.parentNode.children].indexOf(header);
  const up = header.getAttribute("aria-sort") === "descending";
  for (const other of header.parentNode.children) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", up ? "ascending" : "descending");
  const number = v => v === "inf" ? Infinity : v === "nan" ? -Infinity : parseFloat(v);
  const key = row => { const cell = row.children[column]; return cell.dataset.v === undefined ? cell.textContent.trim() : number(cell.dataset.v); };
  const compare = (a, b) => a < b ? -1 : a > b ? 1 : 0;
  const sorted = rows.map(row => [key(row), row]).sort((a, b) => (up ? 1 : -1) * compare(a[0], b[0]));
  document.querySelector(".ranked tbody").append(...sorted.map(pair => pair[1]));
}

function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.tagName === "DETAILS") {
    target.classList.remove("hidden");
    target.open = true;
    target.scrollIntoView();
  }
}

async function copy(button) {
  const { id, name } = button.dataset;
  const text = id ? JSON.stringify(JSON.parse(document.getElementById("arrays").textContent)[id][name])
    : button.previousElementSibling.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {  // a page opened from a file may have no clipboard API
    const area = document.body.appendChild(Object.assign(document.createElement("textarea"), { value: text }));
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  const label = button.textContent;
  button.textContent = "copied";
  setTimeout(() => { button.textContent = label; }, 1200);
}

function drawHeat() {
  const figure = JSON.parse(document.getElementById("figure").textContent);
  const box = document.getElementById("heat");
  const style = () => getComputedStyle(document.documentElement);
  const colours = () => ({
    "font.color": style().getPropertyValue("--ink").trim(), "font.family": style().getPropertyValue("--sans").trim(),
    "hoverlabel.bgcolor": style().getPropertyValue("--card").trim(), "hoverlabel.bordercolor": style().getPropertyValue("--line").trim(),
    "hoverlabel.font.color": style().getPropertyValue("--ink").trim(),
  });
  Plotly.newPlot(box, figure.data, figure.layout, { responsive: true, displayModeBar: false }).then(() => {
    Plotly.relayout(box, colours());
    box.on("plotly_click", event => { const id = event.points[0].customdata; if (id) location.hash = id; });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => Plotly.relayout(box, colours()));
  });
}

if (rows.length) {
  search.addEventListener("input", filter);
  document.getElementById("avoidable").addEventListener("change", filter);
  for (const select of selects) select.addEventListener("change", filter);
  for (const header of document.querySelectorAll(".ranked th[data-sort]")) header.addEventListener("click", () => sortBy(header));
  filter();
}
document.addEventListener("click", event => { if (event.target.matches(".copy")) copy(event.target); });
addEventListener("hashchange", openTarget);
addEventListener("beforeprint", () => { for (const d of document.querySelectorAll(".case:not(.hidden)")) d.open = true; });
openTarget();
