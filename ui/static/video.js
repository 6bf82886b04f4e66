// The results of the Video tab: charts on media time, and what a click on them does.
//
// Python writes the numbers and the words into data attributes (ui/video_results.py);
// here they become SVG that follows the width of the page and the colours of its theme.

import { clock, STEPS_S } from "./time_axis.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDE = { left: 78, right: 48 };
const NARROW = { left: 72, right: 46 };
const TOP = 24;
const BOTTOM = 26;
const LINES_HEIGHT = 170;
const TRUST_HEIGHT = 110;
const ROW_HEIGHT = 30;
// A dash for each line, so that it is told apart without its colour.
const DASHES = { quality: "", sharpness: "7 3", brightness: "2 3", noise: "9 3 2 3", trust: "" };

const margins = (width) => (width < 420 ? NARROW : WIDE);
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

function svg(name, attributes = {}, parent = null, words = null) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (words !== null) node.textContent = words;
  if (parent) parent.append(node);
  return node;
}

function html(name, className, parent, words = null) {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (words !== null) node.textContent = words;
  if (parent) parent.append(node);
  return node;
}

// Value of a thinned line at a moment: the nearest point, or null where the line is broken.
function valueAt(series, time) {
  const times = series.t;
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  const before = Math.max(0, low - 1);
  const nearest = time - times[before] < times[low] - time ? before : low;
  if (series.v[nearest] !== null) {
    const gap = series.v[before] === null && time > times[before] && time < times[low];
    return gap ? null : series.v[nearest];
  }
  return null;
}

function path(series, x, y) {
  let drawn = "";
  let pen = "M";
  series.t.forEach((time, index) => {
    const value = series.v[index];
    if (value === null) {
      pen = "M";
      return;
    }
    drawn += `${pen}${x(time).toFixed(1)} ${y(clamp(value, 0, 1)).toFixed(1)}`;
    pen = "L";
  });
  return drawn;
}

// The same line closed down to its base, run by run, so that a gap stays empty.
function area(series, x, y) {
  let drawn = "";
  let run = [];
  const close = () => {
    if (run.length) {
      const points = run.map(([time, value]) => `L${x(time).toFixed(1)} ${y(value).toFixed(1)}`);
      const first = x(run[0][0]).toFixed(1);
      const last = x(run[run.length - 1][0]).toFixed(1);
      drawn += `M${first} ${y(0)}${points.join("")}L${last} ${y(0)}Z`;
    }
    run = [];
  };
  series.t.forEach((time, index) => {
    const value = series.v[index];
    if (value === null) close();
    else run.push([time, clamp(value, 0, 1)]);
  });
  close();
  return drawn;
}

class Panel {
  constructor(board, kind, series) {
    this.board = board;
    this.kind = kind;
    this.series = series;
    const words = board.words;
    const card = html("figure", "fm-card fmv-panel", board.section);
    card.dataset.panel = kind;
    const head = html("figcaption", "", card);
    const title = html("h3", "", head, words[`chart_${kind}`]);
    title.title = words[`chart_${kind}_tip`];
    html("p", "fm-soft", head, words[`chart_${kind}_tip`]);
    if (kind !== "emotions") this.legend(card);
    this.plot = html("div", "fmv-plot", card);
    this.plot.tabIndex = 0;
    this.plot.setAttribute("role", "slider");
    this.plot.setAttribute(
      "aria-label", `${words[`chart_${kind}`]}. ${words.chart_position}`);
    this.plot.setAttribute("aria-valuemin", "0");
    this.plot.setAttribute("aria-valuemax", board.duration.toFixed(2));
    this.listen();
  }

