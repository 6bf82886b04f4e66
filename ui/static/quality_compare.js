// Several runs beside each other, figure by figure.

import { h } from "./films_dom.js";
import { lasting } from "./quality_format.js";

// More is better (1), worse (-1) or neither (0).
const ROWS = [
  ["quality", 1, 2], ["lowest", 1, 2], ["weak", -1, "%"], ["sharpness", 1, 2], ["brightness", 0, "luma"], ["noise", -1, 2],
  ["fps", 1, 1], ["ocr", 1, 2], ["trust", 1, 2], ["incidents", -1, 0], ["troubled", -1, "%"], ["risk", -1, "%"], ["length", 0, "s"],
];

// A count needs no unit, and a length is written with its own.
const BARE = new Set(["incidents", "length"]);

const scaled = (value, way) => (way === "%" ? value * 100 : way === "luma" ? value * 255 : value);
const write = (value, way) => {
  if (way === "%") return value.toFixed(1);
  return value.toFixed(typeof way === "number" ? way : 0);
};

/** Table of the runs; with two, also what the second has over the first. */
export function comparison({ t }, runs) {
  const two = runs.length === 2;
  const names = runs.map((run) => run.name || t(`quality.kind_${run.kind}`));
  const rows = ROWS.map(([name, sense, way]) => {
    const values = runs.map((run) => run.figures[name === "length" ? "duration" : name]);
    const unit = BARE.has(name) ? "" : t(`quality.compare_unit_${name}`);
    const cells = values.map((value) => h("td", {}, value === null ? "–" : way === "s" ? lasting(value, t) : write(scaled(value, way), way), value !== null && unit ? h("small", {}, ` ${unit}`) : ""));
    if (two) cells.push(difference(values, sense, way, t));
    return h("tr", {}, h("th", { scope: "row", title: t(`quality.tip_figure_${name}`) }, t(`quality.figure_${name}`)), cells);
  });
  const title = t("quality.comparison");
  return h("section", { class: "fm-card fmq-comparison" }, h("h3", {}, title), h("p", { class: "fm-soft" }, t(two ? "quality.comparison_two" : "quality.comparison_more")),
    h("div", { class: "fm-scroll", tabIndex: 0, role: "region", "aria-label": title },
      h("table", { class: "fm-table fmq-table" },
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("quality.figure")), names.map((name) => h("th", { scope: "col", class: "fmq-name" }, name)), two ? h("th", { scope: "col", title: t("quality.tip_difference") }, t("quality.difference")) : "")),
        h("tbody", {}, rows))));
}

function difference([first, second], sense, way, t) {
  if (first === null || second === null) return h("td", {}, "–");
  const change = scaled(second, way) - scaled(first, way);
  const text = way === "s" ? (Math.abs(change) < 0.05 ? "0" : `${change > 0 ? "+" : "−"}${lasting(Math.abs(change), t)}`) : signed(change, way);
  const same = /^[+−]?0(\.0+)?$/.test(text);
  const verdict = same || !sense ? "" : change * sense > 0 ? "better" : "worse";
  return h("td", { class: "fmq-difference" }, same ? "0" : text,
    verdict ? h("small", { class: `fmq-${verdict}` }, ` ${t(`quality.${verdict}`)}`) : "");
}

function signed(change, way) {
  const text = write(Math.abs(change), way);
  return `${change > 0 ? "+" : "−"}${text}`;
}
