// The Mood session tab: leads through consent, two phases and the verdict.

import { Source, SourceRefused } from "./camera.js";
import { Flow } from "./flow.js";
import { Link } from "./link.js";
import { Reading } from "./session_reading.js";
import { showResult } from "./session_result.js";
import { Stimulus } from "./session_stimulus.js";
import { SessionView } from "./session_view.js";
import { put, speaking } from "./words.js";

const FPS = 15;
const KEEP_MS = 10000;
const KEEP_FOR_MS = 600000;

export function mount(element, { server, texts, limits }) {
  const root = element.querySelector(".fms");
  if (!root || root.dataset.mounted) return;
  new MoodSession(root, server, texts[window.framemood.language], limits);
  root.dataset.mounted = "true";
}

class MoodSession extends SessionView {
  constructor(root, server, strings, limits) {
    super(root, speaking(strings));
    Object.assign(this, { server, strings, limits });
    this.form = this.find(".fms-consent");
    this.video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
    this.find(".fms-preview").append(this.video);
    this.source = new Source(this.video, { onEnded: () => this.lose("unplugged") });
    this.reading = new Reading(root, this.t, strings);
    this.stimulus = new Stimulus(this.find(".fms-stimulus"), this.t);
    for (const field of this.form.querySelectorAll("input[type=number]")) {
      Object.assign(field, { min: limits.shortest, max: limits.longest, value: limits.usual });
    }
    this.bind();
    this.enter("consent");
  }

  // ---- beginning -----------------------------------------------------------

  async begin(open) {
    this.trouble("");
    this.kind = this.form.elements["fms-stimulus"].value;
    this.lengths = {
      baseline: Number(this.form.elements.baseline.value),
      stimulus: Number(this.form.elements.stimulus.value),
    };
    const { shortest, longest } = this.limits;
    if (Object.values(this.lengths).some((s) => !(s >= shortest && s <= longest))) {
      this.trouble(this.t("session.bad_length", { shortest, longest }));
      return;
    }
    if (this.kind === "file" && !this.stimulus.file) {
      this.trouble(this.t("session.no_file"));
      this.find(".fms-file input").focus();
      return;
    }
    this.open = open;
    if (!(await this.openSource())) return;
    Object.assign(this, { lost: "", held: false, wished: null, result: null, verdictShown: false });
    this.openLink();
    this.enter("ready");
    this.find(".fms-title").focus({ preventScroll: true });
    this.root.scrollIntoView({ block: "nearest" });
  }

  async openSource() {
    try {
      const opened = await this.open();
      this.root.dataset.source = this.source.kind ?? "";
      return opened;
    } catch (error) {
      if (!(error instanceof SourceRefused)) throw error;
      const words = `${this.t(`live.${error.state}_title`)}. ${this.t(`session.${error.state}_text`)}`;
      if (this.step === "consent") this.trouble(words);
      else this.banner(words);
      this.root.dataset.refused = error.state;
      return false;
    }
  }

  openLink() {
    this.link = new Link({
      server: this.server,
      mode: "session",
      options: { baseline_s: this.lengths.baseline, stimulus_s: this.lengths.stimulus, timed: true },
      onState: (state, number) => this.linkState(state, number),
      onMessage: (message) => this.received(message),
    });
    this.flow = new Flow({
      video: this.video,
      link: this.link,
      onReport: (report, _, drawn) => {
        drawn();
        this.reading.show(report);
      },
      onPlain: () => {},
    });
    this.flow.fpsLimit = FPS;
    this.link.open();
    this.flow.start();
  }

  linkState(state, number) {
    this.root.dataset.link = state;
    // Not disabled, which would take the focus from whoever waits on it.
    this.find("[data-do=begin]").setAttribute("aria-disabled", String(state !== "open"));
    if (state === "open") {
      // Frames are looked at from now on, and count once the visitor is ready.
      this.link.say({ type: "pause" });
      this.banner(this.link.isFallback ? this.t("live.fallback") : "");
      if (this.step !== "ready") this.enter("ready");
    } else if (["gone", "busy", "too_many", "waiting", "time_up", "idle"].includes(state)) {
      if (this.step === "result") return;
      this.flow.reset();
      this.reading.clear();
      this.stimulus.hide();
      const words = `session.link_${state}`;
      this.banner(this.t(words in this.strings ? words : "session.link_gone", { number }));
      if (state === "time_up" || state === "idle") this.end();
      else if (this.step !== "ready") this.enter("ready");
    }
  }

  received(message) {
    if (message.type === "started") {
      this.emotions = message.emotions;
    } else if (message.type === "report") {
      this.flow.answered(message);
    } else if (message.type === "phase") {
      this.showPhase(message);
    } else if (message.type === "result" && message.verdict && !this.verdictShown) {
      this.finish(message);
    } else if (message.type === "error") {
      this.flow?.answered(message);
      if (!["busy", "idle", "bad_phase", "failed", "unreadable"].includes(message.code)) {
        this.banner(this.strings[`live.error_${message.code}`] ?? message.message);
      }
    }
  }

  showPhase(phase) {
    // What was said before the visitor's last wish arrived does not undo it.
    if (phase.held === this.wished) this.wished = null;
    if (this.wished === null) this.held = phase.held && !this.lost && this.step !== "ready";
    if (this.step === "baseline" && phase.state === "pause") {
      this.enter("between");
      this.focusOn("second");
    } else if (this.step === phase.state) {
      this.ring(phase.remaining_s, phase.elapsed_s + phase.remaining_s);
      this.showButtons();
    }
  }

  // ---- steps ----------------------------------------------------------------

