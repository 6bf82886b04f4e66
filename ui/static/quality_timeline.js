// The linked charts of one run: quality and its parts, frames a second, text, risk, over one time.

import { h } from "./films_dom.js";
import { between, drawing, MEASURES, palette, PLOTLY, roleOf, valueAt } from "./quality_format.js";
import { clock, STEPS_S } from "./time_axis.js";

const PANELS = [
  { name: "quality", lines: ["quality", "sharpness", "brightness", "noise"], height: 176 },
  { name: "fps", lines: ["fps"], height: 72 },
  { name: "ocr", lines: ["ocr"], height: 72 },
  { name: "risk", lines: ["risk", "risk_now"], height: 72 },
];
const GAP = 30;
const LANE = 20;
const MOST_LANES = 3;
const LEFT = 42;
const RIGHT = 10;
const BOTTOM = 42;
const SETTLE_MS = 140;

export class Timeline {
  /** `page` has t and language; `run` is what the server says; `on` takes moment and range. */
  constructor(page, run, on) {
    this.page = page;
    this.on = on;
    this.byClock = false;
    this.range = null;
    this.pointed = null;
    this.build();
    this.take(run);
    this.select(run.start_s);
    new ResizeObserver(() => this.draw()).observe(this.plot);
  }

  build() {
    const { t } = this.page;
    this.legend = h("ul", { class: "fmq-legend" });
    this.toggle = h("div", { class: "fmq-segments", role: "group", "aria-label": t("quality.axis") },
      ["media", "clock"].map((name) => h("button", {
        type: "button", title: t(`quality.axis_${name}_tip`), data: { axis: name },
        "aria-pressed": name === "media", on: { click: () => this.setAxis(name === "clock") },
      }, t(`quality.axis_${name}`))));
    const zoom = (name, sign, act) => h("button", {
      type: "button", class: "fmq-square", title: t(`quality.${name}`), "aria-label": t(`quality.${name}`),
      data: { do: name }, on: { click: act },
    }, sign);
    this.tools = h("div", { class: "fmq-tools" }, this.toggle, h("div", { class: "fmq-zoom" },
      zoom("zoom_in", "+", () => this.scale(0.5)), zoom("zoom_out", "−", () => this.scale(2)),
      zoom("zoom_all", t("quality.all"), () => this.show(null))));
    this.plot = h("div", { class: "fmq-plot", "aria-hidden": "true" });
    this.head = h("i", { class: "fmq-head", "aria-hidden": "true" });
    this.slider = h("input", {
      type: "range", class: "fmq-slider", "aria-label": t("quality.moment"), title: t("quality.moment_tip"),
      on: { input: () => this.on.moment(Number(this.slider.value), true) },
    });
    this.time = h("output", { class: "fmq-time" });
    this.absent = h("ul", { class: "fmq-absent" });
    this.element = h("div", { class: "fmq-timeline" },
      h("div", { class: "fmq-bar" }, this.legend, this.tools),
      h("div", { class: "fmq-canvas" }, this.plot, this.head),
      h("div", { class: "fmq-moment" }, h("span", {}, t("quality.moment")), this.slider, this.time),
      this.absent);
  }

  /** Take what the server says of the run by now. */
  take(run) {
    const { t } = this.page;
    this.run = run;
    this.lines = run.lines;
    this.fetched = null;
    this.panels = PANELS.filter((panel) => panel.lines.some((name) => run.lines[name]));
    this.readouts = new Map();
    this.legend.replaceChildren(...this.panels.flatMap((panel) => panel.lines).filter((name) => run.lines[name]).map((name) => {
      const value = h("b", {}, "–");
      this.readouts.set(name, value);
      return h("li", { title: t(`quality.tip_${name}`), class: `fmq-key fmq-key-${name}` },
        h("i", { style: `--colour:var(--fm-${MEASURES[name].role})`, "aria-hidden": "true" }), h("span", {}, t(`quality.line_${name}`)), value,
        h("small", {}, t(`quality.unit_${name}`)));
    }));
    const missing = PANELS.filter((panel) => !panel.lines.some((name) => run.lines[name]));
    const sentences = missing.map((panel) => t(`quality.absent_${panel.name}`));
    if (!run.wall) sentences.push(t("quality.absent_clock"));
    if (!run.wall) this.byClock = false;
    this.toggle.lastChild.disabled = !run.wall;
    this.absent.replaceChildren(...sentences.map((words) => h("li", {}, words)));
    const { start_s: start, end_s: end } = run;
    Object.assign(this.slider, { min: start, max: Math.max(start, end), step: Math.max(0.001, (end - start) / 2000) });
    this.draw();
  }

