// The flow of a camera that the server opens: its newest frame is asked for, one at a time.
// It stands in for Flow, which sends the pictures of this browser's own camera.

import { Pace } from "./pace.js";

const AGAIN_MS = 150;
const LOST_MS = 8000;

export class StreamFlow {
  // onReport(report, picture, drawn) draws; onState(message) shows what the camera is doing.
  constructor({ link, onReport, onState }) {
    Object.assign(this, { link, onReport, onState });
    this.fpsLimit = 30;
    this.running = false;
    this.asked = 0;
    this.reset();
  }

  reset() {
    clearTimeout(this.timer);
    this.asked++;
    this.pace = new Pace();
    this.dropped = 0;
  }

  start() {
    this.running = true;
    if (this.link.isOpen) this.#ask();
  }

  // The link opens, or opens again.
  opened() {
    if (this.running) this.#ask();
  }

  stop() {
    this.running = false;
    this.reset();
  }

  #ask() {
    clearTimeout(this.timer);
    if (!this.running || !this.link.say({ type: "next", id: ++this.asked })) return;
    this.askedAtMs = performance.now();
    // An answer that is lost must not end the flow.
    this.timer = setTimeout(() => this.#ask(), LOST_MS);
  }

  async answered(message) {
    if (!this.running || message.id !== this.asked) return;
    if (message.type !== "report") {
      if (message.type === "stream") this.onState(message);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.#ask(), AGAIN_MS);
      return;
    }
    const cameMs = performance.now();
    const picture = await createImageBitmap(jpegOf(message.image));
    // Stopped, or another camera was opened meanwhile.
    if (!this.running || message.id !== this.asked) return;
    this.dropped = message.dropped;
    this.onReport(message, picture, () => this.#drawn(cameMs, message.age_ms));
    picture.close();
    clearTimeout(this.timer);
    const rest = 1000 / this.fpsLimit - (performance.now() - this.askedAtMs);
    this.timer = setTimeout(() => this.#ask(), Math.max(0, rest));
  }

  #drawn(cameMs, ageMs) {
    const nowMs = performance.now();
    // From the server's first sight of the frame; what the camera itself takes nobody knows.
    this.pace.drawn(nowMs, ageMs + nowMs - cameMs);
  }
}

function jpegOf(dataUrl) {
  const bytes = Uint8Array.from(atob(dataUrl.slice(dataUrl.indexOf(",") + 1)), (c) => c.charCodeAt(0));
  return new Blob([bytes], { type: "image/jpeg" });
}
