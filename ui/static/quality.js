// The Quality tab: shows the runs that a visitor chose and keeps those that go on in step.

import { h, speaker } from "./films_dom.js";
import { comparison } from "./quality_compare.js";
import { drawing } from "./quality_format.js";
import { RunPanel } from "./quality_run.js";

const LOOK_EVERY_MS = 1000;
/** Reading a long record takes its time: never more than a tenth of it. */
const BREATH = 9;

const tabs = new WeakMap();

/** Called when the tab is made and whenever the server has written its value anew. */
export function mount(element, { server, props }) {
  const root = element.querySelector(".fmq");
  if (!root) return;
  if (!tabs.has(root)) tabs.set(root, new QualityTab(root, server, props.texts));
  tabs.get(root).show(props.value || { state: "empty" });
}

class QualityTab {
  constructor(root, server, texts) {
    this.root = root;
    this.server = server;
    const language = window.framemood.language;
    const t = speaker(texts, language);
    const known = texts[language] || texts.en;
    // A record may name a kind that a later version knows.
    const kind = (name) => known[`common.incident_${name}`] || name.replace(/[<>&]/g, "").replaceAll("_", " ");
    this.page = { t, language, kind };
    this.panels = [];
    this.status = h("p", { class: "fm-aloud", role: "status" });
    this.body = h("div", { class: "fmq-body" });
    root.replaceChildren(this.status, this.body);
    new MutationObserver(() => this.panels.forEach((panel) => panel.redraw())).observe(document.body, { attributeFilter: ["class"] });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.panels.forEach((panel) => panel.redraw()));
    new IntersectionObserver(([entry]) => {
      this.isSeen = entry.isIntersecting;
      // Fetched ahead, so that the first charts are there at once.
      if (this.isSeen) drawing().catch(() => {});
    }).observe(root);
  }

  show(value) {
    const { t } = this.page;
    clearTimeout(this.looking);
    this.root.dataset.state = value.state;
    if (value.state !== "shown") this.panels = [];
    if (value.state === "busy") this.body.replaceChildren(this.busy(value.share));
    else if (value.state === "failed") this.body.replaceChildren(this.failed(value));
    else if (value.state === "shown") this.showRuns(value.runs);
    else this.body.replaceChildren(this.empty());
    this.status.textContent = value.state === "shown"
      ? t("quality.said_shown", { names: value.runs.map((run) => run.name || t(`quality.kind_${run.kind}`)).join(", ") }) : "";
  }

  showRuns(runs) {
    const on = {
      range: (from, range) => this.panels.forEach((panel) => panel !== from && !from.timeline.byClock && panel.timeline.show(range && this.fit(range, panel), false)),
      zoom: (call) => this.server.zoom(call),
    };
    this.panels = runs.map((run) => new RunPanel(this.page, run, on));
    this.body.replaceChildren(
      runs.length > 1 ? comparison(this.page, runs) : "",
      h("div", { class: "fmq-runs", data: { count: runs.length } }, this.panels.map((panel) => panel.element)));
    this.watch(LOOK_EVERY_MS);
  }

  fit([from, to], panel) {
    const [start, end] = panel.timeline.full;
    return from < end && to > start ? [Math.max(from, start), Math.min(to, end)] : null;
  }

  /** Look at the runs that go on, at most once a second and only while they are seen. */
  watch(wait) {
    clearTimeout(this.looking);
    if (!this.panels.some((panel) => panel.isRunning)) return;
    this.looking = setTimeout(async () => {
      const begun = performance.now();
      if (this.isSeen && document.visibilityState === "visible") await this.look();
      this.watch(Math.max(LOOK_EVERY_MS, BREATH * (performance.now() - begun)));
    }, wait);
  }

  async look() {
    for (const panel of this.panels.filter((each) => each.isRunning)) {
      let answer = null;
      try {
        answer = await this.server.look({ ticket: panel.run.ticket, mark: panel.run.mark });
      } catch {
        // The connection is away; the next look may find it again.
        continue;
      }
      if (answer.gone) panel.run.running = false;
      else if (!answer.same) panel.take(answer);
    }
  }

  empty() {
    const { t } = this.page;
    return h("div", { class: "fm-state fm-empty" }, h("h3", {}, t("quality.empty")), h("p", {}, t("quality.empty_words")),
      h("ol", { class: "fm-steps" }, [1, 2, 3].map((step) => h("li", {}, t(`quality.step_${step}`)))), h("p", { class: "fm-soft" }, t("quality.empty_more")));
  }

  busy(share) {
    const { t } = this.page;
    const known = share !== null && share !== undefined;
    const percent = Math.round((share || 0) * 100);
    return h("div", { class: "fm-state" }, h("h3", {}, t("quality.busy")), h("p", { class: "fm-soft" }, t("quality.busy_words")),
      h("div", { class: known ? "fm-progress" : "fm-progress fm-unknown", role: "progressbar", "aria-label": t("quality.busy"), "aria-valuemin": 0, "aria-valuemax": 100, ...(known ? { "aria-valuenow": percent } : {}) },
        h("i", known ? { style: `width:${percent}%` } : {})));
  }

  failed({ error, name }) {
    return h("div", { class: "fm-state fm-failed" }, h("p", { class: "fm-alert", role: "alert" }, h("span", { class: "fm-sign", "aria-hidden": "true" }, "!"), this.page.t(`quality.error_${error}`, { name })));
  }
}