  legend(card) {
    const row = html("div", "fmv-legend", card);
    this.readouts = new Map();
    for (const { key } of this.series) {
      const entry = html("span", "", row);
      const sign = svg("svg", { width: 26, height: 10, "aria-hidden": "true" }, entry);
      svg("line", {
        x1: 0, x2: 26, y1: 5, y2: 5, class: `fmv-line fmv-line-${key}`,
        "stroke-dasharray": DASHES[key],
      }, sign);
      html("span", "", entry, this.board.words[key]);
      this.readouts.set(key, html("b", "", entry, "–"));
    }
    if (this.kind === "quality") {
      const entry = html("span", "", row);
      const sign = svg("svg", { width: 26, height: 10, "aria-hidden": "true" }, entry);
      svg("line", { x1: 0, x2: 26, y1: 5, y2: 5, class: "fmv-threshold" }, sign);
      html("span", "", entry, this.board.words.threshold);
      html("b", "", entry, this.board.threshold.toFixed(2));
    }
    for (const kind of new Set(this.board.stretches.map((mark) => mark.kind))) {
      const entry = html("span", "", row);
      const mark = html("i", `fmv-mark fmv-${kind}`, entry);
      mark.setAttribute("aria-hidden", "true");
      mark.setAttribute("style", kindStyle(kind));
      html("span", "", entry, this.board.words[`incident_${kind}`]);
    }
  }

  listen() {
    const at = (event) => {
      const box = this.plot.getBoundingClientRect();
      const { left, right } = margins(box.width);
      const share = (event.clientX - box.left - left) / Math.max(1, box.width - left - right);
      return clamp(share, 0, 1) * this.board.duration;
    };
    this.plot.addEventListener("click", (event) => this.board.seek(at(event)));
    this.plot.addEventListener("pointermove", (event) => this.board.point(at(event)));
    this.plot.addEventListener("pointerleave", () => this.board.point(null));
    this.plot.addEventListener("keydown", (event) => {
      const { duration, time } = this.board;
      const step = Math.max(0.2, duration / 100);
      const target = {
        ArrowRight: time + step,
        ArrowUp: time + step,
        ArrowLeft: time - step,
        ArrowDown: time - step,
        PageUp: time + duration / 10,
        PageDown: time - duration / 10,
        Home: 0,
        End: duration,
      }[event.key];
      if (target === undefined) return;
      event.preventDefault();
      this.board.seek(clamp(target, 0, duration));
    });
  }

  draw(width) {
    const { duration, words, stretches } = this.board;
    const rows = this.kind === "emotions";
    const inner = rows
      ? this.series.length * ROW_HEIGHT
      : this.kind === "trust" ? TRUST_HEIGHT : LINES_HEIGHT;
    const height = TOP + inner + BOTTOM + 16;
    this.left = margins(width).left;
    const { left } = this;
    const right = width - margins(width).right;
    const x = (time) => left + (right - left) * (duration > 0 ? time / duration : 0);
    this.x = x;
    const root = svg("svg", {
      width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", class: "fmv-svg",
    });
    hatch(root, this.kind);
    for (const mark of stretches) {
      const start = x(mark.start_s);
      svg("rect", {
        x: start, y: TOP, width: Math.max(2, x(mark.end_s) - start), height: inner,
        class: `fmv-band fmv-band-${mark.kind}`,
        style: kindStyle(mark.kind) + (mark.kind === "freeze" ? `;fill:url(#fmv-hatch-${this.kind})` : ""),
      }, root);
    }
    if (rows) this.drawRows(root, x, right);
    else this.drawLines(root, x, right, inner);
    this.drawTime(root, x, right, TOP + inner);
    this.head = svg("line", { y1: TOP - 4, y2: TOP + inner, class: "fmv-head" }, root);
    this.cursor = svg("line", { y1: TOP - 4, y2: TOP + inner, class: "fmv-cursor" }, root);
    this.flag = svg("text", { y: TOP + inner + 13, class: "fmv-flag" }, root);
    svg("text", { x: 2, y: 11, class: "fmv-axis" }, root, words[`chart_${this.kind}_axis`]);
    this.plot.replaceChildren(root);
  }

  drawLines(root, x, right, inner) {
    const y = (value) => TOP + inner * (1 - value);
    for (const value of [0, 0.5, 1]) {
      svg("line", { x1: this.left, x2: right, y1: y(value), y2: y(value), class: "fmv-grid" }, root);
      svg("text", { x: this.left - 8, y: y(value) + 4, class: "fmv-tick fmv-end" }, root, value.toFixed(1));
    }
    if (this.kind === "quality") {
      const at = y(this.board.threshold);
      svg("line", { x1: this.left, x2: right, y1: at, y2: at, class: "fmv-threshold" }, root);
    }
    // The first, the score itself, is drawn last and so on top.
    for (const series of [...this.series].reverse()) {
      svg("path", {
        d: path(series, x, y), class: `fmv-line fmv-line-${series.key}`,
        "stroke-dasharray": DASHES[series.key],
      }, root);
    }
  }

