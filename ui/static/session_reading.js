// How well the face is read while the session measures, and what would help.

import { put } from "./words.js";

const STEADY_MS = 700;

export class Reading {
  constructor(root, t, strings) {
    Object.assign(this, { root, t, strings });
    this.place = root.querySelector(".fms-reading");
  }

  show(report) {
    const face = report.faces.reduce((best, one) => (!best || one.box[2] > best.box[2] ? one : best), null);
    let grade = "good";
    let words = this.t("session.reading_good");
    if (!face) [grade, words] = ["poor", this.t("session.reading_none")];
    else if (face.trust < 0.25) [grade, words] = ["poor", this.#advice(face)];
    else if (face.trust_reason) [grade, words] = ["fair", this.#advice(face)];
    else if (report.faces.length > 1) [grade, words] = ["fair", this.t("session.reading_several")];
    const nowMs = performance.now();
    // A remark that flickers cannot be followed.
    if (words !== this.said && nowMs - (this.saidMs ?? -STEADY_MS) < STEADY_MS) return;
    if (words !== this.said) this.saidMs = nowMs;
    this.said = words;
    this.place.dataset.grade = grade;
    put(this.place.querySelector("span"), words);
    this.root.dataset.faces = String(report.faces.length);
  }

  /** While nothing is read: nothing is claimed. */
  clear() {
    this.said = undefined;
    this.place.dataset.grade = "";
    put(this.place.querySelector("span"), "");
    delete this.root.dataset.faces;
  }

  #advice(face) {
    return this.strings[`common.reason_${face.trust_reason}`] ?? this.t("session.reading_low");
  }
}
