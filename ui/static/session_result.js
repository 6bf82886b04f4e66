// The verdict as a page: what changed, how surely, whether the pictures were alike.

import { download } from "./download.js";
import { openFilms } from "./films_link.js";
import { h } from "./films_dom.js";
import { percent } from "./panels.js";
import { reportHtml, sessionCsv, sessionJson } from "./session_files.js";
import { series } from "./session_series.js";

const UNITS = { brightness: ["", 0], blur: ["", 2], face_size: [" px", 0], pose: ["°", 0], fps: [" fps", 1] };

export function showResult(place, message, { t, strings, emotions, onRetake, onAgain }) {
  const { verdict, record } = message;
  const language = window.framemood.language;
  const page = { verdict, record, t, strings, emotions, language };
  const words = verdict.words[language];
  const notes = words.notes;
  place.replaceChildren(
    headline(page, words),
    notes.length ? h("ul", { class: "fms-notes" }, notes.map((note) => h("li", {}, note))) : "",
    h(
      "div",
      { class: "fms-columns" },
      h("section", { class: "fm-card fms-bars-card" }, h("h3", {}, t("session.bars_title")), bars(page), h("p", { class: "fms-fine" }, t(isSlow(page) ? "session.bars_slow" : "session.bars_note"))),
      h("section", { class: "fm-card" }, h("h3", {}, t("session.fair_title")), fairness(page), h("p", { class: "fms-fine" }, t("session.fair_note"))),
    ),
    h("section", { class: "fm-card" }, h("h3", {}, t("session.series_title")), series(page)),
    colours(page),
    h("section", { class: "fm-card fms-claims" }, h("h3", {}, t("session.claims")), h("p", {}, t("session.claims_text")), h("p", { class: "fms-fine" }, t("session.method_text"))),
    h(
      "div",
      { class: "fms-row fms-take", data: { screen: "" } },
      button(t("session.retake_stimulus"), onRetake, "retake-second"),
      button(t("session.start_again"), onAgain, "restart"),
      h("span", { class: "fms-gap" }),
      button("session.csv", () => download("session.csv", sessionCsv(record), "text/csv"), "csv"),
      button("session.json", () => download("session.json", sessionJson(record), "application/json"), "json"),
      button(
        t("session.report"),
        async () => {
          const made = new Date().toLocaleString(language);
          const text = await reportHtml(place, { title: t("session.report_title"), language, made });
          download("session.html", text, "text/html");
        },
        "report",
      ),
    ),
  );
}

const isSlow = ({ verdict }) => Object.values(verdict.emotions).some((one) => one.test === "walk") || verdict.basis === "insufficient";
const written = (value, digits) => (Number(value.toFixed(digits)) === 0 ? (0).toFixed(digits) : value.toFixed(digits).replace("-", "−"));
const signed = (points) => `${points >= 0.5 ? "+" : ""}${written(points, 0)}`;

function button(words, act, name, main = false) {
  return h("button", { type: "button", class: `fm-button${main ? " fm-main" : ""}`, data: { do: name }, on: { click: act } }, h("span", {}, words));
}

// ---- the verdict ------------------------------------------------------------

function headline({ verdict, t }, words) {
  const { basis, primary_emotion: primary, secondary_emotions: secondary } = verdict;
  const name = primary ? t(`common.${primary}`) : t("session.nothing");
  const figure = basis === "change" ? t("session.points", { points: signed(verdict.emotions[primary].change) }) : basis === "level" ? percent(verdict.emotions[primary].means[1]) : "";
  return h(
    "header",
    { class: "fm-card fms-verdict", data: { basis }, style: primary ? `--tint:var(--fm-${primary})` : "" },
    h("p", { class: "fms-basis" }, t(`session.basis_${basis}`)),
    h("h2", { tabIndex: -1 }, h("b", {}, name), figure ? h("span", {}, figure) : ""),
    h("p", { class: "fms-sentence" }, words.sentence),
    secondary.length
      ? h(
          "ul",
          { class: "fms-secondary" },
          secondary.map((emotion) => {
            const one = verdict.emotions[emotion];
            const value = basis === "change" ? t("session.points", { points: signed(one.change) }) : percent(one.means[1]);
            return h("li", { style: `--tint:var(--fm-${emotion})` }, h("i", {}), h("b", {}, t(`common.${emotion}`)), h("span", {}, value));
          }),
        )
      : "",
    primary && basis === "change" ? figures(verdict.emotions[primary], t) : "",
  );
}

function figures(one, t) {
  const known = (value, digits) => (value === null ? "–" : written(value, digits));
  const range = ([low, high], digits) => (low === null ? "" : ` (${written(low, digits)} … ${written(high, digits)})`);
  const rows = [
    ["p", one.p < 0.001 ? "< 0.001" : known(one.p, 3)],
    ["deviations", known(one.change_deviations, 1)],
    ["effect", known(one.effect_size, 2) + range(one.effect_interval, 2)],
    ["moments", one.moments.map((value) => known(value, 1)).join(" / ")],
  ];
  return h(
    "dl",
    { class: "fms-figures" },
    rows.map(([name, value]) => h("div", { title: t(`session.tip_${name}`) }, h("dt", {}, t(`session.figure_${name}`)), h("dd", {}, value))),
  );
}

