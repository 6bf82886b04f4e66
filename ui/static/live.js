// The Live tab: ties the source, the link, the flow of frames and the figures together.

import { Source, SourceRefused, listCameras } from "./camera.js";
import { Chart } from "./chart.js";
import { download } from "./download.js";
import { Flow } from "./flow.js";
import { Link } from "./link.js";
import { colourOf, drawFaces, drawPicture, drawTexts } from "./overlay.js";
import { Faces, Incident, Meters, gradeOf, percent } from "./panels.js";
import { Preferences } from "./preferences.js";
import { StreamFlow } from "./stream_flow.js";
import { layWords, put, speaking, tell } from "./words.js";

const FIGURES_MS = 200;
const CHART_MS = 250;
const CALM_CHART_MS = 1000;
const ALOUD_MS = 10000;
const NOT_RECORDED = { on: false, pictures: false };

export function mount(element, { server, texts, threshold, fpsLimit, mayRecord, mayStream }) {
  const root = element.querySelector(".fm-live");
  if (!root || root.dataset.mounted) return;
  new Live(root, server, texts[window.framemood.language], { threshold, fpsLimit, mayStream });
  root.querySelector(".fm-record").hidden = !mayRecord;
  root.dataset.mounted = "true";
}

class Live {
  constructor(root, server, strings, defaults) {
    this.root = root;
    this.strings = strings;
    this.mayStream = defaults.mayStream;
    this.t = speaking(strings);
    this.find = (selector) => root.querySelector(selector);
    this.canvas = this.find(".fm-picture");
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.preferences = new Preferences(defaults);
    this.emotions = [];
    this.report = null;
    this.picture = null;
    this.recorded = NOT_RECORDED;
    this.video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
    this.source = new Source(this.video, { onEnded: (state) => this.halt(state) });
    this.link = new Link({
      server,
      options: this.preferences.options,
      onState: (state, position) => this.linkState(state, position),
      onMessage: (message) => this.received(message),
    });
    this.ownFlow = new Flow({
      video: this.video,
      link: this.link,
      onReport: (report, canvas, drawn) => this.showReport(report, canvas, drawn),
      onPlain: (picture, width, height) => this.showPlain(picture, width, height),
    });
    this.streamFlow = new StreamFlow({
      link: this.link,
      onReport: (report, picture, drawn) => this.showReport(report, picture, drawn),
      onState: (message) => this.streamState(message),
    });
    this.flow = this.ownFlow;
    this.limitRate();
    layWords(root, this.t);
    this.meters = new Meters(root, this.t);
    this.incident = new Incident(this.find(".fm-incident"), this.t);
    this.faces = new Faces(this.find(".fm-faces-list"), {
      t: this.t,
      emotions: this.emotions,
      onSelect: () => this.drawFigures(),
    });
    this.chart = new Chart(this.find(".fm-plot"), this.find(".fm-legend"), this.t);
    this.chart.setThreshold(this.preferences.values.threshold);
    this.layTips();
    this.bind();
    this.enter("idle");
  }

  // ---- words -------------------------------------------------------------