  get full() {
    const { start_s: start, end_s: end } = this.run;
    return [start, end > start ? end : start + 1];
  }

  get shown() {
    return this.range || this.full;
  }

  /** Place on the axis of a media time; by the clock, seconds of local time. */
  x(time) {
    const { wall } = this.run;
    return this.byClock && wall ? between(wall.t, wall.wall, time) - this.offset : time;
  }

  media(x) {
    const { wall } = this.run;
    return this.byClock && wall ? between(wall.wall, wall.t, x + this.offset) : x;
  }

  get offset() {
    return new Date(this.run.wall.wall[0] * 1000).getTimezoneOffset() * 60;
  }

  setAxis(byClock) {
    this.byClock = byClock;
    for (const button of this.toggle.children) {
      button.setAttribute("aria-pressed", String((button.dataset.axis === "clock") === byClock));
    }
    this.draw();
  }

  select(time) {
    this.moment = Math.min(Math.max(time, this.full[0]), this.full[1]);
    this.slider.value = this.moment;
    this.tell();
  }

  /** Write the values of the moment pointed at, or else of the one selected. */
  tell() {
    const time = this.pointed ?? this.moment;
    const reach = Math.max(1.5, (this.shown[1] - this.shown[0]) / 200);
    const said = [];
    for (const [name, target] of this.readouts) {
      const value = valueAt(this.lines[name], time, reach);
      target.textContent = value === null ? "–" : MEASURES[name].write(value);
      said.push(`${this.page.t(`quality.line_${name}`)} ${target.textContent}`);
    }
    const exact = this.full[1] - this.full[0] < 7200;
    this.time.textContent = this.byClock ? this.hour(this.x(time), true) : clock(time, exact);
    this.slider.setAttribute("aria-valuetext", `${this.time.textContent}. ${said.join(", ")}`);
    this.placeHead();
  }

  placeHead() {
    const [from, to] = this.shown.map((time) => this.x(time));
    const share = (this.x(this.moment) - from) / (to - from);
    const width = this.plot.clientWidth - LEFT - RIGHT;
    this.head.hidden = !this.height || share < 0 || share > 1;
    this.head.style.transform = `translateX(${(LEFT + share * width).toFixed(1)}px)`;
    this.head.style.height = `${Math.max(0, (this.height || 0) - BOTTOM)}px`;
  }

  scale(factor) {
    const [from, to] = this.shown;
    const half = ((to - from) / 2) * factor;
    const inside = this.moment > from && this.moment < to;
    const middle = inside ? this.moment : (from + to) / 2;
    const [start, end] = this.full;
    if (half * 2 >= end - start) this.show(null);
    else {
      const left = Math.min(Math.max(start, middle - half), end - 2 * half);
      this.show([left, left + 2 * half]);
    }
  }

