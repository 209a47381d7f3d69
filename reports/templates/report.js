"use strict";
const FIELDS = ["id", "title", "framework", "kind", "rank", "score", "status", "state", "op", "dtype", "order", "cause", "share", "members", "avoidable", "chunk"];
const data = JSON.parse(document.getElementById("data").textContent);
const defects = data.rows.map(row => Object.fromEntries(FIELDS.map((name, k) => [name, row[k]])));
const byId = new Map(defects.map(d => [d.id, d]));
const form = document.querySelector(".filters");
const FACETS = ["framework", "kind", "cause", "dtype", "order", "status"];
const STEP = 150;
const SHARES = defects.some(d => d.share !== null);
const table = document.querySelector(".ranked");
const view = name => document.getElementById(name);
let state = {}, matches = defects, drawn = 0, lastOpen = "";

// The state lives in the URL, behind the #, so that it can be kept, sent and gone back to.
const read = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
const hashOf = changes => {
  const next = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...state, ...changes })) if (value) next.set(name, value);
  return "#" + next;
};
const go = changes => { location.hash = hashOf(changes); };
const element = (tag, attributes = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(...children);
  return made;
};

function select(d) {
  const words = (state.q || "").toLowerCase().split(/\s+/).filter(Boolean);
  d.text ??= [d.title, d.op, d.id, d.framework, d.kind, d.cause].join(" ").toLowerCase();
  return FACETS.every(name => !state[name] || d[name].split(" ").includes(state[name]))
    && (!state.op || d.op.split(" ").includes(state.op)) && (!state.avoidable || d.avoidable) && words.every(w => d.text.includes(w));
}

function groupOf(d) {
  if (state.group) return d[state.group].split(" ")[0] || "not worked on";
  if (data.compared && data.changed[d.status]) return data.changed[d.status];
  return d.kind;
}

function rowOf(d) {
  const link = element("a", { href: hashOf({ d: d.id }) }, d.title);
  const about = [d.members > 1 && `${d.members} findings`, d.dtype, d.order === "value" ? "" : d.order, d.cause.replaceAll("_", " "), d.status !== "known" && data.compared && d.status, d.state !== "open" && d.state];
  const share = d.share === null ? "" : d.share === 0 ? "0 %" : (100 * d.share).toPrecision(3) + " %";
  const row = element("tr", {},
    element("td", { className: "n rank" }, String(d.rank)),
    element("td", { className: "what" }, link, element("span", { className: "dim" }, about.filter(Boolean).join(" · "))),
    element("td", {}, d.framework),
    element("td", {}, element("span", { className: `chip k-${d.kind}`, title: data.kinds[d.kind] || "" }, d.kind)),
    ...(SHARES ? [element("td", { className: "n" }, share)] : []));
  row.dataset.id = d.id;
  return row;
}

function draw(count) {
  const end = Math.min(drawn + count, matches.length);
  for (; drawn < end; drawn++) {
    const d = matches[drawn], group = groupOf(d);
    let body = table.lastElementChild;
    if (body.dataset.group !== group) {
      const number = matches.filter(m => groupOf(m) === group).length;
      const note = !state.group && data.kinds[group] ? `: ${data.kinds[group]}` : "";
      const head = element("th", { colSpan: SHARES ? 5 : 4, scope: "colgroup" }, element("strong", {}, group.replaceAll("_", " ")), `${note} (${number})`);
      body = element("tbody", {}, element("tr", { className: "group" }, head));
      body.dataset.group = group;
      table.append(body);
    }
    body.append(rowOf(d));
  }
  const rest = view("rest"), left = matches.length - drawn;
  rest.hidden = !left;
  rest.textContent = `show ${Math.min(left, STEP).toLocaleString("en")} more of ${left.toLocaleString("en")}`;
}