  drawRows(root, x, right) {
    this.rowValues = new Map();
    this.series.forEach((series, index) => {
      const base = TOP + (index + 1) * ROW_HEIGHT - 4;
      const y = (value) => base - (ROW_HEIGHT - 8) * value;
      const colour = `var(--fm-${series.key})`;
      svg("line", { x1: this.left, x2: right, y1: base, y2: base, class: "fmv-grid" }, root);
      svg("path", { d: area(series, x, y), style: `fill:${colour}`, class: "fmv-area" }, root);
      svg("path", { d: path(series, x, y), style: `stroke:${colour}`, class: "fmv-line" }, root);
      svg("text", { x: this.left - 8, y: base - 2, class: "fmv-tick fmv-end fmv-row" }, root,
        this.board.words[series.key]);
      this.rowValues.set(series.key,
        svg("text", { x: right + 6, y: base - 2, class: "fmv-tick" }, root));
    });
  }

  drawTime(root, x, right, bottom) {
    const { duration, words } = this.board;
    const room = Math.max(2, Math.floor((right - this.left) / 72));
    const step = STEPS_S.find((candidate) => duration / candidate <= room) || STEPS_S.at(-1);
    svg("line", { x1: this.left, x2: right, y1: bottom, y2: bottom, class: "fmv-base" }, root);
    for (let time = 0; time <= duration + 1e-6; time += step) {
      const at = x(time);
      svg("line", { x1: at, x2: at, y1: bottom, y2: bottom + 4, class: "fmv-base" }, root);
      svg("text", {
        x: at, y: bottom + 17,
        class: "fmv-tick fmv-middle",
      }, root, clock(time, step < 1));
    }
    const format = duration >= 3600 ? words.chart_hours : words.chart_minutes;
    svg("text", { x: right, y: bottom + 38, class: "fmv-axis fmv-end" }, root,
      words.chart_time.replace("{format}", format));
  }

  show(time, pointed) {
    if (!this.head) return;
    const place = (line, at) => {
      line.setAttribute("x1", at);
      line.setAttribute("x2", at);
    };
    place(this.head, this.x(time));
    this.cursor.style.display = this.flag.style.display = pointed === null ? "none" : "";
    const shown = pointed === null ? time : pointed;
    if (pointed !== null) {
      const at = this.x(pointed);
      place(this.cursor, at);
      this.flag.setAttribute("x", at);
      this.flag.textContent = clock(pointed, true);
      this.flag.style.textAnchor = at > this.plot.clientWidth - 40 ? "end" : "middle";
    }
    const said = [];
    for (const series of this.series) {
      const value = valueAt(series, shown);
      const percent = this.kind === "emotions";
      const words = value === null
        ? "–"
        : percent ? `${Math.round(value * 100)} %` : value.toFixed(2);
      const target = (percent ? this.rowValues : this.readouts)?.get(series.key);
      if (target) target.textContent = words;
      said.push(`${this.board.words[series.key]} ${words}`);
    }
    this.plot.setAttribute("aria-valuenow", time.toFixed(2));
    this.plot.setAttribute("aria-valuetext", `${clock(time, true)}. ${said.join(", ")}`);
  }
}

const kindStyle = (kind) => `--kind:var(--fm-incident-${kind}, var(--fm-poor))`;

function hatch(root, kind) {
  const pattern = svg("pattern", {
    id: `fmv-hatch-${kind}`, width: 7, height: 7, patternUnits: "userSpaceOnUse",
    patternTransform: "rotate(45)",
  }, svg("defs", {}, root));
  svg("rect", { width: 2.5, height: 7, class: "fmv-hatch" }, pattern);
}

