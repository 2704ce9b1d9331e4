(() => {
  "use strict";

  const element = (name) => document.getElementById(`explorer${name}`);
  const box = element("");
  const data = JSON.parse(element("-data").textContent);
  const [space, plot] = [element("-space"), element("-course-plot")];
  const [choice, contexts, slider] = ["-course", "-context", "-time"].map(element);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const dimensions = data.axes.length;
  const names = ["x", "y", "z"].slice(0, dimensions);
  const solid = dimensions === 3;
  const kind = solid ? "scatter3d" : "scatter";
  let shapes = [];

  const colourOf = (condition) => {
    const palette = data.palettes[dark.matches ? "dark" : "light"];
    return palette[Math.max(0, data.conditions.indexOf(condition))];
  };
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const shown = () => (choice.value === "" ? data.means : [data.trials[Number(choice.value)]]);
  const step = () => Number(slider.value);
  const places = (rows) => Object.fromEntries(names.map((name, d) => [name, rows.map((r) => r[d])]));
  const until = (course, last) => Object.fromEntries(
    names.map((name, d) => [name, course.path[d].slice(0, last + 1)]));
  const hover = `${data.axes.map((axis, d) => `${axis} %{${names[d]}}`).join("<br>")}`;

  function tips(points, flow) {
    // The longest arrow is as long as points of a grid are apart.
    const longest = Math.max(...flow.map((arrow) => Math.hypot(...arrow)), 1e-12);
    const reach = Math.max(...names.map((_, d) => {
      const values = points.map((point) => point[d]);
      return Math.max(...values) - Math.min(...values);
    }));
    const scale = reach / Math.max(points.length ** (1 / dimensions) - 1, 1) / longest;
    return points.map((point, k) => point.map((value, d) => value + scale * flow[k][d]));
  }

  function arrows(points, flow) {
    const look = { name: "flow", hoverinfo: "skip", showlegend: false };
    const ends = tips(points, flow);
    const line = { ...look, type: kind, mode: "lines", opacity: 0.7,
      line: { color: style("--muted"), width: solid ? 2 : 1 } };
    const rows = [];
    points.forEach((point, k) => {
      const along = ends[k].map((value, d) => value - point[d]);
      const barb = (side) => [
        ends[k][0] - 0.3 * along[0] - side * 0.15 * along[1],
        ends[k][1] - 0.3 * along[1] + side * 0.15 * along[0]];
      const gap = names.map(() => null);
      rows.push(point, ends[k], gap);
      if (!solid) rows.push(barb(1), ends[k], barb(-1), gap);
    });
    if (!solid) return [{ ...line, ...places(rows) }];
    const grey = style("--muted");
    const [u, v, w] = [0, 1, 2].map((d) => ends.map((end, k) => 0.35 * (end[d] - points[k][d])));
    const heads = { ...look, type: "cone", ...places(ends), u, v, w, anchor: "tip",
      sizemode: "raw", sizeref: 1, showscale: false, opacity: 0.7,
      colorscale: [[0, grey], [1, grey]] };
    return [{ ...line, ...places(rows) }, heads];
  }

  function mapTraces() {
    const context = contexts ? contexts.value : "";
    const here = (one) => context === "all" || one.context === context;
    const traces = [];
    for (const { points, flow } of data.flows.filter((one) => one.context === context)) {
      traces.push(...arrows(points, flow));
    }
    for (const stable of [true, false]) {
      const found = data.points.filter((point) => point.stable === stable && here(point));
      if (!found.length) continue;
      const title = stable ? "stable" : "unstable";
      traces.push({ type: kind, mode: "markers", name: `${title} point`,
        ...places(found.map((point) => point.place)),
        text: found.map((point) => `${title} point, ${point.context}`),
        hovertemplate: `%{text}<br>${hover}<extra></extra>`,
        marker: { symbol: stable ? "diamond" : "diamond-open", size: solid ? 6 : 11,
          color: style("--text"), line: { color: style("--text"), width: 2 } } });
    }
    return traces;
  }

  function spaceTraces() {
    const courses = shown();
    const whole = courses.map((course) => ({ type: kind, mode: "lines", showlegend: false,
      ...until(course, data.times.length), opacity: 0.3,
      line: { color: colourOf(course.condition), width: solid ? 3 : 1.5 }, hoverinfo: "skip" }));
    const past = courses.map((course) => ({ type: kind, mode: "lines", name: course.condition,
      ...until(course, step()), text: data.times.map((t) => `${t} ms`),
      line: { color: colourOf(course.condition), width: solid ? 6 : 3 },
      hovertemplate: `%{text}<br>${hover}<extra>${course.condition}</extra>` }));
    const heads = { type: kind, mode: "markers", showlegend: false, hoverinfo: "skip",
      ...places(courses.map((course) => course.path.map((row) => row[step()]))),
      marker: { size: solid ? 6 : 11, color: courses.map((c) => colourOf(c.condition)),
        line: { color: style("--surface"), width: 1 } } };
    return [...whole, ...past, heads, ...mapTraces()];
  }

  const axis = (title) => ({ title: { text: title }, color: style("--muted"),
    gridcolor: style("--faint"), zerolinecolor: style("--faint"), linecolor: style("--muted") });

  const layout = () => ({
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: style("--text"), size: 12, family: "system-ui, sans-serif" },
    hoverlabel: { bgcolor: style("--surface"), font: { color: style("--text") } },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: style("--muted"), activecolor: style("--text"),
      orientation: "v" },
    uirevision: "kept",
  });

  function spaceLayout() {
    const base = { ...layout(), margin: { l: 0, r: 0, t: 8, b: 0 },
      legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom" } };
    if (!solid) {
      return { ...base, margin: { l: 55, r: 10, t: 8, b: 45 },
        xaxis: axis(data.axes[0]), yaxis: axis(data.axes[1]) };
    }
    const axes = Object.fromEntries(data.axes.map((title, d) => [`${names[d]}axis`, axis(title)]));
    return { ...base, scene: { ...axes, aspectmode: "cube", dragmode: "turntable",
      camera: { eye: { x: 1.45, y: 1.45, z: 0.9 }, center: { x: 0, y: 0, z: -0.15 } },
      uirevision: "kept", bgcolor: "rgba(0,0,0,0)" } };
  }

  function courseTraces() {
    const traces = [];
    const single = choice.value !== "";
    for (const course of shown()) {
      const colour = colourOf(course.condition);
      const extra = `<extra>${course.condition}</extra>`;
      if (single) {
        const [times, rows] = course.spikes;
        traces.push({ type: "scatter", mode: "markers", x: times, y: rows, yaxis: "y2",
          showlegend: false, hovertemplate: "%{x} ms, neuron %{y} of the order<extra></extra>",
          marker: { symbol: "line-ns-open", size: 4, color: style("--text"),
            line: { width: 1, color: style("--text") } } });
      } else {
        traces.push({ type: "scatter", mode: "lines", x: data.times, y: course.rate, yaxis: "y2",
          showlegend: false, line: { color: colour, width: 1.5 },
          hovertemplate: `%{x} ms<br>%{y} Hz${extra}` });
      }
      const lines = [[course.output, "solid", 1], [course.target, "dash", 0.7]];
      for (const [rows, dash, opacity] of lines) {
        rows.forEach((values, o) => traces.push({ type: "scatter", mode: "lines", x: data.times,
          y: values, showlegend: false, opacity, line: { color: colour, width: 1.5, dash },
          hovertemplate: `%{x} ms<br>${dash === "dash" ? "target" : "output"} ${o + 1}: %{y}${extra}` }));
      }
    }
    return traces;
  }

  function courseLayout() {
    const single = choice.value !== "";
    const last = data.times[data.times.length - 1];
    shapes = data.epochs.map(([, start, end], k) => ({ type: "rect", xref: "x", yref: "paper",
      x0: start, x1: end, y0: 0, y1: 1, line: { width: 0 }, layer: "below",
      fillcolor: style("--muted"), opacity: k % 2 ? 0.06 : 0.12 }));
    const now = data.times[step()];
    shapes.push({ type: "line", xref: "x", yref: "paper", x0: now, x1: now, y0: 0, y1: 1,
      line: { color: style("--accent"), width: 2 } });
    const annotations = data.epochs.map(([name, start, end]) => ({ text: name, xref: "x",
      yref: "paper", x: (start + end) / 2, y: 1, yanchor: "bottom", showarrow: false,
      font: { size: 11, color: style("--muted") } }));
    const output = shown().some((course) => course.output.length);
    const top = single ? { range: [-1, data.neurons] } : { rangemode: "tozero" };
    return { ...layout(), margin: { l: 55, r: 10, t: 20, b: 45 }, shapes, annotations,
      uirevision: choice.value,
      xaxis: { ...axis("time [ms]"), range: [0, last], zeroline: false },
      yaxis: { ...axis("output"), domain: output ? [0, 0.4] : [0, 0.001], visible: output },
      yaxis2: { ...axis(single ? "neuron, by rate" : "rate [Hz]"), zeroline: false,
        domain: output ? [0.47, 1] : [0, 1], ...top } };
  }

  const buttons = (...names) => ({ displaylogo: false, responsive: true, displayModeBar: true,
    modeBarButtons: [names] });

  function say() {
    const now = data.times[step()];
    const epoch = data.epochs.find(([, start, end]) => now > start && now <= end);
    element("-now").textContent = `${Math.round(now)} ms${epoch ? `, ${epoch[0]}` : ""}`;
    slider.setAttribute("aria-valuetext", element("-now").textContent);
  }

  function draw() {
    say();
    Plotly.react(space, spaceTraces(), spaceLayout(),
      buttons("toImage", solid ? "resetCameraDefault3d" : "resetScale2d"));
    Plotly.react(plot, courseTraces(), courseLayout(), buttons("toImage", "resetScale2d"));
  }

  let waiting = false;
  function move() {
    say();
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      const courses = shown();
      const passed = courses.map((course) => until(course, step()));
      const heads = places(courses.map((course) => course.path.map((row) => row[step()])));
      const changed = Object.fromEntries(
        names.map((name) => [name, [...passed.map((own) => own[name]), heads[name]]]));
      Plotly.restyle(space, changed, [...courses, 0].map((_, k) => courses.length + k));
      const now = data.times[step()];
      const cursor = `shapes[${shapes.length - 1}]`;
      Plotly.relayout(plot, { [`${cursor}.x0`]: now, [`${cursor}.x1`]: now });
    });
  }

  let playing = 0;
  function play() {
    const button = element("-play");
    if (playing) {
      clearInterval(playing);
      playing = 0;
    } else {
      if (step() >= Number(slider.max)) slider.value = 0;
      playing = setInterval(() => {
        slider.value = step() + Math.max(1, Math.round(data.times.length / 150));
        move();
        if (step() >= Number(slider.max)) play();
      }, 60);
    }
    button.textContent = playing ? "Pause" : "Play";
    button.setAttribute("aria-pressed", String(Boolean(playing)));
  }

  function offerContexts() {
    if (!contexts) return;
    const all = new Set([...data.points, ...data.flows].map((one) => one.context));
    const option = (value, text) => contexts.append(new Option(text, value));
    if (data.points.length) option("all", "fixed points of all contexts");
    for (const context of all) option(context, context);
    option("", "none");
    contexts.addEventListener("change", draw);
  }

  async function start() {
    const code = document.createElement("script");
    code.textContent = await window.unpacked(document.getElementById("plotly").textContent.trim());
    document.head.append(code);
    offerContexts();
    choice.addEventListener("change", draw);
    slider.addEventListener("input", move);
    element("-play").addEventListener("click", play);
    dark.addEventListener("change", draw);
    draw();
    box.dataset.ready = "true";
  }

  const canvas = document.createElement("canvas");
  const able = window.DecompressionStream && (!solid || canvas.getContext("webgl"));
  if (!able) return;
  box.hidden = false;
  // Plotly is large: it is unpacked when the reader comes near.
  const watch = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watch.disconnect();
    start();
  }, { rootMargin: "1500px" });
  watch.observe(box);
})();
