// Both phases of a session in time: a line for each emotion that is named.

import { h } from "./films_dom.js";

const WIDTH = 1000;
const HEIGHT = 200;
const BIN_S = 0.25;
const DASHES = ["", "7 7", "0.1 6"];
const SVG = "http://www.w3.org/2000/svg";

export function series({ verdict, record, emotions, t }) {
  const means = (name) => Math.max(...verdict.emotions[name].means.map((mean) => mean ?? 0));
  const named = verdict.primary_emotion
    ? [verdict.primary_emotion, ...verdict.secondary_emotions]
    : [...emotions].sort((a, b) => means(b) - means(a)).slice(0, 3);
  const phases = ["baseline", "stimulus"].map((name) => record.phases[name].frames);
  const lengths = phases.map((frames) => Math.max(1, frames.time_s.at(-1) ?? 0));
  const gap = WIDTH * 0.02;
  const scale = (WIDTH - gap) / (lengths[0] + lengths[1]);
  const offsets = [0, lengths[0] * scale + gap];
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", t("session.series_title"));
  const draw = (tag, attributes) => {
    const node = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    svg.append(node);
  };
  phases.forEach((_, at) => draw("rect", { class: "fms-span", x: offsets[at], y: 0, width: lengths[at] * scale, height: HEIGHT }));
  named.forEach((name, place) => {
    phases.forEach((frames, at) => {
      const path = binned(frames.time_s, frames[name])
        .map(([timeS, value, joins]) => `${joins ? "L" : "M"}${(offsets[at] + timeS * scale).toFixed(1)} ${(HEIGHT - 4 - value * (HEIGHT - 8)).toFixed(1)}h0`)
        .join("");
      if (path) draw("path", { class: "fms-line", d: path, style: `stroke:var(--fm-${name})`, "stroke-dasharray": DASHES[place] });
    });
  });
  const key = (name, place) => {
    const sign = document.createElementNS(SVG, "svg");
    sign.setAttribute("viewBox", "0 0 24 8");
    sign.setAttribute("aria-hidden", "true");
    sign.innerHTML = `<path d="M1 4H23" style="stroke:var(--fm-${name})" stroke-width="2.5" stroke-dasharray="${DASHES[place]}"></path>`;
    return h("span", { class: "fms-key" }, sign, t(`common.${name}`));
  };
  return h(
    "div",
    { class: "fms-series" },
    h("p", { class: "fms-legend" }, named.map(key)),
    h("div", { class: "fms-plot" }, h("span", { class: "fms-tick" }, "100 %"), svg, h("span", { class: "fms-tick fms-tick-low" }, "0 %")),
    h(
      "p",
      { class: "fms-axis" },
      ["before", "after"].map((name, at) => {
        const part = h("span", {}, t("session.span", { name: t(`session.${name}`), seconds: lengths[at].toFixed(0) }));
        part.style.width = `${(100 * lengths[at]) / (lengths[0] + lengths[1])}%`;
        return part;
      }),
    ),
  );
}

// Means of quarter seconds: [time, value, whether it joins the one before].
function binned(times, values) {
  const bins = new Map();
  times.forEach((timeS, at) => {
    const value = values[at];
    if (value === null || value === undefined) return;
    const number = Math.floor(timeS / BIN_S);
    const bin = bins.get(number) ?? { sum: 0, count: 0 };
    bin.sum += value;
    bin.count++;
    bins.set(number, bin);
  });
  // Frames that come seldom leave steps empty; a face that was lost leaves more.
  const farthest = Math.max(2, Math.ceil((2.5 * usualStep(times)) / BIN_S));
  let before = null;
  return [...bins].map(([number, { sum, count }]) => {
    const joins = before !== null && number - before <= farthest;
    before = number;
    return [(number + 0.5) * BIN_S, sum / count, joins];
  });
}

function usualStep(times) {
  const steps = times.slice(1).map((timeS, at) => timeS - times[at]);
  return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
}
