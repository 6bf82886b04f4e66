// One run: its figures, the gauge of its risk, its charts, incidents, scatters and files.

import { h } from "./films_dom.js";
import { grade, lasting, level, roleOf, size } from "./quality_format.js";
import { Scatter } from "./quality_scatter.js";
import { Timeline } from "./quality_timeline.js";
import { clock } from "./time_axis.js";

const ARC = Math.PI * 52;
const MOST_ROWS = 100;

export class RunPanel {
  /** `on.look` and `on.zoom` ask the server, `on.range` tells the other runs. */
  constructor(page, run, on) {
    this.page = page;
    this.on = on;
    this.run = run;
    const charts = {
      moment: (time, byHand) => this.select(time, byHand),
      range: (range) => on.range(this, range),
      zoom: ([from, to]) => on.zoom({ ticket: this.run.ticket, from_s: from, to_s: to }),
    };
    this.heading = h("header", { class: "fmq-heading" });
    this.figures = h("dl", { class: "fmq-figures" });
    this.gauge = h("div", { class: "fmq-gauge" });
    this.timeline = new Timeline(page, run, charts);
    this.screen = h("div", { class: "fmq-screen" });
    this.scatters = ["ocr", "trust"].map((name) => new Scatter(page, name, charts));
    this.incidents = h("section", { class: "fm-card" });
    this.downloads = h("section", { class: "fm-card" });
    this.element = h("article", { class: "fmq-run", data: { key: run.key } },
      this.heading,
      h("div", { class: "fmq-summary" }, h("div", { class: "fm-card" }, this.figures), h("div", { class: "fm-card fmq-risk" }, this.gauge)),
      h("div", { class: "fmq-main" }, h("section", { class: "fm-card fmq-charts" }, h("h4", {}, page.t("quality.charts")), this.timeline.element), this.screen),
      this.incidents,
      h("div", { class: "fmq-scatters" }, this.scatters.map((each) => each.element)),
      this.downloads);
    this.take(run, true);
  }

  get isRunning() {
    return this.run.running;
  }

  /** Draw what the server says of the run by now. */
  take(run, isFirst = false) {
    const before = this.run;
    this.run = run;
    if (!isFirst) this.timeline.take(run);
    this.drawHeading();
    this.drawFigures();
    this.drawGauge();
    this.scatters.forEach((each) => each.take(run[each.name], this.timeline.moment));
    const changed = (name) => isFirst || JSON.stringify(run[name]) !== JSON.stringify(before[name]);
    if (changed("incidents")) this.drawIncidents();
    if (changed("files")) {
      this.drawDownloads();
      this.drawScreen();
    }
  }