  layTips() {
    const lay = (scope) => {
      for (const node of scope.querySelectorAll("[data-tip]")) {
        if (node.dataset.words) continue;
        node.dataset.words = this.t(node.dataset.tip);
        node.setAttribute("aria-description", node.dataset.words);
      }
    };
    lay(this.root);
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes) {
        for (const node of addedNodes) if (node.nodeType === Node.ELEMENT_NODE) lay(node);
      }
    }).observe(this.find(".fm-faces-list"), { childList: true });
  }

  // ---- state -------------------------------------------------------------

  // idle, asking, running, paused, and why it is not running: refused, none,
  // in_use, insecure, unplugged, no_sample, hidden, time_up.
  enter(state, detail = "") {
    this.state = state;
    this.root.dataset.state = state;
    const isOn = state === "running" || state === "paused";
    const show = (name, visible) => (this.find(`[data-do=${name}]`).hidden = !visible);
    show("start", !isOn && state !== "asking");
    show("stop", isOn || state === "asking");
    show("sample", !isOn || this.source.kind !== "sample");
    // One row has no room for it beside what a running analysis needs.
    show("stream", this.mayStream && !isOn);
    show("pause", isOn);
    show("snapshot", isOn);
    this.find("[data-do=pause]").setAttribute("aria-pressed", String(state === "paused"));
    put(this.find("[data-do=pause] span"), this.t(state === "paused" ? "live.resume" : "live.pause"));
    this.find("[data-do=snapshot]").disabled = !this.picture;
    put(this.find(".fm-message-title"), isOn ? "" : this.t(`live.${state}_title`));
    put(this.find(".fm-message-text"), isOn ? "" : this.t(`live.${state}_text`, { detail }));
    this.nameEmptyFaces();
    if (!isOn) this.say(this.t(`live.${state}_title`));
  }

  nameEmptyFaces() {
    const key = !this.preferences.values.faces
      ? "live.faces_off"
      : this.state === "running" || this.state === "paused"
        ? "live.no_face"
        : "live.faces_wait";
    put(this.find(".fm-faces-empty span"), this.t(key));
  }

  async begin(open) {
    this.halt("asking");
    try {
      if (!(await open())) return;
    } catch (error) {
      if (!(error instanceof SourceRefused)) throw error;
      this.halt(error.state, error.message);
      return;
    }
    this.enter("running");
    this.link.open();
    this.flow.start();
    this.ticker = setInterval(() => this.drawFigures(), FIGURES_MS);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.charter = setInterval(() => this.chart.draw(this.nowS()), calm ? CALM_CHART_MS : CHART_MS);
    this.beganMs = performance.now();
  }

  startCamera() {
    return this.begin(async () => {
      const opened = await this.source.openCamera(this.preferences.values.camera);
      if (opened) this.refreshCameras();
      return opened;
    });
  }

  startSample() {
    return this.begin(() => this.source.openClip(window.framemood.asset("framemood-sample.mp4").href));
  }

  // A camera that the server opens by its address.
  startStream(address) {
    return this.begin(async () => {
      this.link.stream = address;
      this.flow = this.streamFlow;
      return true;
    });
  }

  // What that camera is doing while it gives no frames.
  streamState(message) {
    if (message.state === "watching") return;
    this.report = null;
    this.root.dataset.faces = "0";
    const key = message.problem ? "live.stream_retrying" : "live.stream_connecting";
    this.banner(this.t(key, { problem: message.words?.[window.framemood.language] ?? message.problem }));
  }

  halt(state = "idle", detail = "") {
    clearInterval(this.ticker);
    clearInterval(this.charter);
    this.source.stop();
    this.flow.stop();
    this.link.close();
    this.link.stream = "";
    this.flow = this.ownFlow;
    this.report = null;
    this.picture = null;
    this.recorded = NOT_RECORDED;
    // Whoever starts again decides again.
    if (state !== "asking") this.wishToRecord(false);
    this.root.dataset.faces = "0";
    this.root.dataset.link = "closed";
    delete this.root.dataset.grade;
    this.banner("");
    this.meters?.clear();
    this.incident?.show([]);
    this.faces?.clear();
    this.chart?.clear();
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    for (const pill of this.root.querySelectorAll(".fm-pill")) put(pill, "");
    this.enter(state, detail);
  }

  pause() {
    if (this.state === "paused") {
      this.link.open();
      this.flow.start();
      if (this.source.kind) this.video.play();
      this.enter("running");
    } else {
      this.flow.stop();
      this.video.pause();
      this.enter("paused");
    }
  }

  linkState(state, position) {
    if (state === "time_up") {
      this.halt("time_up");
      return;
    }
    this.root.dataset.link = state;
    if (state !== "open") {
      this.flow.reset();
      this.recorded = NOT_RECORDED;
    }
    if (["gone", "busy", "too_many", "waiting"].includes(state)) {
      this.report = null;
      this.root.dataset.faces = "0";
      this.banner(this.t(`live.${state}`, { number: position }));
    } else if (state === "open") {
      this.flow.opened?.();
      this.banner(this.link.isFallback ? this.t("live.fallback") : "");
    }
  }

  banner(words) {
    tell(this.find(".fm-banner"), words);
  }

  // ---- messages ----------------------------------------------------------

  received(message) {
    if (message.type === "started") {
      this.emotions.splice(0, this.emotions.length, ...message.emotions);
      if (this.recordSwitch.checked && !this.recorded.on) this.askToRecord();
    } else if (message.type === "recording") {
      this.setRecording(message);
    } else if (message.type === "report" || message.type === "stream") {
      this.flow.answered(message);
    } else if (message.type === "error") {
      this.flow.answered(message);
      if (!["busy", "too_many", "idle", "time_up"].includes(message.code)) {
        this.banner(this.strings[`live.error_${message.code}`] ?? message.message);
      }
    }
  }

  showReport(report, canvas, drawn) {
    this.report = report;
    this.keepPicture(canvas);
    this.draw();
    drawn();
    this.root.dataset.faces = String(report.faces.length);
    if (report.quality) this.chart.add(this.nowS(), report.quality);
    if (report.recording_problem) {
      this.banner(this.t("live.recording_problem", { problem: report.recording_problem }));
    } else if (this.find(".fm-banner").hidden === false && !this.link.isFallback) this.banner("");
  }

  showPlain(picture, width, height) {
    this.report = null;
    this.root.dataset.faces = "0";
    this.keepPicture(picture, width, height);
    this.draw();
  }

  // The flow uses its canvas again, so what is on the screen is copied.
  keepPicture(from, width = from.width, height = from.height) {
    if (!this.picture) {
      this.picture = new OffscreenCanvas(width, height);
      this.find("[data-do=snapshot]").disabled = false;
    }
    if (this.picture.width !== width || this.picture.height !== height) {
      Object.assign(this.picture, { width, height });
    }
    this.picture.getContext("2d", { alpha: false }).drawImage(from, 0, 0);
  }

  // ---- recording ---------------------------------------------------------

  get recordSwitch() {
    return this.find("[data-record]");
  }

  get picturesSwitch() {
    return this.find("[data-pictures]");
  }

  // Pictures are kept of a recording only, so both wishes end together.
  wishToRecord(on) {
    this.recordSwitch.checked = on;
    this.picturesSwitch.disabled = !on;
    if (!on) this.picturesSwitch.checked = false;
  }

  askToRecord() {
    this.link.setRecording(this.recordSwitch.checked, this.picturesSwitch.checked);
  }

  setRecording({ on, pictures }) {
    const before = this.recorded;
    this.recorded = { on, pictures };
    if (on !== before.on || pictures !== before.pictures) {
      this.say(on ? this.recordingWords() : this.t("live.recorded"));
    }
  }

  recordingWords() {
    return this.t(this.recorded.pictures ? "live.recording_pictures" : "live.recording");
  }

  // ---- drawing -----------------------------------------------------------

  draw() {
    if (this.picture) this.drawOn(this.context, window.devicePixelRatio || 1);
  }

  drawOn(context, unit) {
    const mirror = this.preferences.values.mirror && this.source.kind === "camera";
    const { width, height } = this.picture;
    const place = drawPicture(context, this.picture, width, height, mirror);
    drawTexts(context, this.report?.texts ?? [], place, { mirror, unit });
    drawFaces(context, this.report?.faces ?? [], place, {
      mirror,
      unit,
      selected: this.faces.selected,
      labelOf: (face) =>
        face.emotion ? `${this.t(`common.${face.emotion}`)} ${percent(face.confidence)}` : "",
    });
    return place;
  }

  drawFigures() {
    const { report, flow } = this;
    const { threshold } = this.preferences.values;
    const quality = report?.quality ?? null;
    this.incident.show(report?.incidents ?? [], window.framemood.language);
    this.meters.show({
      quality,
      risk: report?.risk ?? null,
      fps: flow.pace.fps,
      latencyMs: flow.pace.latencyMs,
      dropped: flow.dropped,
      system: report?.system,
      threshold,
    });
    this.faces.show(report?.faces ?? []);
    const grade = quality ? gradeOf(quality.quality_score, threshold) : "";
    if (grade) this.root.dataset.grade = grade;
    else delete this.root.dataset.grade;
    const hud = {
      quality: quality
        ? `${grade === "poor" ? "▼ " : ""}${this.t("common.quality")} ${quality.quality_score.toFixed(2)}`
        : "",
      fps: Number.isFinite(flow.pace.fps) ? `${flow.pace.fps.toFixed(1)} fps` : "",
      latency: Number.isFinite(flow.pace.latencyMs) ? `${flow.pace.latencyMs.toFixed(0)} ms` : "",
      recording: this.recorded.on ? `● ${this.recordingWords()}` : "",
      text: this.textWords(report),
      frozen: quality?.is_frozen ? `❙❙ ${this.t("common.frozen")}` : "",
    };
    for (const [name, words] of Object.entries(hud)) put(this.find(`[data-hud=${name}]`), words);
    this.describe(quality, report?.faces ?? []);
  }

  // What was read stands on the picture; this says why nothing does.
  textWords(report) {
    const state = report?.text_state;
    if (!state) return "";
    if (state !== "reading") return this.t(`live.text_${state}`);
    return report.texts.length ? "" : this.t("live.text_none");
  }

  nowS() {
    return performance.now() / 1000;
  }

  // ---- for those who listen ----------------------------------------------

  describe(quality, faces) {
    const nowMs = performance.now();
    if (nowMs - (this.saidMs ?? -ALOUD_MS) < ALOUD_MS) return;
    const parts = faces
      .filter((face) => face.emotion)
      .map((face) => {
        const name = this.t("common.face", { number: face.track_id });
        return `${name}: ${this.t(`common.${face.emotion}`)} ${percent(face.confidence)}`;
      });
    if (quality) parts.push(`${this.t("common.quality")} ${quality.quality_score.toFixed(2)}`);
    if (!parts.length) return;
    this.saidMs = nowMs;
    this.canvas.setAttribute("aria-label", parts.join(". "));
    this.say(parts.join(". "));
  }

  say(words) {
    put(this.find(".fm-aloud"), words);
  }

  // ---- hands -------------------------------------------------------------

  bind() {
    const actions = {
      start: () => this.startCamera(),
      stop: () => this.halt("idle"),
      sample: () => this.startSample(),
      pause: () => this.pause(),
      snapshot: () => this.snapshot(),
      settings: () => this.openSettings(),
      stream: () => this.toggle(this.find(".fm-stream"), "stream"),
    };
    for (const [name, act] of Object.entries(actions)) {
      this.find(`[data-do=${name}]`).addEventListener("click", act);
    }
    this.find(".fm-stream").addEventListener("submit", (event) => {
      event.preventDefault();
      this.find(".fm-stream").hidePopover();
      this.startStream(this.find("[data-stream]").value.trim());
    });
    this.recordSwitch.addEventListener("input", () => {
      this.wishToRecord(this.recordSwitch.checked);
      this.askToRecord();
    });
    this.picturesSwitch.addEventListener("input", () => this.askToRecord());
    this.preferences.bind(this.find(".fm-settings"), (name) => this.preferenceChanged(name));
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.refreshCameras());
    const leave = () => {
      if (["running", "paused", "asking"].includes(this.state)) this.halt("hidden");
    };
    document.addEventListener("visibilitychange", () => document.hidden && leave());
    window.addEventListener("pagehide", leave);
    new ResizeObserver(([entry]) => {
      const { width, height } = entry.contentRect;
      // Another tab of the page is in front.
      if (width === 0) leave();
      else this.fit(width, height);
    }).observe(this.find(".fm-stage"));
  }

  fit(width, height) {
    const unit = window.devicePixelRatio || 1;
    Object.assign(this.canvas, {
      width: Math.round(width * unit),
      height: Math.round(height * unit),
    });
    this.draw();
  }

  preferenceChanged(name) {
    const { values, options } = this.preferences;
    if (name === "fpsLimit") this.limitRate();
    else if (name === "threshold") this.chart.setThreshold(values.threshold);
    else if (name === "camera" && this.source.kind === "camera") this.startCamera();
    else if (name in options) this.link.setOptions(options);
    this.nameEmptyFaces();
    this.chart.draw(this.nowS());
    this.draw();
  }

  limitRate() {
    for (const flow of [this.ownFlow, this.streamFlow]) {
      flow.fpsLimit = this.preferences.values.fpsLimit;
    }
  }

  async refreshCameras() {
    const cameras = await listCameras();
    this.preferences.listCameras(cameras, this.source.deviceId, {
      unnamed: this.t("live.camera"),
      none: this.t("live.camera_none"),
    });
  }

  openSettings() {
    this.refreshCameras();
    this.toggle(this.find(".fm-settings"), "settings");
  }

  // Opens or closes a popover beside its button.
  toggle(popover, name) {
    popover.togglePopover();
    if (!popover.matches(":popover-open")) return;
    const button = this.find(`[data-do=${name}]`).getBoundingClientRect();
    const size = popover.getBoundingClientRect();
    const left = Math.min(button.right - size.width, window.innerWidth - size.width - 8);
    const above = button.top - size.height - 8;
    const below = Math.min(button.bottom + 8, window.innerHeight - size.height - 8);
    popover.style.left = `${Math.max(8, left)}px`;
    popover.style.top = `${Math.max(8, above >= 8 ? above : below)}px`;
  }

  async snapshot() {
    if (!this.picture) return;
    const unit = Math.max(1, 1280 / this.picture.width);
    const canvas = new OffscreenCanvas(
      Math.round(this.picture.width * unit),
      Math.round(this.picture.height * unit),
    );
    const context = canvas.getContext("2d", { alpha: false });
    this.drawOn(context, unit);
    this.drawCaption(context, unit);
    const blob = await canvas.convertToBlob({ type: "image/png" });
    const name = `framemood-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.png`;
    download(name, blob, "image/png");
  }

  drawCaption(context, unit) {
    const quality = this.report?.quality;
    const words = [new Date().toLocaleString(window.framemood.language)];
    if (quality) words.unshift(`${this.t("common.quality")} ${quality.quality_score.toFixed(2)}`);
    const { width, height } = context.canvas;
    context.fillStyle = "rgb(0 0 0 / 0.6)";
    context.fillRect(0, height - 28 * unit, width, 28 * unit);
    context.fillStyle = this.root.dataset.grade === "poor" ? colourOf("poor") : "#ffffff";
    context.font = `500 ${13 * unit}px Inter, Pretendard, "Noto Sans KR", system-ui, sans-serif`;
    context.textBaseline = "middle";
    context.fillText(words.join("  ·  "), 12 * unit, height - 14 * unit);
  }
}
