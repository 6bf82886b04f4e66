// Numbers, lengths and colours of the Quality tab, each written one way.

/** Measures in the order of the legend: colour role, dash, and how a value is written. */
export const MEASURES = {
  quality: { role: "quality", width: 2.5, write: (value) => value.toFixed(2) },
  sharpness: { role: "sharpness", dash: "6px,3px", write: (value) => value.toFixed(2) },
  brightness: { role: "brightness", dash: "2px,3px", write: (value) => String(Math.round(value * 255)) },
  noise: { role: "noise", dash: "8px,3px,2px,3px", write: (value) => value.toFixed(2) },
  fps: { role: "accent", write: (value) => value.toFixed(1) },
  ocr: { role: "fear", write: (value) => value.toFixed(2) },
  trust: { role: "accent", write: (value) => value.toFixed(2) },
  risk: { role: "poor", width: 2, write: (value) => String(Math.round(value * 100)) },
  risk_now: { role: "fair", dash: "2px,3px", write: (value) => String(Math.round(value * 100)) },
};

const KINDS = [
  "freeze", "unreadable", "lost", "black", "covered", "washed_out", "defocused", "noise_burst",
  "moved", "stutter", "clock",
];

/** Colour role of a kind of incident; what is not known is as grave as a weak picture. */
export const roleOf = (kind) => (KINDS.includes(kind) ? `incident-${kind}` : "poor");

/** How long something is: 4.2 s, 12 min, 3 h 05 min. */
export function lasting(seconds, t) {
  if (seconds < 60) return t("quality.seconds", { value: seconds.toFixed(1) });
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return t("quality.minutes", { value: minutes });
  return t("quality.hours", { hours: Math.floor(minutes / 60), minutes: String(minutes % 60).padStart(2, "0") });
}

/** Bytes as a person reads them. */
export function size(bytes) {
  return bytes >= 1e5 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.max(0.1, bytes / 1e3).toFixed(1)} kB`;
}

/** Good, fair or poor, as everywhere on the page. */
export function grade(score, threshold) {
  if (score < threshold) return "poor";
  return score < threshold + 0.15 ? "fair" : "good";
}

/** Low, raised or high. */
export function level(risk) {
  if (risk < 0.3) return { word: "low", role: "good" };
  return risk < 0.6 ? { word: "raised", role: "fair" } : { word: "high", role: "poor" };
}

/** What a colour role is in the theme of the moment, as numbers that a canvas understands. */
export function palette(element) {
  const probe = document.createElement("span");
  element.append(probe);
  const known = new Map();
  const look = (role) => {
    if (!known.has(role)) {
      probe.style.color = `var(--fm-${role})`;
      known.set(role, getComputedStyle(probe).color);
    }
    return known.get(role);
  };
  const roles = ["ink", "soft", "line", "card", "accent", "good", "fair", "poor",
    ...Object.values(MEASURES).map((measure) => measure.role), ...KINDS.map(roleOf)];
  for (const role of roles) look(role);
  probe.remove();
  return (role, alpha = 1) => {
    const colour = known.get(role) || known.get("ink");
    const [red, green, blue] = (colour.match(/[\d.]+/g) || [0, 0, 0]).map(Number);
    return alpha === 1 ? colour : `rgba(${red},${green},${blue},${alpha})`;
  };
}

/** Value of a rising series at a place, straight between its points. */
export function between(xs, ys, x) {
  let low = 0;
  let high = xs.length - 1;
  if (high < 1) return ys[0] + (x - xs[0]);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= x) low = middle;
    else high = middle;
  }
  const span = xs[high] - xs[low];
  return ys[low] + (span > 0 ? ((x - xs[low]) / span) * (ys[high] - ys[low]) : 0);
}

/** The point of a line next to a time; null in a gap or where nothing is. */
export function valueAt(line, time, reach) {
  if (!line || !line.t.length) return null;
  let low = 0;
  let high = line.t.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (line.t[middle] <= time) low = middle;
    else high = middle;
  }
  const near = Math.abs(line.t[high] - time) < Math.abs(time - line.t[low]) ? high : low;
  return Math.abs(line.t[near] - time) <= reach ? line.v[near] : null;
}

/** What every chart hands to Plotly: it draws, and the page has its own tools. */
export const PLOTLY = { displayModeBar: false, responsive: false, doubleClick: false, showTips: false, showAxisDragHandles: false };

let plotly = null;

/** Plotly, fetched once and only when something is to be drawn. */
export function drawing() {
  plotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = window.framemood.asset("framemood-plotly.js").href;
    script.addEventListener("load", () => resolve(window.Plotly));
    script.addEventListener("error", () => {
      plotly = null;
      reject(new Error("plotly"));
    });
    document.head.append(script);
  });
  return plotly;
}