  /** Show a stretch of media time, or all of it. */
  show(range, byHand = true) {
    this.range = range && range[1] - range[0] > 0.05 ? range : null;
    this.draw();
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.refine(), SETTLE_MS);
    if (byHand) this.on.range(this.range);
  }

  /** Ask for the rows that the thinned lines left out. */
  async refine() {
    if (!this.range || !this.run.thinned) {
      if (this.lines !== this.run.lines) {
        this.lines = this.run.lines;
        this.draw();
      }
      return;
    }
    const wanted = this.range;
    const answer = await this.on.zoom(wanted);
    if (answer?.lines && this.range === wanted) {
      this.lines = answer.lines;
      this.draw();
    }
  }

  hour(x, exact) {
    const moment = new Date(x * 1000);
    return moment.toISOString().slice(11, exact ? 19 : 16);
  }

  ticks([from, to]) {
    const room = Math.max(2, Math.floor((this.plot.clientWidth - LEFT - RIGHT) / 76));
    const step = STEPS_S.find((candidate) => (to - from) / candidate <= room) || 86400 * Math.ceil((to - from) / 86400 / room);
    const places = [];
    for (let tick = Math.ceil(from / step) * step; tick <= to + 1e-9; tick += step) places.push(tick);
    const words = places.map((place) => (this.byClock ? this.hour(place, step < 60) : clock(place, step < 1)));
    return { tickvals: places, ticktext: words };
  }

  /** Incidents that a screen can tell apart, those of a kind joined where they touch. */
  bands([from, to]) {
    const pixel = (to - from) / Math.max(1, this.plot.clientWidth - LEFT - RIGHT);
    const last = new Map();
    const joined = [];
    this.run.incidents.forEach((incident, index) => {
      const [start, end] = [this.x(incident.onset_s), this.x(Math.max(incident.onset_s, incident.end_s))];
      if (end < from || start > to) return;
      const before = last.get(incident.kind);
      if (before && start - before.end < 2 * pixel) {
        before.end = Math.max(before.end, end);
        return;
      }
      const band = { kind: incident.kind, number: index + 1, start, end };
      last.set(incident.kind, band);
      joined.push(band);
    });
    // Those that hold at the same time stand below each other.
    const ends = [];
    for (const band of joined) {
      let row = ends.findIndex((end) => end + pixel <= band.start);
      if (row < 0) row = ends.length < MOST_LANES ? ends.length : MOST_LANES - 1;
      band.row = row;
      ends[row] = Math.max(ends[row] ?? band.end, band.end);
    }
    for (const band of joined) band.width = (Math.min(band.end, to) - Math.max(band.start, from)) / pixel;
    return joined;
  }

  async draw() {
    const width = Math.floor(this.plot.clientWidth);
    if (!width || !this.panels) return;
    this.drawn = (this.drawn || 0) + 1;
    const turn = this.drawn;
    let Plotly;
    try {
      Plotly = await drawing();
    } catch {
      this.plot.textContent = this.page.t("quality.no_charts");
      return;
    }
    // Behind another tab nothing has a size; it is drawn once it is seen.
    if (turn !== this.drawn || !this.plot.isConnected || !this.plot.clientWidth) return;
    const first = !this.height;
    const { traces, layout } = this.figure(width);
    this.height = layout.height;
    await Plotly.react(this.plot, traces, layout, PLOTLY);
    if (first) this.listen();
    this.tell();
  }

  figure(width) {
    const { t } = this.page;
    const colour = palette(this.element);
    const range = this.shown.map((time) => this.x(time));
    const bands = this.bands(range);
    const lanes = this.run.incidents.length ? Math.max(1, ...bands.map((band) => band.row + 1)) : 0;
    const lane = LANE * lanes;
    const inner = lane + this.panels.reduce((sum, panel) => sum + panel.height + GAP, 0);
    const font = { family: getComputedStyle(this.element).fontFamily, size: 12, color: colour("soft") };
    const last = `y${this.panels.length > 1 ? this.panels.length : ""}`;
    const layout = {
      width, height: inner + BOTTOM, font,
      margin: { l: LEFT, r: RIGHT, t: 0, b: BOTTOM, pad: 0 },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      showlegend: false, hovermode: "x", hoverdistance: -1, spikedistance: -1,
      dragmode: window.matchMedia("(pointer: coarse)").matches ? false : "zoom",
      xaxis: {
        range, anchor: last, showgrid: false, zeroline: false, linecolor: colour("line"), showline: true,
        ticks: "outside", tickcolor: colour("line"), tickmode: "array", ...this.ticks(range),
        showspikes: true, spikemode: "across", spikesnap: "cursor", spikethickness: 1, spikedash: "dot",
        spikecolor: colour("accent"),
        title: { text: this.byClock ? t("quality.axis_clock_title", { day: new Date(range[0] * 1000).toISOString().slice(0, 10) }) : t("quality.axis_media_title"), standoff: 6, font },
      },
      shapes: [], annotations: [],
    };
    const traces = [];
    let top = lane;
    this.panels.forEach((panel, index) => {
      const id = index ? `y${index + 1}` : "y";
      top += GAP;
      const domain = [1 - (top + panel.height) / inner, 1 - top / inner];
      const present = panel.lines.filter((name) => this.run.lines[name]);
      const share = panel.name === "risk";
      const most = panel.name === "fps" ? Math.max(1, ...this.run.lines.fps.v.filter((value) => value !== null)) * 1.1 : 1;
      layout[index ? `yaxis${index + 1}` : "yaxis"] = {
        domain, range: [0, most], fixedrange: true, zeroline: false, gridcolor: colour("line"),
        tickfont: { size: 11, color: colour("soft") },
        ...(panel.name === "fps" ? { nticks: 4 } : { tickmode: "array", tickvals: [0, 0.5, 1], ticktext: share ? ["0 %", "50 %", "100 %"] : ["0.0", "0.5", "1.0"] }),
      };
      layout.annotations.push({
        xref: "paper", yref: "paper", x: 0, y: domain[1], xanchor: "left", yanchor: "bottom", showarrow: false,
        yshift: 4, text: t(`quality.panel_${panel.name}`), font: { size: 12, color: colour("soft") },
      });
      // The first, the one that counts, is drawn last and so on top.
      for (const name of [...present].reverse()) {
        const line = this.lines[name] || { t: [], v: [] };
        traces.push({
          type: "scatter", mode: line.t.length > 1 ? "lines" : "markers", name,
          x: line.t.map((time) => this.x(time)), y: line.v, yaxis: id, connectgaps: false, hoverinfo: "none",
          line: { color: colour(MEASURES[name].role), width: MEASURES[name].width || 1.5, dash: MEASURES[name].dash, simplify: false },
        });
      }
      if (panel.name === "quality") {
        const limit = this.run.threshold;
        layout.shapes.push({ type: "line", xref: "paper", x0: 0, x1: 1, yref: id, y0: limit, y1: limit, line: { color: colour("poor"), width: 1, dash: "5px,4px" } });
      }
      top += panel.height;
    });
    const bandTop = 1 - lane / inner;
    for (const band of bands) {
      const role = roleOf(band.kind);
      const place = { type: "rect", xref: "x", yref: "paper", x0: band.start, x1: band.end };
      layout.shapes.push({ ...place, y0: 0, y1: bandTop, layer: "below", fillcolor: colour(role, 0.13), line: { width: 0 } });
      const top = 1 - (band.row * LANE) / inner;
      layout.shapes.push({ ...place, y0: top - (LANE - 3) / inner, y1: top, fillcolor: colour(role, 0.3), line: { color: colour(role), width: 1 } });
      const words = this.page.kind(band.kind);
      const long = [...words].reduce((sum, letter) => sum + (letter > "\u1100" ? 12 : 6.6), 8);
      const text = band.width >= long ? words : band.width >= 12 ? String(band.number) : "";
      if (text) {
        layout.annotations.push({
          xref: "x", yref: "paper", x: (Math.max(band.start, range[0]) + Math.min(band.end, range[1])) / 2, y: top, yanchor: "top", showarrow: false,
          yshift: 1, borderpad: 0, text, font: { size: 11.5, color: colour("ink") },
        });
      }
    }
    return { traces, layout };
  }

  listen() {
    this.plot.on("plotly_hover", (event) => {
      const x = event.xvals?.[0];
      if (x === undefined) return;
      this.pointed = this.media(x);
      this.tell();
    });
    this.plot.on("plotly_unhover", () => {
      this.pointed = null;
      this.tell();
    });
    this.plot.on("plotly_click", () => {
      if (this.pointed !== null) this.on.moment(this.pointed, true);
    });
    this.plot.on("plotly_doubleclick", () => this.show(null));
    this.plot.on("plotly_relayout", (change) => {
      const from = change["xaxis.range[0]"];
      const to = change["xaxis.range[1]"];
      if (from === undefined || to === undefined) return;
      const [start, end] = this.full;
      this.show([Math.max(start, this.media(from)), Math.min(end, this.media(to))]);
    });
  }
}