// ---- before and after -------------------------------------------------------

function bars({ verdict, emotions, t }) {
  const line = (mean, interval, kind) => {
    const bar = h("i", { class: `fms-bar fms-${kind}` });
    bar.style.width = `${100 * mean}%`;
    const parts = [bar];
    if (interval?.[0] !== null && interval?.[0] !== undefined) {
      const whisker = h("u", { class: "fms-whisker" });
      whisker.style.left = `${100 * interval[0]}%`;
      whisker.style.width = `${100 * (interval[1] - interval[0])}%`;
      parts.push(whisker);
    }
    return h("span", { class: "fms-track" }, parts);
  };
  const spoken = (mean, interval) => percent(mean) + (interval?.[0] === null ? "" : ` (${percent(interval[0])} – ${percent(interval[1])})`);
  return h(
    "div",
    { class: "fms-bars" },
    h("p", { class: "fms-legend" }, h("i", { class: "fms-before" }), t("session.before"), h("i", { class: "fms-after" }), t("session.after")),
    emotions.map((name) => {
      const one = verdict.emotions[name];
      if (one.means.some((mean) => mean === null)) return "";
      const intervals = one.mean_intervals ?? [null, null];
      return h(
        "div",
        { class: `fms-pair${one.significant ? " fms-changed" : ""}`, style: `--tint:var(--fm-${name})`, title: one.means.map((mean, at) => spoken(mean, intervals[at])).join(" → ") },
        h("span", { class: "fms-pair-name" }, t(`common.${name}`)),
        h("span", { class: "fms-lines" }, line(one.means[0], intervals[0], "before"), line(one.means[1], intervals[1], "after")),
        h("span", { class: "fms-pair-value" }, `${percent(one.means[0])} → ${percent(one.means[1])}`, one.significant ? h("b", {}, t("session.changed")) : ""),
      );
    }),
  );
}

// ---- were the pictures alike? -------------------------------------------------

function fairness({ verdict, t }) {
  const show = (name, value) => {
    const [unit, digits] = UNITS[name];
    return value === null ? "–" : `${written(value, digits)}${unit}`;
  };
  return h(
    "table",
    { class: "fms-fair" },
    h("thead", {}, h("tr", {}, ["condition", "before", "after", "alike"].map((name) => h("th", { scope: "col" }, t(`session.${name}`))))),
    h(
      "tbody",
      {},
      Object.entries(verdict.conditions).map(([name, one]) =>
        h(
          "tr",
          { data: { matches: one.matches }, title: t(`session.tip_${name}`) },
          h("th", { scope: "row" }, t(`session.condition_${name}`)),
          h("td", {}, show(name, one.first)),
          h("td", {}, show(name, one.second)),
          h("td", {}, one.first === null ? "–" : t(one.matches ? "session.yes" : "session.no")),
        ),
      ),
    ),
  );
}

// ---- colours and films ----------------------------------------------------------

function colours({ verdict, emotions, t }) {
  const mood = Object.keys(verdict.mood).length ? verdict.mood : seen(verdict, emotions);
  if (!mood) return "";
  const part = (colour) => {
    const swatch = h("span", { title: `${t(`common.${colour.emotion}`)} · ${percent(colour.weight)}` });
    swatch.style.cssText = `background:${colour.rgb};flex-grow:${colour.weight}`;
    return swatch;
  };
  const named = verdict.primary_emotion !== null;
  return h(
    "section",
    { class: "fm-card fms-mood" },
    h("h3", {}, t(named ? "session.colours_title" : "session.seen_title")),
    verdict.colours.length ? h("div", { class: "fms-colours", role: "img", "aria-label": t("session.colours_title") }, verdict.colours.map(part)) : "",
    h("p", { class: "fms-fine" }, t(named ? "session.colours_text" : "session.seen_text")),
    h(
      "div",
      { class: "fms-row", data: { screen: "" } },
      button(t("session.films"), () => openFilms(mood, { goal: "match" }), "films", true),
      button(t("session.films_lift"), () => openFilms(mood, { goal: "lift" }), "films-lift"),
    ),
  );
}

// Where nothing could be named, what was read most in the second phase.
function seen(verdict, emotions) {
  if (verdict.usable_seconds[1] < 3) return null;
  const order = [...emotions].sort((a, b) => verdict.emotions[b].means[1] - verdict.emotions[a].means[1]);
  return Object.fromEntries(order.slice(0, 3).map((name) => [name, verdict.emotions[name].means[1]]));
}