function list() {
  if (!form) return;
  for (const field of form.elements) {
    if (field.type === "checkbox") field.checked = Boolean(state[field.name]);
    else if (field.name && document.activeElement !== field) field.value = state[field.name] || "";
  }
  matches = defects.filter(select);
  if (state.group) {  // groups in the order of their first defect, each by its own order
    const first = new Map();
    matches.forEach((d, k) => { const g = groupOf(d); if (!first.has(g)) first.set(g, k); });
    matches = matches.map((d, k) => [first.get(groupOf(d)), k, d]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(t => t[2]);
  }
  for (const body of [...table.tBodies]) body.remove();
  drawn = 0;
  draw(STEP);
  const total = defects.length.toLocaleString("en");
  view("shown").textContent = matches.length === defects.length ? `${total} defects` : `${matches.length.toLocaleString("en")} of ${total} defects`;
  const op = view("op");
  op.hidden = !state.op;
  op.textContent = `op ${state.op} ×`;
}

const chunks = new Map(), waiting = new Map();
window.ulpfuzzPages = async (name, text) => {
  const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  waiting.get(name)(JSON.parse(await new Response(stream).text()));
};
function load(name) {
  if (!chunks.has(name)) {
    chunks.set(name, new Promise((resolve, reject) => {
      waiting.set(name, resolve);
      const script = element("script", { src: `pages/${name}.js` });
      script.onerror = () => { chunks.delete(name); reject(new Error(`pages/${name}.js is missing: it belongs beside report.html`)); };
      document.head.append(script);
    }));
  }
  return chunks.get(name);
}

async function open(name, id) {
  const page = view("page");
  let html;
  try {
    html = (await load(name))[id];
  } catch (error) {
    page.textContent = error.message;
    return;
  }
  if ((read().d || read().p) !== id) return;  // another was asked for while this one was loaded
  page.innerHTML = html;
  if (id === "run") return;
  const k = matches.findIndex(d => d.id === id);
  const step = (d, text, key) => element("a", { href: d ? hashOf({ d: d.id }) : hashOf({ d: "" }), rel: key }, text);
  const nav = element("nav", { className: "steps" }, step(null, "← all defects", "up"));
  nav.setAttribute("aria-label", "Defects");
  if (k > 0) nav.append(step(matches[k - 1], "previous", "prev"));
  if (k + 1 < matches.length) nav.append(step(matches[k + 1], "next", "next"));
  page.prepend(nav);
  document.title = `ulpfuzz: ${byId.get(id).title}`;
  page.querySelector("h2").focus({ preventScroll: true });
}

function show() {
  const before = state;
  state = read();
  const shown = state.d && byId.has(state.d) ? "page" : state.p === "map" ? "map" : state.p === "run" ? "page" : "list";
  for (const name of ["list", "map", "page"]) view(name).hidden = name !== shown;
  const current = shown === "page" && state.p === "run" ? "run" : shown === "map" ? "map" : "list";
  for (const link of document.querySelectorAll("[data-view]")) link.toggleAttribute("aria-current", link.dataset.view === current);
  for (const link of document.querySelectorAll("[aria-current]")) link.setAttribute("aria-current", "page");
  const filters = s => JSON.stringify({ ...s, d: "", p: "" });
  if (filters(before) !== filters(state) || !drawn) list();
  if (shown === "page") {
    view("page").replaceChildren();
    scrollTo(0, 0);
    open(state.d ? byId.get(state.d).chunk : "run", state.d || "run");
  } else {
    document.title = `ulpfuzz: ${defects.length} defects`;
  }
  if (shown === "list" && before.d) {
    const row = table?.querySelector(`tr[data-id="${CSS.escape(before.d)}"] a`);
    row?.focus();
    row?.scrollIntoView({ block: "center" });
  }
}

function move(by) {
  if (state.d) {
    const next = matches[matches.findIndex(d => d.id === state.d) + by];
    if (next) go({ d: next.id });
    return;
  }
  const links = [...table.querySelectorAll(".what a")];
  const at = links.indexOf(document.activeElement);
  if (by > 0 && at === links.length - 1 && drawn < matches.length) { draw(STEP); return move(by); }
  const link = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + by, 0), links.length - 1)];
  link?.focus();
  link?.scrollIntoView({ block: "nearest" });
}

addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches("input, select, textarea");
  if (event.key === "Escape") {
    if (typing) event.target.blur();
    else if (state.d || state.p) go({ d: "", p: "" });
    else if (Object.keys(state).length) location.hash = "";
  } else if (!typing && form && event.key === "/") {
    event.preventDefault();
    if (state.d || state.p) go({ d: "", p: "" });
    setTimeout(() => form.elements.q.focus());
  } else if (!typing && form && (event.key === "j" || event.key === "k")) {
    move(event.key === "j" ? 1 : -1);
  }
});

async function copy(button) {
  const source = button.dataset.copy ? view(button.dataset.copy) : button.previousElementSibling;
  const text = source.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {  // a page that was opened from a file may have no clipboard API
    const area = document.body.appendChild(element("textarea", { value: text }));
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  const label = button.textContent;
  button.textContent = "copied";
  view("said").textContent = "copied";
  setTimeout(() => { button.textContent = label; view("said").textContent = ""; }, 1200);
}

document.addEventListener("click", event => { if (event.target.matches(".copy")) copy(event.target); });
if (form) {
  for (const name of FACETS) {
    const values = [...new Set(defects.flatMap(d => d[name].split(" ")))].filter(Boolean);
    if (name !== "kind") values.sort();
    const field = form.elements[name];
    field.append(element("option", { value: "" }, "all"), ...values.map(v => element("option", { value: v }, v.replaceAll("_", " "))));
    field.parentNode.hidden = values.length < 2;
  }
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("input", event => {
    const field = event.target, value = field.type === "checkbox" ? (field.checked ? "1" : "") : field.value;
    history.replaceState(null, "", hashOf({ [field.name]: value, d: "", p: "" }));
    show();
  });
  view("op").addEventListener("click", () => go({ op: "" }));
  view("rest").addEventListener("click", () => draw(STEP));
}
addEventListener("hashchange", show);
addEventListener("beforeprint", () => { if (!view("list").hidden && form) draw(matches.length); for (const d of document.querySelectorAll("details")) d.open = true; });
show();
