// How often reports are drawn, and how old their pictures are by then.

const RATE_OVER = 30;
const SHARE = 0.1;

export class Pace {
  constructor() {
    this.drawnAtMs = [];
    this.latencyMs = NaN;
  }

  /** Frames a second over the last ones; NaN before there are two. */
  get fps() {
    const times = this.drawnAtMs;
    if (times.length < 2) return NaN;
    return ((times.length - 1) * 1000) / (times.at(-1) - times[0]);
  }

  drawn(nowMs, latencyMs) {
    this.latencyMs = Number.isFinite(this.latencyMs)
      ? this.latencyMs + (latencyMs - this.latencyMs) * SHARE
      : latencyMs;
    this.drawnAtMs.push(nowMs);
    if (this.drawnAtMs.length > RATE_OVER) this.drawnAtMs.shift();
  }
}
