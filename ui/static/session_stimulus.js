// What the visitor looks at in the second phase: drawn here, or a file of their own
// that is opened from their disk and never sent.

const CALM = ["#9fb8e8", "#b9d8d2", "#cfc6ea", "#a9cfe6"];
const LIVELY = ["#ffcf3f", "#ff6f91", "#3fc8ff", "#7ee081", "#ff9a3c", "#c58bff"];
// Measuring goes on beside it: without a graphics card each drawn pixel costs frames of the face.
const DRAWN_FPS = 24;
const MOST_WIDTH = { calm: 240, lively: 960 };
const calmMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export class Stimulus {
  constructor(place, t) {
    Object.assign(this, { place, t });
    this.file = null;
    this.address = null;
    this.drawing = 0;
  }

  choose(file) {
    this.file = file;
  }

  // kind: "calm", "lively", "file" or "none".
  async show(kind) {
    this.hide();
    if (kind === "none") return;
    this.place.hidden = false;
    if (kind === "file") await this.#showFile();
    else this.#animate(kind);
  }

  hold(on) {
    this.held = on;
    const video = this.place.querySelector("video");
    if (on) video?.pause();
    else video?.play().catch(() => {});
  }

  hide() {
    cancelAnimationFrame(this.drawing);
    this.held = false;
    this.place.querySelector("video")?.pause();
    this.place.replaceChildren();
    this.place.hidden = true;
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = null;
  }

  async #showFile() {
    this.address = URL.createObjectURL(this.file);
    const isPicture = this.file.type.startsWith("image/");
    const shown = document.createElement(isPicture ? "img" : "video");
    if (isPicture) shown.alt = "";
    else Object.assign(shown, { loop: true, playsInline: true });
    const ready = new Promise((resolve, reject) => {
      shown.addEventListener(isPicture ? "load" : "loadeddata", resolve, { once: true });
      shown.addEventListener("error", () => reject(new Error("unreadable")), { once: true });
    });
    shown.src = this.address;
    this.place.append(shown);
    await ready;
    if (!isPicture) {
      // With sound where the browser allows it, without where it does not.
      await shown.play().catch(() => {
        shown.muted = true;
        return shown.play();
      });
    }
  }

  #animate(kind) {
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", this.t(`session.stimulus_${kind}`));
    this.place.append(canvas);
    const draw = kind === "calm" ? drawCalm : drawLively;
    const still = calmMotion();
    let elapsed = 0;
    let before = -Infinity;
    const step = (nowMs) => {
      this.drawing = requestAnimationFrame(step);
      const since = nowMs - before;
      if (since < 1000 / DRAWN_FPS - 4) return;
      if (Number.isFinite(since) && !this.held) elapsed += Math.min(100, since) / 1000;
      before = nowMs;
      const { width, height } = this.place.getBoundingClientRect();
      const unit = Math.min(window.devicePixelRatio || 1, MOST_WIDTH[kind] / Math.max(1, width));
      const size = { width: Math.max(1, Math.round(width * unit)), height: Math.max(1, Math.round(height * unit)) };
      if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size);
      else if (still || this.held) return;
      draw(canvas.getContext("2d", { alpha: false }), size.width, size.height, still ? 3 : elapsed);
    };
    this.drawing = requestAnimationFrame(step);
  }
}

// Slow lights that breathe about six times a minute, the pace of a calm breath.
function drawCalm(context, width, height, timeS) {
  context.fillStyle = "#eef3f8";
  context.fillRect(0, 0, width, height);
  CALM.forEach((colour, i) => {
    const turn = (timeS / 24 + i / CALM.length) * 2 * Math.PI;
    const breath = 1 + 0.12 * Math.sin((timeS / 10) * 2 * Math.PI + i);
    const x = width * (0.5 + 0.24 * Math.cos(turn));
    const y = height * (0.5 + 0.24 * Math.sin(turn * 0.8));
    const radius = Math.min(width, height) * 0.48 * breath;
    const light = context.createRadialGradient(x, y, 0, x, y, radius);
    light.addColorStop(0, `${colour}dd`);
    light.addColorStop(1, `${colour}00`);
    context.fillStyle = light;
    context.fillRect(0, 0, width, height);
  });
}

// Discs that jump, each to its own beat; nothing flashes, whatever the screen.
function drawLively(context, width, height, timeS) {
  context.fillStyle = "#20274a";
  context.fillRect(0, 0, width, height);
  const count = 18;
  for (let i = 0; i < count; i++) {
    const beat = 0.8 + (i % 5) * 0.17;
    const jump = Math.abs(Math.sin(timeS * beat * Math.PI * 0.8 + i));
    const x = width * ((i + 0.5) / count) + Math.sin(timeS * 0.7 + i) * width * 0.03;
    const y = height * (0.86 - 0.66 * jump * (0.6 + 0.4 * Math.sin(i * 7)));
    const radius = Math.min(width, height) * (0.035 + 0.025 * ((i * 37) % 5) / 5);
    context.fillStyle = LIVELY[i % LIVELY.length];
    context.beginPath();
    context.ellipse(x, y, radius * (1 + 0.2 * (1 - jump)), radius * (0.85 + 0.3 * jump), 0, 0, 2 * Math.PI);
    context.fill();
  }
}
