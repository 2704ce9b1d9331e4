(() => {
  "use strict";

  const PAUSE = 1500; // ms between two questions
  const MUCH = 2000; // rows after which there may be more at once
  const element = (id) => document.getElementById(id);
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const percent = (x) => (x === null ? "–" : `${(100 * x).toFixed(1)} %`);
  const digits = (n) => (x) => (x === null ? "–" : x.toFixed(n));

  // The table: a row for each run, its cells written only where they change.
  const COLUMNS = [
    { key: "name", title: "Run" },
    { key: "state", title: "State" },
    { key: "task", title: "Task" },
    { key: "method", title: "Method" },
    { key: "seed", title: "Seed", number: true, show: (x) => (x === null ? "–" : String(x)) },
    { key: "done", title: "Updates", number: true,
      show: (x, row) => (row.updates === null ? String(x) : `${x} / ${row.updates}`) },
    { key: "loss", title: "Loss", number: true, show: digits(4) },
    { key: "accuracy", title: "Accuracy", number: true, show: percent },
    { key: "explained_variance", title: "Explained variance", number: true, show: digits(2) },
    { key: "rate_hz", title: "Rate [Hz]", number: true, show: digits(1) },
    { key: "brian2", title: "Brian2 accuracy", number: true, show: percent },
    { key: "age", title: "Changed", number: true, show: (x) => `${age(x)} ago` },
  ];
  const STATES = ["training", "validating", "analysing", "finished", "failed", "killed"];
  const [heading, body] = [element("runs").tHead.rows[0], element("runs").tBodies[0]];
  const rows = new Map(); // by the name of the run: what the server says, and its row of the table
  const order = { key: "", direction: 1 };
  let [version, lag] = ["", 0];

  function age(seconds) {
    const steps = [[86400, "d"], [3600, "h"], [60, "min"]];
    const [length, unit] = steps.find(([each]) => seconds >= each) || [1, "s"];
    return `${Math.max(0, Math.floor(seconds / length))} ${unit}`;
  }

  function makeHeadings() {
    for (const column of COLUMNS) {
      const cell = document.createElement("th");
      const button = document.createElement("button");
      cell.scope = "col";
      if (column.number) cell.className = "number";
      cell.setAttribute("aria-sort", "none");
      button.type = "button";
      button.textContent = column.title;
      button.addEventListener("click", () => {
        const next = order.key !== column.key ? 1 : order.direction === 1 ? -1 : 0;
        [order.key, order.direction] = [next ? column.key : "", next];
        for (const [k, other] of COLUMNS.entries()) {
          const sorted = other.key === order.key ? next : 0;
          heading.cells[k].setAttribute("aria-sort", { 1: "ascending", [-1]: "descending", 0: "none" }[sorted]);
        }
        arrange();
      });
      cell.append(button);
      heading.append(cell);
    }
    for (const state of STATES) element("state").append(new Option(state, state));
  }

  function makeRow(name) {
    const line = document.createElement("tr");
    for (const column of COLUMNS) {
      const cell = document.createElement(column.key === "name" ? "th" : "td");
      if (column.number) cell.className = "number";
      line.append(cell);
    }
    const link = document.createElement("a");
    link.href = `#${encodeURIComponent(name)}`;
    line.cells[0].scope = "row";
    line.cells[0].append(link);
    line.addEventListener("click", (event) => {
      if (event.target !== link) link.click();
    });
    return line;
  }

  function write(entry) {
    entry.row.age = Date.now() / 1000 + lag - entry.row.changed;
    for (const [k, { key, show }] of COLUMNS.entries()) {
      const cell = entry.line.cells[k];
      const text = show ? show(entry.row[key], entry.row) : entry.row[key];
      const target = k ? cell : cell.firstChild;
      if (target.textContent !== text) target.textContent = text;
      if (key === "state") cell.className = `state ${text}`;
    }
    entry.line.title = entry.row.reason;
  }

  function compare(first, second) {
    const [a, b] = [first.row[order.key], second.row[order.key]];
    if (a === null || b === null) return (a === null) - (b === null); // what is not known is last
    return order.direction
      * (typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true }));
  }

  function arrange() {
    const words = element("text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const state = element("state").value;
    const entries = [...rows.values()].sort((a, b) =>
      a.row.name.localeCompare(b.row.name, "en", { numeric: true }));
    if (order.key) entries.sort(compare);
    let shown = 0;
    for (const { row, line } of entries) {
      const text = [row.name, row.task, row.method, row.state].join(" ").toLowerCase();
      line.hidden = Boolean(state && row.state !== state) || !words.every((w) => text.includes(w));
      line.setAttribute("aria-current", String(row.name === chosen.name));
      shown += !line.hidden;
    }
    const lines = entries.map((entry) => entry.line);
    if (lines.some((line, k) => body.rows[k] !== line)) body.replaceChildren(...lines);
    element("count").textContent = rows.size ? `${shown} of ${rows.size} runs` : "";
  }

  function take(news) {
    version = news.version;
    lag = news.now - Date.now() / 1000;
    for (const row of news.rows) {
      const entry = rows.get(row.name) || { line: makeRow(row.name) };
      rows.set(row.name, Object.assign(entry, { row }));
    }
    if (news.names) {
      const there = new Set(news.names);
      for (const name of rows.keys()) if (!there.has(name)) rows.delete(name);
    }
    rows.forEach(write);
    arrange();
    const counts = STATES.map((state) => [[...rows.values()].filter(({ row }) => row.state === state).length, state]);
    say(rows.size ? counts.filter(([n]) => n).map(([n, state]) => `${n} ${state}`).join(", ")
      : "There are no runs yet: this page waits for them.");
  }

  function say(text) {
    if (element("status").textContent !== text) element("status").textContent = text;
  }

  // The chosen run: courses that grow, and a trial.
  const chosen = { name: "", metrics: null, probe: null, trial: null };
  let drawing = Promise.resolve();

  function choose() {
    let name = "";
    try { name = decodeURIComponent(location.hash.slice(1)); } catch { /* no run is called so */ }
    Object.assign(chosen, { name, metrics: null, probe: null, trial: null });
    element("chosen").hidden = true;
    element("no-trial").textContent = "";
    arrange();
    ask();
  }

  function extend(known, news) {
    if (!known || news.anew) return news;
    const names = Object.keys(news).filter((key) => Array.isArray(news[key]));
    return { ...news, ...Object.fromEntries(names.map((key) => [key, known[key].concat(news[key])])) };
  }

  async function follow() {
    const entry = rows.get(chosen.name);
    if (!entry) return false;
    const name = chosen.name;
    const seen = new URLSearchParams({ name });
    for (const part of ["metrics", "probe", "trial"]) seen.set(part, chosen[part]?.mark || "");
    const answer = await fetch(`run?${seen}`);
    if (!answer.ok || name !== chosen.name) return false;
    const news = await answer.json();
    const first = element("chosen").hidden;
    const grown = news.metrics.step.length > 0 || news.probe.step.length > 0 || news.metrics.anew || news.probe.anew;
    chosen.metrics = extend(chosen.metrics, news.metrics);
    chosen.probe = extend(chosen.probe, news.probe);
    chosen.trial = news.trial || chosen.trial;
    describe(entry.row);
    if (first || grown || news.trial) await draw(first || grown, Boolean(first || news.trial));
    return news.metrics.step.length > MUCH;
  }

  function describe(row) {
    element("chosen").hidden = false;
    element("name").textContent = row.name;
    const parts = [row.state, row.task, row.method, `${row.done} of ${row.updates ?? "?"} updates`];
    const last = chosen.probe.seconds.at(-1);
    if (last) parts.push(`Brian2 took ${last.toFixed(2)} s the last time`);
    element("about").textContent = parts.filter(Boolean).join(", ") + (row.reason ? `. ${row.reason}` : "");
    element("trial").hidden = !chosen.trial;
    element("no-trial").textContent = chosen.trial ? ""
      : "A trial in Brian2 is shown after the validation, or during training with train.probe_every.";
  }

  const axis = (title) => ({ title: { text: title }, color: style("--muted"), automargin: true,
    gridcolor: style("--faint"), zerolinecolor: style("--faint"), linecolor: style("--muted") });
  const layout = (x, y, more) => ({
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: style("--text"), size: 12, family: "system-ui, sans-serif" },
    hoverlabel: { bgcolor: style("--surface"), font: { color: style("--text") } },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: style("--muted"), activecolor: style("--text"),
      orientation: "v" },
    legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom" },
    margin: { l: 55, r: 10, t: 30, b: 45 }, uirevision: chosen.name,
    xaxis: axis(x), yaxis: axis(y), ...more });
  const line = (x, y, name, colour, more) => ({ type: "scatter", mode: "lines", x, y, name,
    line: { color: style(colour), width: 1.5, ...more?.line }, ...more });
  const known = (values) => values.some((value) => value !== null);
  const buttons = (name) => ({ displaylogo: false, responsive: true, modeBarButtons: [["toImage", name]] });

  function drawCourses() {
    const { metrics, probe } = chosen;
    const flat = buttons("resetScale2d");
    const losses = [{ ...line(metrics.step, metrics.loss, "loss", "--colour-0"), showlegend: false }];
    Plotly.react(element("loss"), losses, layout("updates", "loss", { yaxis: { ...axis("loss"), rangemode: "tozero" } }), flat);
    const traces = [];
    const measures = [["accuracy", "--colour-0", "--colour-1"], ["explained_variance", "--colour-2", "--colour-3"]];
    for (const [key, own, brian2] of measures) {
      const name = key.replace("_", " ");
      if (known(metrics[key])) traces.push(line(metrics.step, metrics[key], name, own, { opacity: 0.8 }));
      if (known(probe[key])) {
        traces.push({ ...line(probe.step, probe[key], `${name} in Brian2`, brian2), mode: "lines+markers" });
      }
    }
    const values = traces.flatMap((trace) => trace.y).filter((value) => value !== null);
    const least = Math.max(-1, Math.min(0, ...values.slice(-2000)));
    Plotly.react(element("performance"), traces,
      layout("updates", "", { showlegend: true, yaxis: { ...axis(""), range: [least, 1.05] } }), flat);
  }

  function drawTrial() {
    const { trial } = chosen;
    const times = Array.from({ length: trial.steps }, (_, k) => (k + 1) * trial.dt_ms);
    const when = trial.step === null ? "the validation" : `the probe after ${trial.step} updates`;
    element("raster-caption").textContent = `Spikes in Brian2: the first trial of ${when}.`;
    const spikes = { type: "scatter", mode: "markers", x: trial.spikes.times, y: trial.spikes.neurons,
      hovertemplate: "%{x} ms, neuron %{y}<extra></extra>",
      marker: { symbol: "line-ns-open", size: 4, color: style("--text"), line: { width: 1, color: style("--text") } } };
    Plotly.react(element("raster"), [spikes], layout("time [ms]", "neuron", {
      xaxis: { ...axis("time [ms]"), range: [0, times.at(-1)], zeroline: false },
      yaxis: { ...axis("neuron"), range: [-1, trial.neurons], zeroline: false } }), buttons("resetScale2d"));
    drawSpace(trial, times);
  }

  const solidWorks = Boolean(document.createElement("canvas").getContext("webgl"));

  function drawSpace(trial, times) {
    const courses = trial.modes.length ? trial.modes : trial.outputs;
    const title = (k) => (trial.modes.length ? `mode ${k + 1}` : `output ${k + 1}`);
    const what = trial.modes.length ? "Activity of the modes" : "Output of a network without modes";
    const solid = solidWorks && courses.length >= 3;
    const plane = courses.length >= 2;
    element("space-caption").textContent = `${what} in the same trial${courses.length > 3 ? ", the first three" : ""}`
      + `${plane ? ": it starts at the open mark and ends at the filled one." : "."}`;
    const places = solid ? courses.slice(0, 3) : plane ? courses.slice(0, 2) : [times, courses[0] || []];
    const names = ["x", "y", "z"].slice(0, places.length);
    const type = solid ? "scatter3d" : "scatter";
    const at = (pick) => Object.fromEntries(names.map((name, k) => [name, pick(places[k])]));
    const traces = [{ type, mode: "lines", ...at((all) => all), text: times.map((t) => `${t.toFixed(1)} ms`),
      line: { color: style("--colour-0"), width: solid ? 5 : 2 }, hovertemplate: "%{text}<extra></extra>" }];
    if (plane) {
      const mark = (symbol, pick) => ({ type, mode: "markers", ...at((all) => [pick(all)]), hoverinfo: "skip",
        marker: { symbol, size: solid ? 6 : 10, color: style("--text"), line: { width: 2, color: style("--text") } } });
      traces.push(mark("circle-open", (all) => all[0]), mark("circle", (all) => all.at(-1)));
    }
    const scene = { xaxis: axis(title(0)), yaxis: axis(title(1)), zaxis: axis(title(2)),
      aspectmode: "cube", camera: { eye: { x: 1.5, y: 1.5, z: 1 }, center: { x: 0, y: 0, z: -0.15 } },
      dragmode: "turntable", bgcolor: "rgba(0,0,0,0)", uirevision: chosen.name };
    const [x, y] = plane ? [title(0), title(1)] : ["time [ms]", title(0)];
    const about = layout(x, y, { showlegend: false, ...(solid ? { scene, margin: { l: 0, r: 0, t: 0, b: 0 } } : {}) });
    Plotly.react(element("space"), traces, about, buttons(solid ? "resetCameraDefault3d" : "resetScale2d"));
  }

  // Plotly is large: it is loaded when a run is chosen first.
  let loaded = null;
  function plotly() {
    loaded ||= new Promise((resolve, reject) => {
      const code = document.createElement("script");
      code.src = "plotly.js";
      code.onload = resolve;
      code.onerror = reject;
      document.head.append(code);
    });
    return loaded;
  }

  async function draw(courses, trial) {
    await plotly();
    if (element("chosen").hidden) return;
    if (courses) drawCourses();
    if (trial && chosen.trial) drawTrial();
    element("chosen").dataset.drawn = chosen.name;
  }

  // One question at a time, and the next a while after the answer.
  let [asking, again, timer] = [false, false, 0];
  async function ask() {
    again = asking;
    if (asking) return;
    asking = true;
    clearTimeout(timer);
    try {
      take(await (await fetch(`runs?since=${version}`)).json());
      again = (await follow()) || again;
    } catch {
      say("The server does not answer: spikemodes watch has ended. This page waits for it.");
    }
    asking = false;
    timer = setTimeout(ask, again ? 0 : PAUSE);
  }

  makeHeadings();
  element("text").addEventListener("input", arrange);
  element("state").addEventListener("change", arrange);
  addEventListener("hashchange", choose);
  dark.addEventListener("change", () => { if (chosen.metrics) draw(true, true); });
  choose();
})();
