// The mood a visitor asks for: its emotions, its goal, and its colours as chips.

import { byStrength, EMOTIONS, SHARES } from "./films_link.js";
import { h, icon } from "./films_dom.js";

const GOALS = ["match", "lift"];
const METHODS = ["palette", "original"];

/** A row of options of which one holds. */
export function segments(name, options, chosen, legend, onChoose) {
  return h(
    "fieldset",
    { class: "fmf-segments" },
    h("legend", { class: "fm-aloud" }, legend),
    options.map(({ value, label, tip }) =>
      h(
        "label",
        { title: tip },
        h("input", { type: "radio", name, value, checked: value === chosen, on: { change: () => onChoose(value) } }),
        h("span", {}, label),
      ),
    ),
  );
}

/** Emotions by hand: one primary, two secondary, or a weight for each of the seven. */
export class MoodPicker {
  constructor(page, onChange) {
    Object.assign(this, { page, onChange });
    this.root = h("div", { class: "fmf-picker" });
    this.tuning = h("div", { class: "fmf-tuning" });
    const { t } = page;
    this.details = h("details", { class: "fmf-more" }, h("summary", {}, t("fine_tune")), this.tuning);
  }

  show(choice) {
    const { t } = this.page;
    const chosen = byStrength(choice.mood).slice(0, 3);
    const words = ["mostly", "with", "and"];
    const selects = words.map((word, place) => this.select(choice, chosen, word, place));
    const goals = GOALS.map((value) => ({ value, label: t(`goal_${value}`), tip: t(`goal_${value}_tip`) }));
    const goal = segments("fmf-goal", goals, choice.goal, t("goal"), (value) => this.onChange({ goal: value, colours: null }));
    keepFocus(this.root, () => this.root.replaceChildren(h("div", { class: "fmf-emotions" }, selects), goal));
    this.showTuning(choice);
  }

  select(choice, chosen, word, place) {
    const { t } = this.page;
    const current = chosen[place] || "";
    const options = EMOTIONS.map((name) => h("option", { value: name, selected: name === current }, t(`common.${name}`)));
    if (place > 0) options.unshift(h("option", { value: "", selected: !current }, t("nothing")));
    const select = h(
      "select",
      {
        id: `fmf-emotion-${place + 1}`,
        "aria-label": t(`emotion_${place + 1}`),
        on: { change: () => this.choose(chosen, place, select.value) },
      },
      options,
    );
    const share = current ? h("small", {}, t("percent", { value: shareOf(choice.mood, current) })) : null;
    return h(
      "div",
      { class: "fmf-emotion", style: current ? `--tone:var(--fm-${current})` : "" },
      h("label", { for: select.id }, t(word)),
      h("div", { class: "fmf-select" }, h("i", { class: "fmf-tone" }), select, share),
    );
  }

  choose(chosen, place, name) {
    const names = [0, 1, 2].map((index) => chosen[index] || "");
    const twin = names.indexOf(name);
    // An emotion stands once: choosing it elsewhere swaps the two.
    if (name && twin >= 0) names[twin] = names[place];
    names[place] = name;
    const mood = {};
    names.filter(Boolean).forEach((emotion, index) => {
      mood[emotion] = SHARES[index];
    });
    this.onChange({ mood, colours: null });
  }

  showTuning(choice) {
    const { t } = this.page;
    if (this.tuning.contains(document.activeElement) && document.activeElement.type === "range") {
      this.showFigures(choice);
      return;
    }
    const sliders = EMOTIONS.map((name) => {
      const slider = h("input", {
        type: "range",
        min: 0,
        max: 100,
        step: 1,
        value: Math.round(choice.mood[name] || 0),
        "aria-label": t("weight_of", { emotion: t(`common.${name}`) }),
        on: { input: () => this.weigh(name, Number(slider.value), slider) },
      });
      return h(
        "label",
        { class: "fmf-slider", style: `--tone:var(--fm-${name})`, data: { emotion: name } },
        h("span", {}, t(`common.${name}`)),
        slider,
        h("output", {}, ""),
      );
    });
    const methods = METHODS.map((value) => ({ value, label: t(`method_${value}`), tip: t(`method_${value}_tip`) }));
    const method = segments("fmf-method", methods, choice.method, t("method"), (value) => this.onChange({ method: value }));
    keepFocus(this.tuning, () =>
      this.tuning.replaceChildren(
        h("div", {}, h("h4", {}, t("weights")), h("div", { class: "fmf-sliders" }, sliders)),
        h("div", {}, h("h4", {}, t("method")), method, h("p", { class: "fmf-soft" }, t(`method_${choice.method}_tip`))),
      ),
    );
    this.showFigures(choice);
  }

