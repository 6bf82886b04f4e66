// The figures beside the picture: meters and faces. Redrawn a few times a second,
// since figures that change with every frame cannot be read.

import { put } from "./words.js";

// Calm order, by how often each is seen; bars never change places.
const ORDER = ["happiness", "surprise", "neutral", "sadness", "anger", "fear", "disgust"];
const GOOD = 0.7;
const FEWEST_OPEN = 1;
const LIKELY = 0.2;

export const percent = (value) => `${Math.round(value * 100)} %`;

export function gradeOf(score, threshold) {
  if (score < threshold) return "poor";
  return score < Math.max(GOOD, threshold) ? "fair" : "good";
}

export class Meters {
  constructor(root, t) {
    this.t = t;
    this.cells = new Map(
      [...root.querySelectorAll("[data-meter]")].map((cell) => [cell.dataset.meter, cell]),
    );
  }

  show({ quality, risk, fps, latencyMs, dropped, system, threshold }) {
    const reason = risk && risk.within_30_s >= LIKELY ? risk.reasons[0] : "";
    this.#put(
      "risk",
      risk ? Math.round(risk.within_30_s * 100).toFixed(0) : "–",
      reason ? this.t(`live.risk_${reason}`) : "",
    );
    this.#put("fps", Number.isFinite(fps) ? fps.toFixed(1) : "–", this.t("live.skipped", { count: dropped }));
    this.#put("latency", Number.isFinite(latencyMs) ? latencyMs.toFixed(0) : "–");
    this.#put("cpu", system ? system.cpu_percent.toFixed(0) : "–");
    this.#put("memory", system ? system.rss_mb.toFixed(0) : "–");
    const cell = this.cells.get("quality");
    if (!quality) {
      delete cell.dataset.grade;
      this.#put("quality", "–", "");
      return;
    }
    const grade = gradeOf(quality.quality_score, threshold);
    cell.dataset.grade = grade;
    const note = grade === "poor" ? "live.below" : "live.above";
    this.#put(
      "quality",
      quality.quality_score.toFixed(2),
      this.t(note, { grade: this.t(`common.${grade}`), threshold: threshold.toFixed(2) }),
    );
  }

  clear() {
    this.show({ quality: null, risk: null, fps: NaN, latencyMs: NaN, dropped: 0, system: null, threshold: 0.5 });
    this.#put("fps", "–", "");
  }

  #put(name, value, note) {
    const cell = this.cells.get(name);
    put(cell.querySelector(".fm-value"), value);
    const place = cell.querySelector(".fm-note");
    if (place) put(place, note ?? "");
  }
}

// What is wrong now, the gravest alone: its name, how long, and what to do.
export class Incident {
  constructor(place, t) {
    this.place = place;
    this.t = t;
  }

  show(incidents, language) {
    const [first] = incidents;
    this.place.hidden = !first;
    this.place.dataset.kind = first?.kind ?? "";
    if (!first) return;
    const seconds = Math.round(first.duration_s);
    const part = (name) => this.place.querySelector(`[data-part=${name}]`);
    put(part("what"), `▲ ${first.words[language]}`);
    // Not for those who listen, who would hear every second.
    put(part("time"), `· ${this.t("live.seconds", { seconds })}`);
    put(part("advice"), first.advice[language]);
  }
}

export class Faces {
  constructor(list, { t, emotions, onSelect }) {
    Object.assign(this, { list, t, emotions, onSelect });
    this.cards = new Map();
    this.selected = null;
  }

  show(faces) {
    const present = new Set(faces.map((face) => face.track_id));
    for (const [id, card] of this.cards) {
      if (present.has(id)) continue;
      card.root.remove();
      this.cards.delete(id);
    }
    if (!present.has(this.selected)) this.selected = null;
    const opened = this.selected ?? faces[0]?.track_id;
    for (const face of faces) {
      let card = this.cards.get(face.track_id);
      if (!card) {
        card = this.#card(face.track_id);
        this.cards.set(face.track_id, card);
        this.list.append(card.root);
      }
      this.#fill(card, face, face.track_id === opened || faces.length <= FEWEST_OPEN);
    }
  }

  clear() {
    this.show([]);
  }

  #card(id) {
    const root = document.createElement("article");
    root.className = "fm-face";
    root.innerHTML = `
      <button type="button" class="fm-face-head">
        <span class="fm-face-name"></span><span class="fm-face-emotion"></span>
      </button>
      <div class="fm-bars">${ORDER.map(
        (name) => `<div class="fm-bar" data-emotion="${name}" style="--tint:var(--fm-${name})">
          <span></span><i><u></u></i><em></em></div>`,
      ).join("")}</div>
      <p class="fm-trust" tabindex="0" data-tip="live.tip_trust"></p>`;
    root.querySelector("button").addEventListener("click", () => {
      this.selected = this.selected === id ? null : id;
      this.onSelect(this.selected);
    });
    put(root.querySelector(".fm-face-name"), this.t("common.face", { number: id }));
    for (const bar of root.querySelectorAll(".fm-bar")) {
      put(bar.querySelector("span"), this.t(`common.${bar.dataset.emotion}`));
    }
    return {
      root,
      head: root.querySelector("button"),
      emotion: root.querySelector(".fm-face-emotion"),
      bars: [...root.querySelectorAll(".fm-bar")],
      trust: root.querySelector(".fm-trust"),
    };
  }

  #fill(card, face, isOpen) {
    card.root.dataset.open = String(isOpen && face.emotion !== null);
    card.head.setAttribute("aria-expanded", String(isOpen));
    if (face.emotion === null) {
      put(card.emotion, this.t("live.score", { score: percent(face.score) }));
      put(card.trust, "");
      return;
    }
    put(card.emotion, `${this.t(`common.${face.emotion}`)} ${percent(face.confidence)}`);
    card.emotion.style.color = `var(--fm-${face.emotion})`;
    for (const bar of card.bars) {
      const value = face.probabilities[this.emotions.indexOf(bar.dataset.emotion)];
      bar.classList.toggle("fm-top", bar.dataset.emotion === face.emotion);
      bar.querySelector("u").style.transform = `scaleX(${value})`;
      put(bar.querySelector("em"), percent(value));
    }
    const reason = face.trust_reason ? this.t(`common.reason_${face.trust_reason}`) : "";
    card.trust.classList.toggle("fm-doubt", reason !== "");
    const words = this.t("live.trust", { value: face.trust.toFixed(2), reason });
    put(card.trust, reason ? words : words.replace(/\.\s*$/, ""));
  }
}
