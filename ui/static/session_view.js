// What of a Mood session is seen and heard: its step, the words, the countdown, the buttons.

import { layWords, put, tell } from "./words.js";

export class SessionView {
  constructor(root, t) {
    Object.assign(this, { root, t });
    this.find = (selector) => root.querySelector(selector);
    layWords(root, t);
  }

  // ---- words -------------------------------------------------------------

  say(words) {
    put(this.find(".fm-aloud"), words);
  }

  trouble(words) {
    tell(this.find(".fms-trouble"), words);
  }

  banner(words) {
    tell(this.find(".fm-banner"), words);
  }

  // ---- where the session stands --------------------------------------------

  // consent, ready, baseline, between, stimulus, result
  enter(step) {
    this.step = step;
    this.root.dataset.step = step;
    for (const part of this.root.querySelectorAll("[data-show]")) {
      part.hidden = !part.dataset.show.split(" ").includes(step);
    }
    for (const item of this.root.querySelectorAll(".fms-steps li")) {
      const here = item.dataset.at.split(" ").includes(step);
      if (here) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    }
    this.showButtons();
    if (!["consent", "result"].includes(step)) this.nameStep();
  }

  showButtons() {
    const { step, lost, held } = this;
    const measuring = step === "baseline" || step === "stimulus";
    const show = (name, on) => (this.find(`.fms-run [data-do=${name}]`).hidden = !on);
    show("begin", step === "ready" && !lost);
    show("second", step === "between" && !lost);
    show("again", Boolean(lost));
    show("pause", measuring && !lost);
    show("retake", !lost && (step === "between" || measuring));
    show("cancel", true);
    const pause = this.find("[data-do=pause]");
    pause.setAttribute("aria-pressed", String(Boolean(held)));
    put(pause.querySelector("span"), this.t(held ? "session.resume" : "session.pause"));
  }

  nameStep() {
    const title = this.t(`session.${this.step}_title`);
    put(this.find(".fms-title"), title);
    const key = this.step === "stimulus" || this.step === "between" ? `${this.step}_${this.kind}` : this.step;
    put(this.find(".fms-text"), this.t(`session.${key}_text`, this.lengths));
    this.say(title);
    if (this.step === "ready" || this.step === "between") this.ring(null);
  }

  ring(left, length = 1) {
    const share = left === null ? 1 : Math.max(0, Math.min(1, left / length));
    this.find(".fms-left").style.strokeDashoffset = String(100 * (1 - share));
    put(this.find(".fms-count"), left === null ? String(this.nextLength) : String(Math.ceil(left)));
  }

  get nextLength() {
    return this.step === "between" ? this.lengths.stimulus : this.lengths.baseline;
  }

  focusOn(name) {
    this.find(`[data-do=${name}]`)?.focus({ preventScroll: true });
  }
}
