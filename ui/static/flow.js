// The flow of frames: when to take one, how many may be under way, whose report is drawn.

import { jpegOf } from "./encode.js";
import { Pace } from "./pace.js";

const PICTURE = { width: 640, height: 480, quality: 0.7 };
const MOST_UNDER_WAY = 4;
const LOST_MS = 5000;

export class Flow {
  // onReport(report, picture, drawn) draws, then calls drawn(); onPlain(picture, width, height) shows the camera while no report comes.
  constructor({ video, link, onReport, onPlain }) {
    Object.assign(this, { video, link, onReport, onPlain });
    this.fpsLimit = 30;
    this.running = false;
    this.generation = 0;
    this.nextId = 1;
    this.spare = [];
    this.timeS = 0;
    this.reset();
  }

  reset() {
    this.generation++;
    for (const frame of this.underWay?.values() ?? []) this.spare.push(frame.canvas);
    this.underWay = new Map();
    this.allowed = 2;
    this.most = MOST_UNDER_WAY;
    this.travelMs = 0;
    this.workMs = 20;
    this.lastTakenMs = -Infinity;
    this.lastDrawnId = 0;
    this.pace = new Pace();
    this.skipped = 0;
    this.droppedThere = 0;
  }

  start() {
    if (this.running) return;
    this.running = true;
    this.#await();
  }

  stop() {
    this.running = false;
    this.reset();
  }

  get dropped() {
    return this.skipped + this.droppedThere;
  }

  #await() {
    if (!this.running) return;
    const next = (nowMs, metadata) => {
      if (!this.running) return;
      this.#frame(performance.now(), metadata);
      this.#await();
    };
    if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(next);
    else requestAnimationFrame(next);
  }

  #frame(nowMs, metadata) {
    if (!this.video.videoWidth) return;
    // A camera's own jitter must not halve the rate when the limit equals its rate.
    if (nowMs - this.lastTakenMs < 1000 / this.fpsLimit - 6) return;
    if (!this.link.isOpen) {
      this.lastTakenMs = nowMs;
      this.onPlain(this.video, this.video.videoWidth, this.video.videoHeight);
      return;
    }
    this.#forgetLost(nowMs);
    if (this.underWay.size >= this.allowed) {
      this.skipped++;
      return;
    }
    this.lastTakenMs = nowMs;
    const captured = metadata?.captureTime;
    this.#take(captured > nowMs - 1000 && captured <= nowMs ? captured : nowMs);
  }

  async #take(capturedMs) {
    const { videoWidth, videoHeight } = this.video;
    const scale = Math.min(PICTURE.width / videoWidth, PICTURE.height / videoHeight, 1);
    const canvas = this.spare.pop() ?? new OffscreenCanvas(PICTURE.width, PICTURE.height);
    const width = Math.max(16, Math.round(videoWidth * scale));
    const height = Math.max(16, Math.round(videoHeight * scale));
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    canvas.getContext("2d", { alpha: false, willReadFrequently: true }).drawImage(this.video, 0, 0, width, height);
    const id = this.nextId++;
    const generation = this.generation;
    const frame = { canvas, capturedMs, sentMs: performance.now() };
    // Media time rises, whichever clock a frame's own time comes from.
    const timeS = (this.timeS = Math.max(this.timeS + 0.001, capturedMs / 1000));
    this.underWay.set(id, frame);
    const jpeg = await jpegOf(canvas, PICTURE.quality);
    if (generation !== this.generation) return;
    frame.sentMs = performance.now();
    if (!this.link.sendFrame(id, jpeg, timeS)) this.#free(id);
  }

  // Takes every message of the server that names a frame.
  answered(message) {
    const frame = this.underWay.get(message.id);
    if (!frame) return;
    const nowMs = performance.now();
    this.underWay.delete(message.id);
    if (message.type === "report" && message.status !== "dropped") {
      this.droppedThere = message.dropped;
      // A crowded server asks for fewer.
      this.most = Math.min(MOST_UNDER_WAY, message.under_way ?? MOST_UNDER_WAY);
      this.#adapt(nowMs - frame.sentMs, message.wait_ms, message.system?.latency_ms);
      if (message.id > this.lastDrawnId) {
        this.lastDrawnId = message.id;
        this.onReport(message, frame.canvas, () => this.#drawn(frame));
      }
    } else if (message.status === "dropped") {
      this.droppedThere = message.dropped;
      this.allowed = Math.max(1, this.allowed - 1);
    } else {
      this.onPlain(frame.canvas, frame.canvas.width, frame.canvas.height);
    }
    this.spare.push(frame.canvas);
  }

  #drawn(frame) {
    const nowMs = performance.now();
    this.pace.drawn(nowMs, nowMs - frame.capturedMs);
  }

  // One frame at work and as many on the way as fit into the time they travel.
  #adapt(roundTripMs, waitMs, workMs) {
    const work = workMs ?? this.workMs;
    const travel = Math.max(0, roundTripMs - work - (waitMs ?? 0));
    this.workMs += (work - this.workMs) * 0.1;
    this.travelMs += (travel - this.travelMs) * 0.1;
    const every = Math.max(this.workMs, 1000 / this.fpsLimit);
    this.allowed = Math.min(this.most, 1 + Math.max(1, Math.ceil(this.travelMs / every)));
  }

  #forgetLost(nowMs) {
    for (const [id, frame] of this.underWay) {
      if (nowMs - frame.sentMs > LOST_MS) this.#free(id);
    }
  }

  #free(id) {
    const frame = this.underWay.get(id);
    if (!frame) return;
    this.underWay.delete(id);
    this.spare.push(frame.canvas);
  }
}