  startBaseline() {
    if (!this.link.isOpen) return;
    this.link.say({ type: "resume" });
    this.held = this.wished = false;
    this.enter("baseline");
    this.focusOn("pause");
  }

  async startSecond() {
    try {
      await this.stimulus.show(this.kind);
    } catch {
      this.stimulus.hide();
      this.banner(this.t("session.file_unreadable"));
      return;
    }
    this.banner("");
    this.link.say({ type: "second_phase" });
    this.enter("stimulus");
    this.focusOn("pause");
  }

  togglePause() {
    this.link.say({ type: this.held ? "resume" : "pause" });
    this.held = this.wished = !this.held;
    this.stimulus.hold(this.held);
    this.showButtons();
  }

  retakeHere() {
    this.held = this.wished = false;
    if (this.step === "stimulus") {
      this.link.say({ type: "retake", phase: "stimulus" });
      this.stimulus.show(this.kind).catch(() => this.banner(this.t("session.file_unreadable")));
      this.showButtons();
    } else {
      this.link.say({ type: "retake", phase: "baseline" });
      this.enter("baseline");
      this.focusOn("pause");
    }
  }

  lose(why) {
    if (!["ready", "baseline", "between", "stimulus"].includes(this.step) || this.lost) return;
    this.lost = why;
    if (this.step === "baseline" || this.step === "stimulus") {
      this.link.say({ type: "pause", reason: "camera_lost" });
    }
    this.flow.stop();
    this.source.stop();
    this.stimulus.hold(true);
    this.banner(this.t(`session.lost_${why}`));
    this.showButtons();
  }

  async regain() {
    if (!(await this.openSource())) return;
    this.lost = "";
    this.banner("");
    this.flow.start();
    if (!this.link.wanted) this.link.open();
    else if (this.step === "baseline" || this.step === "stimulus") this.link.say({ type: "resume" });
    this.stimulus.hold(false);
    this.showButtons();
    this.focusOn(this.step === "ready" ? "begin" : this.step === "between" ? "second" : "pause");
  }

  // ---- the end ----------------------------------------------------------------

  finish(message) {
    this.verdictShown = true;
    this.flow.stop();
    this.source.stop();
    this.stimulus.hide();
    showResult(this.find(".fms-result"), message, {
      t: this.t,
      strings: this.strings,
      emotions: this.emotions,
      onRetake: () => this.retakeSecond(),
      onAgain: () => this.restart(),
    });
    this.enter("result");
    this.find(".fms-result h2").focus({ preventScroll: true });
    this.root.scrollIntoView({ block: "start" });
    this.say(message.verdict.words[window.framemood.language].sentence);
    const until = performance.now() + KEEP_FOR_MS;
    // The baseline lives with the connection, and a silent one is closed.
    this.keeper = setInterval(() => {
      if (performance.now() > until || !this.link.say({ type: "progress" })) this.letGo();
    }, KEEP_MS);
  }

  async retakeSecond() {
    if (!this.link?.isOpen) {
      this.restart();
      return;
    }
    clearInterval(this.keeper);
    if (!(await this.openSource())) {
      this.restart();
      return;
    }
    Object.assign(this, { verdictShown: false, held: false, wished: false, lost: "" });
    this.flow.start();
    try {
      await this.stimulus.show(this.kind);
    } catch {
      this.stimulus.hide();
      this.banner(this.t("session.file_unreadable"));
    }
    this.link.say({ type: "retake", phase: "stimulus" });
    this.enter("stimulus");
    this.focusOn("pause");
  }

  letGo() {
    clearInterval(this.keeper);
    this.link?.close();
  }

  end() {
    this.letGo();
    this.flow?.stop();
    this.source.stop();
    this.stimulus.hide();
    this.root.dataset.link = "closed";
  }

  restart() {
    this.end();
    this.banner("");
    this.enter("consent");
    this.focusOn(this.form.elements.agree.checked ? "camera" : "sample");
  }

  // ---- hands --------------------------------------------------------------------

  bind() {
    const { form } = this;
    const camera = () => this.begin(() => this.source.openCamera(""));
    const clip = window.framemood.asset("framemood-sample.mp4").href;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (form.elements.agree.checked) camera();
    });
    form.elements.agree.addEventListener("change", () => {
      this.find("[data-do=camera]").disabled = !form.elements.agree.checked;
    });
    for (const radio of form.querySelectorAll("[name=fms-stimulus]")) {
      radio.addEventListener("change", () => {
        this.find(".fms-file").hidden = form.elements["fms-stimulus"].value !== "file";
      });
    }
    this.find(".fms-file input").addEventListener("change", (event) => {
      const [file] = event.target.files;
      this.stimulus.choose(file ?? null);
      put(this.find("[data-file-note]"), file ? this.t("session.file_chosen", { name: file.name }) : "");
    });
    const actions = {
      sample: () => this.begin(() => this.source.openClip(clip)),
      begin: () => this.startBaseline(),
      second: () => this.startSecond(),
      again: () => this.regain(),
      pause: () => this.togglePause(),
      retake: () => this.retakeHere(),
      cancel: () => this.restart(),
    };
    for (const [name, act] of Object.entries(actions)) {
      this.find(`[data-do=${name}]`).addEventListener("click", act);
    }
    document.addEventListener("visibilitychange", () => document.hidden && this.lose("hidden"));
    window.addEventListener("pagehide", () => this.end());
    new ResizeObserver(([entry]) => {
      // Another tab of the page is in front.
      if (entry.contentRect.width === 0) this.lose("hidden");
    }).observe(this.root);
  }
}