class Board {
  constructor(section) {
    const numbers = JSON.parse(section.dataset.charts);
    this.section = section;
    this.words = JSON.parse(section.dataset.words);
    this.duration = numbers.duration_s;
    this.threshold = numbers.threshold;
    this.stretches = numbers.stretches;
    this.time = 0;
    this.pointed = null;
    section.replaceChildren();
    if (this.words.chart_hint) html("p", "fm-soft", section, this.words.chart_hint);
    this.panels = ["quality", "emotions", "trust"]
      .filter((kind) => numbers[kind].length)
      .map((kind) => new Panel(this, kind, numbers[kind]));
    this.width = 0;
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(section);
    this.draw();
  }

  draw() {
    const width = Math.floor(this.panels[0]?.plot.clientWidth || 0);
    // Zero while another tab is shown; drawn when this one comes back.
    if (!width || width === this.width) return;
    this.width = width;
    for (const panel of this.panels) panel.draw(width);
    this.show();
  }

  show() {
    for (const panel of this.panels) panel.show(this.time, this.pointed);
  }

  point(time) {
    this.pointed = time;
    this.show();
  }

  follow(time) {
    this.time = clamp(time, 0, this.duration);
    this.show();
  }

  seek(time) {
    this.follow(time);
    jump(time);
  }
}

const stage = () => document.querySelector("#fmv-stage");
const video = () => stage()?.querySelector("video[data-file]") || null;
let board = null;
let asked = false;
let watcher = null;

function jump(time) {
  const player = video();
  if (!player) return;
  const go = () => {
    // The very end shows nothing; the last frame does.
    player.currentTime = clamp(time, 0, Math.max(0, (player.duration || time) - 0.02));
  };
  if (player.readyState >= 1) go();
  else player.addEventListener("loadedmetadata", go, { once: true });
  asked = true;
  settle();
}

// A jump asked for further down the page shows itself: the player comes along in a corner.
function settle() {
  const screen = stage()?.querySelector(".fmv-screen");
  if (!screen) return;
  const float = asked && !screen.dataset.seen;
  screen.style.minHeight = float ? `${screen.offsetHeight}px` : "";
  screen.classList.toggle("fmv-floating", float);
  screen.querySelector(".fmv-close").hidden = !float;
}

function addressOf(file) {
  const path = file.split("/").map(encodeURIComponent).join("/");
  return window.framemood.asset(`gradio_api/file=${path}`).href;
}

function follow(player) {
  let frame = 0;
  const tick = () => {
    if (!player.isConnected) return;
    board?.follow(player.currentTime);
    frame = player.paused || player.ended ? 0 : requestAnimationFrame(tick);
  };
  const start = () => {
    if (!frame) frame = requestAnimationFrame(tick);
  };
  for (const name of ["play", "seeked", "timeupdate", "loadeddata"]) {
    player.addEventListener(name, start);
  }
}

// Called with the element of the stage whenever Python has written it anew.
export function mountStage(element) {
  watcher?.disconnect();
  asked = false;
  const player = element.querySelector("video[data-file]");
  if (!player) return;
  const screen = element.querySelector(".fmv-screen");
  player.addEventListener("error", () => {
    if (!player.isConnected) return;
    screen.querySelector("[data-gone]").hidden = false;
  });
  player.src = addressOf(player.dataset.file);
  follow(player);
  watcher = new IntersectionObserver(([entry]) => {
    if (entry.isIntersecting) screen.dataset.seen = "yes";
    else delete screen.dataset.seen;
    if (entry.isIntersecting) asked = false;
    settle();
  }, { threshold: 0.25 });
  watcher.observe(screen);
  screen.querySelector(".fmv-close").addEventListener("click", () => {
    asked = false;
    settle();
  });
  // On a phone the controls stand above: what was waited for is brought into view.
  const top = element.getBoundingClientRect().top;
  if (top > window.innerHeight * 0.8 || top < 0) {
    element.scrollIntoView({ block: "start", behavior: "auto" });
  }
}

// Called with the element of the details whenever Python has written it anew.
export function mountDetails(element) {
  board?.observer.disconnect();
  board = null;
  for (const link of element.querySelectorAll("a[data-file]")) {
    link.href = addressOf(link.dataset.file);
  }
  for (const button of element.querySelectorAll("[data-seek]")) {
    button.addEventListener("click", () => {
      const time = Number(button.dataset.seek);
      board?.follow(time);
      jump(time);
    });
  }
  const section = element.querySelector("[data-charts]");
  if (section) board = new Board(section);
}