  drawHeading() {
    const { t, language } = this.page;
    const { run } = this;
    const kind = t(`quality.kind_${run.kind}`);
    const began = run.started_at && new Date(run.started_at);
    const when = began && !Number.isNaN(began.valueOf())
      ? began.toLocaleString(language, { dateStyle: "medium", timeStyle: "short" }) : "";
    this.heading.replaceChildren(
      h("h3", {}, run.name || kind),
      h("p", {}, [run.name ? kind : "", when].filter(Boolean).join(" · ")),
      run.running ? h("span", { class: "fmq-badge", title: t("quality.running_tip") }, t("quality.running")) : "",
      // What another program wrote into a file becomes a link only where it is one.
      /^https?:\/\//.test(run.mlflow || "") ? h("a", { href: run.mlflow, target: "_blank", rel: "noopener", class: "fmq-out", title: t("quality.mlflow_tip") }, t("quality.mlflow")) : "");
  }

  drawFigures() {
    const { t } = this.page;
    const { figures, threshold } = this.run;
    const number = (value, write) => (value === null ? "–" : write(value));
    const percent = (value) => number(value, (each) => (each * 100).toFixed(each < 0.0995 && each > 0 ? 1 : 0));
    const entry = (name, value, unit, note = "", role = "") => h("div", { title: t(`quality.tip_figure_${name}`) },
      h("dt", {}, t(`quality.figure_${name}`)),
      h("dd", role ? { style: `color:var(--fm-${role})` } : {}, value, unit && value !== "–" ? h("small", {}, ` ${unit}`) : "", note ? h("em", {}, note) : ""));
    const score = figures.quality === null ? null : grade(figures.quality, threshold);
    const often = figures.incidents === null ? t("quality.not_recorded")
      : figures.hourly !== null && figures.duration >= 600 ? t("quality.hourly", { value: figures.hourly.toFixed(1) })
        : figures.incidents ? t("quality.troubled", { value: percent(figures.troubled) }) : "";
    this.figures.replaceChildren(
      entry("quality", number(figures.quality, (value) => value.toFixed(2)), t("quality.of_one"), score ? t(`common.${score}`) : t("quality.not_measured"), score),
      entry("weak", percent(figures.weak), "%", t("quality.of_frames")),
      entry("fps", number(figures.fps, (value) => value.toFixed(1)), t("quality.unit_fps")),
      entry("ocr", number(figures.ocr, (value) => value.toFixed(2)), t("quality.of_one"), figures.ocr === null ? t("quality.not_read") : ""),
      entry("trust", number(figures.trust, (value) => value.toFixed(2)), t("quality.of_one"), figures.trust === null ? t("quality.no_face") : ""),
      entry("incidents", number(figures.incidents, String), "", often),
      entry("length", lasting(figures.duration, t), "", t("quality.frames", { count: figures.frames.toLocaleString(this.page.language) })));
  }

  drawGauge() {
    const { t } = this.page;
    const { risk, risk_now: now } = this.run.figures;
    const known = risk !== null;
    const { word, role } = known ? level(risk) : { word: "unknown", role: "soft" };
    const percent = known ? Math.round(risk * 100) : 0;
    const svg = `<svg viewBox="0 0 124 70" width="148" height="84" aria-hidden="true"><path d="M10 62 A52 52 0 0 1 114 62" class="fmq-arc"/><path d="M10 62 A52 52 0 0 1 114 62" class="fmq-value" style="stroke:var(--fm-${role});stroke-dasharray:${(ARC * percent) / 100} ${ARC + 9}"${percent ? "" : " visibility='hidden'"}/></svg>`;
    const dial = h("div", {
      class: "fmq-dial", role: "meter", "aria-label": t("quality.risk"), "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": percent,
      "aria-valuetext": known ? `${percent} %, ${t(`quality.risk_${word}`)}` : t("quality.risk_unknown"), title: t("quality.tip_risk"),
    });
    dial.innerHTML = svg;
    dial.append(h("b", {}, known ? String(percent) : "–", known ? h("small", {}, " %") : ""));
    this.gauge.replaceChildren(
      h("h4", {}, t("quality.risk")), dial,
      h("p", { class: "fmq-word", style: `color:var(--fm-${role === "soft" ? "soft" : role})` }, t(`quality.risk_${word}`)),
      h("p", { class: "fm-soft" }, known ? t("quality.risk_words", { now: Math.round((now ?? 0) * 100) }) : t("quality.absent_risk")));
  }

  drawIncidents() {
    const { t, language } = this.page;
    const { incidents, figures } = this.run;
    const title = t("quality.incidents");
    if (!incidents.length) {
      this.incidents.replaceChildren(h("h4", {}, title), h("p", { class: "fm-soft" }, t(this.run.running ? "quality.no_incident_yet" : figures.incidents === null ? "quality.absent_incidents" : "quality.no_incident")));
      return;
    }
    const exact = figures.duration < 7200;
    const column = (name, side) => h("th", { scope: "col", title: t(`quality.tip_column_${name}`), class: side }, t(`quality.column_${name}`));
    const listed = incidents.slice(0, MOST_ROWS);
    // A run kept pictures of its incidents only where somebody asked for them.
    const shows = listed.some((each) => each.picture);
    const picture = (each) => (each.picture ? h("a", { href: this.address(each.picture), target: "_blank", rel: "noopener", class: "fmq-evidence" },
      h("img", { src: this.address(each.picture), loading: "lazy", alt: t("quality.picture", { what: this.page.kind(each.kind), time: clock(each.onset_s, exact) }) })) : "–");
    const rows = listed.map((each, index) => h("tr", { class: "fmq-incident", data: { kind: each.kind } },
      h("th", { scope: "row" }, String(index + 1)),
      h("td", { class: "fmq-what" }, h("i", { style: `--colour:var(--fm-${roleOf(each.kind)})`, "aria-hidden": "true" }), h("b", {}, this.page.kind(each.kind)), each.words ? h("small", {}, each.words[language]) : ""),
      shows ? h("td", {}, picture(each)) : "",
      h("td", {}, h("button", { type: "button", class: "fmq-jump", title: t("quality.tip_jump"), "aria-label": t("quality.jump", { what: this.page.kind(each.kind), time: clock(each.onset_s, exact) }), on: { click: () => this.jump(each) } }, `${clock(each.onset_s, exact)} – ${clock(each.end_s, exact)}`)),
      h("td", {}, lasting(Math.max(0, each.end_s - each.onset_s), t)),
      h("td", {}, each.severity === null ? "–" : h("span", { class: "fmq-severity", style: `--share:${Math.round(each.severity * 100)}%` }, `${Math.round(each.severity * 100)} %`)),
      h("td", { class: "fmq-advice" }, each.advice ? each.advice[language] : "–")));
    const more = figures.incidents - rows.length;
    this.incidents.replaceChildren(
      h("h4", {}, title),
      h("div", { class: "fm-scroll", tabIndex: 0, role: "region", "aria-label": title },
        h("table", { class: "fm-table fmq-table" }, h("thead", {}, h("tr", {}, column("number"), column("what", "fmq-start"), shows ? column("picture") : "", column("when"), column("lasted"), column("severity"), column("advice", "fmq-start"))), h("tbody", {}, rows))),
      more > 0 ? h("p", { class: "fm-soft" }, t("quality.more_incidents", { count: more })) : "");
  }

  drawScreen() {
    const { t } = this.page;
    const film = this.run.files.some(([name]) => name === "annotated.mp4");
    this.element.dataset.film = String(film);
    this.video = null;
    if (!film) {
      this.screen.replaceChildren();
      return;
    }
    this.video = h("video", { controls: true, playsInline: true, preload: "auto", muted: true, "aria-label": t("quality.video"), src: this.address("annotated.mp4") });
    // A few times a second is enough for charts to follow.
    this.video.addEventListener("timeupdate", () => {
      if (!this.video.paused) this.select(this.video.currentTime + this.run.start_s, false);
    });
    this.screen.replaceChildren(h("section", { class: "fm-card" }, h("h4", {}, t("quality.video")), this.video, h("p", { class: "fm-soft" }, t("quality.video_hint"))));
  }

  drawDownloads() {
    const { t } = this.page;
    const links = this.run.files.map(([name, bytes]) => h("li", {}, h("a", { class: "fm-download", href: this.address(name), download: name, title: t(`quality.file_${name.replace(".", "_")}`) },
      h("b", {}, name), h("small", {}, `${size(bytes)} · ${t(`quality.file_${name.replace(".", "_")}`)}`))));
    this.downloads.replaceChildren(h("h4", {}, t("quality.downloads")), h("ul", { class: "fm-downloads" }, links), h("p", { class: "fm-soft" }, t(`quality.kept_${["own", "brought", "sample"].includes(this.run.kind) ? this.run.kind : "record"}`)));
  }

  address(name) {
    return window.framemood.asset(`framemood-run/${this.run.ticket}/${name}`).href;
  }

  /** Select a moment in all charts of the run; the video follows where a person chose. */
  select(time, byHand) {
    this.timeline.select(time);
    this.scatters.forEach((each) => each.select(time));
    if (byHand && this.video) {
      this.video.pause();
      this.video.currentTime = Math.max(0, time - this.run.start_s);
    }
  }

  jump(incident) {
    const shown = this.timeline.shown;
    if (incident.onset_s < shown[0] || incident.onset_s > shown[1]) this.timeline.show(null);
    this.select(incident.onset_s, true);
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.timeline.element.scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
  }

  redraw() {
    this.timeline.draw();
    this.scatters.forEach((each) => each.draw());
  }
}