  showFigures(choice) {
    this.choice = choice;
    for (const row of this.tuning.querySelectorAll(".fmf-slider")) {
      row.querySelector("output").textContent = this.page.t("percent", { value: shareOf(choice.mood, row.dataset.emotion) });
    }
  }

  weigh(name, value, slider) {
    const mood = { ...this.choice.mood, [name]: value };
    if (!Object.values(mood).some((weight) => weight > 0)) {
      slider.value = mood[name] = 1;
    }
    this.onChange({ mood, colours: null });
  }
}

/** Share of an emotion in a mood, whole percent of the sum. */
export function shareOf(mood, name) {
  const total = Object.values(mood).reduce((sum, weight) => sum + weight, 0);
  return total > 0 ? Math.round((100 * (mood[name] || 0)) / total) : 0;
}

/** The mood's colours: each can be changed or left out, and the ranking follows. */
export class Colours {
  constructor(page, onChange) {
    Object.assign(this, { page, onChange });
    this.root = h("section", { class: "fmf-colours", "aria-label": page.t("colours") });
  }

  /** @param colours what is ranked by; @param changed whether the visitor touched them */
  show(colours, changed) {
    // A colour being dragged in the system's picker keeps its input.
    if (this.picking && this.picking.isConnected) return;
    const { t } = this.page;
    this.colours = colours;
    const total = colours.reduce((sum, colour) => sum + (colour.on ? colour.weight : 0), 0);
    const groups = new Map();
    colours.forEach((colour, place) => {
      if (!groups.has(colour.emotion)) groups.set(colour.emotion, []);
      groups.get(colour.emotion).push(this.chip(colour, place, total));
    });
    const sections = [...groups].map(([emotion, chips]) =>
      h(
        "div",
        { class: "fmf-group" },
        h("p", { class: "fmf-group-name", title: t("associated_source") }, t("associated", { emotion: t(emotion === "calm" ? "calm" : `common.${emotion}`) })),
        h("div", { class: "fmf-chips" }, chips),
      ),
    );
    const reset = changed && h("button", { type: "button", class: "fmf-button fmf-quiet", data: { key: "reset" }, on: { click: () => this.onChange(null) } }, t("colours_reset"));
    keepFocus(this.root, () =>
      this.root.replaceChildren(
        h("div", { class: "fmf-colours-head" }, h("p", { class: "fmf-soft" }, t("colours_hint")), reset),
        h("div", { class: "fmf-groups" }, sections),
      ),
    );
  }

  chip(colour, place, total) {
    const { t } = this.page;
    const emotion = t(colour.emotion === "calm" ? "calm" : `common.${colour.emotion}`);
    const share = colour.on && total > 0 ? Math.round((100 * colour.weight) / total) : 0;
    const input = h("input", {
      type: "color",
      value: colour.rgb,
      data: { key: `colour-${place}` },
      "aria-label": t("colour_change", { colour: colour.rgb, share, emotion }),
      on: {
        input: () => {
          this.picking = input;
          swatch.style.setProperty("--c", input.value);
          this.edit(place, { rgb: input.value, own: true, on: true });
        },
        change: () => {
          this.picking = null;
          this.edit(place, { rgb: input.value, own: true, on: true });
        },
        blur: () => {
          this.picking = null;
        },
      },
    });
    const swatch = h("label", { class: "fmf-swatch", style: `--c:${colour.rgb}` }, input, icon("edit"));
    const use = h(
      "button",
      {
        type: "button",
        role: "switch",
        class: "fmf-use",
        "aria-checked": colour.on,
        "aria-label": t("colour_use", { colour: colour.rgb, emotion }),
        title: t("colour_share_tip"),
        data: { key: `use-${place}` },
        on: { click: () => this.toggle(place) },
      },
      colour.on ? t("percent", { value: share < 1 ? "<1" : share }) : t("colour_off"),
    );
    return h("div", { class: colour.on ? "fmf-chip" : "fmf-chip fmf-off" }, swatch, use);
  }

  toggle(place) {
    const on = this.colours.filter((colour) => colour.on);
    if (this.colours[place].on && on.length === 1) {
      this.page.say(this.page.t("colours_last"));
      return;
    }
    this.edit(place, { on: !this.colours[place].on });
  }

  edit(place, change) {
    this.colours = this.colours.map((colour, index) => (index === place ? { ...colour, ...change } : colour));
    this.onChange(this.colours);
  }
}

/** Redraw without taking the focus from whoever works with the keyboard. */
export function keepFocus(root, redraw) {
  const active = root.contains(document.activeElement) ? document.activeElement : null;
  const mark = active && (active.dataset.key ? `[data-key="${active.dataset.key}"]` : active.id ? `#${active.id}` : active.name ? `[name="${active.name}"][value="${active.value}"]` : null);
  redraw();
  if (mark) root.querySelector(mark)?.focus();
}
