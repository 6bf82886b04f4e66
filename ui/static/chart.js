// The last minute of quality and its parts, as inline SVG.

const SPAN_S = 60;
const BIN_S = 0.25;
const MOST_GAP_BINS = 4;
const WIDTH = 1200;
const HEIGHT = 120;
const PAD = 4;

// A line's dash says which one it is where its colour cannot be told.
const SERIES = [
  { key: "quality", of: (q) => q.quality_score, dash: "", wide: true },
  { key: "sharpness", of: (q) => 1 - q.blur_score, dash: "" },
  { key: "brightness", of: (q) => q.brightness / 255, dash: "1 5" },
  { key: "noise", of: (q) => q.noise_level, dash: "7 5" },
];

const shown = {
  quality: (q) => q.quality_score.toFixed(2),
  sharpness: (q) => (1 - q.blur_score).toFixed(2),
  brightness: (q) => `${q.brightness.toFixed(0)} / 255`,
  noise: (q) => q.noise_level.toFixed(2),
};

export class Chart {
  constructor(plot, legend, t) {
    this.t = t;
    this.plot = plot;
    plot.innerHTML = `
      <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
        <g class="fm-weak"></g>
        <path class="fm-grid" d="M0 ${level(1)}H${WIDTH}M0 ${level(0)}H${WIDTH}"></path>
        <path class="fm-threshold"></path>
        ${SERIES.map(
          (s) => `<path class="fm-line${s.wide ? " fm-wide" : ""}" data-series="${s.key}"
            stroke-dasharray="${s.dash}" style="stroke:var(--fm-${s.key})"></path>`,
        ).join("")}
      </svg>
      <span class="fm-tick" style="top:0">1</span><span class="fm-tick" style="bottom:0">0</span>
      <span class="fm-threshold-label"></span>`;
    legend.innerHTML =
      SERIES.map(
        (s) => `<span class="fm-key" data-key="${s.key}" tabindex="0" data-tip="live.tip_${s.key}">
          <svg viewBox="0 0 20 8" aria-hidden="true"><path d="M1 4H19" stroke-dasharray="${s.dash}"
            style="stroke:var(--fm-${s.key})" stroke-width="${s.wide ? 3 : 2}"></path></svg>
          ${t(`common.${s.key}`)} <b>–</b></span>`,
      ).join("") +
      `<span class="fm-key fm-key-weak"><i></i>${t("live.weak")}</span>
       <span class="fm-span">${t("live.last_minute")}</span>`;
    this.values = new Map(
      [...legend.querySelectorAll("[data-key]")].map((key) => [
        key.dataset.key,
        key.querySelector("b"),
      ]),
    );
    this.weak = plot.querySelector(".fm-weak");
    this.lines = [...plot.querySelectorAll(".fm-line")];
    this.thresholdLine = plot.querySelector(".fm-threshold");
    this.thresholdLabel = plot.querySelector(".fm-threshold-label");
    this.clear();
    this.setThreshold(0.5);
  }

  clear() {
    this.bins = [];
    this.last = null;
    this.draw(0);
  }

  setThreshold(value) {
    this.threshold = value;
    this.thresholdLine.setAttribute("d", `M0 ${level(value)}H${WIDTH}`);
    this.thresholdLabel.textContent = `${this.t("common.threshold")} ${value.toFixed(2)}`;
    this.thresholdLabel.style.top = `${(level(value) / HEIGHT) * 100}%`;
    this.thresholdLabel.classList.toggle("fm-under", value > 0.8);
  }

  add(timeS, quality) {
    const values = SERIES.map((s) => s.of(quality));
    if (!values.every(Number.isFinite)) return;
    this.last = quality;
    const at = Math.floor(timeS / BIN_S);
    const bin = this.bins.at(-1);
    if (bin?.at === at) {
      bin.count++;
      values.forEach((value, i) => (bin.values[i] += (value - bin.values[i]) / bin.count));
    } else {
      this.bins.push({ at, count: 1, values });
      const oldest = at - SPAN_S / BIN_S - 1;
      while (this.bins[0].at < oldest) this.bins.shift();
    }
  }

  draw(nowS) {
    const x = (bin) => ((bin.at * BIN_S - nowS + SPAN_S) / SPAN_S) * WIDTH;
    this.lines.forEach((line, i) => {
      let path = "";
      let before = null;
      for (const bin of this.bins) {
        const joins = before !== null && bin.at - before <= MOST_GAP_BINS;
        path += `${joins ? "L" : "M"}${x(bin).toFixed(1)} ${level(bin.values[i]).toFixed(1)}`;
        before = bin.at;
      }
      line.setAttribute("d", path);
    });
    this.weak.innerHTML = this.#weakStretches()
      .map(([from, to]) => {
        const left = x({ at: from });
        const width = x({ at: to + 1 }) - left;
        return `<rect x="${left.toFixed(1)}" width="${width.toFixed(1)}" height="${HEIGHT}"></rect>
          <rect class="fm-weak-bar" x="${left.toFixed(1)}" width="${width.toFixed(1)}" height="3"></rect>`;
      })
      .join("");
    for (const [key, value] of this.values) {
      value.textContent = this.last ? shown[key](this.last) : "–";
    }
  }

  #weakStretches() {
    const stretches = [];
    for (const { at, values } of this.bins) {
      if (values[0] >= this.threshold) continue;
      const last = stretches.at(-1);
      if (last && at - last[1] <= MOST_GAP_BINS) last[1] = at;
      else stretches.push([at, at]);
    }
    return stretches;
  }
}

function level(value) {
  const held = Math.min(1, Math.max(0, value));
  return HEIGHT - PAD - held * (HEIGHT - 2 * PAD);
}
