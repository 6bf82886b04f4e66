// The filters: which films may be ranked at all.

import { h } from "./films_dom.js";
import { genreName } from "./films_card.js";
import { noFilters } from "./films_link.js";

const VOTES = [500, 1000, 5000, 10000];
const RATINGS = [6.5, 7, 7.5, 8];

/** How many of the filters hold something back. */
export function filtersOn({ years, rating, votes, language, genres, without, today, unseen }) {
  return [years.some((year) => year !== null), rating, votes, language, genres.length, without.length, today, unseen].filter(Boolean).length;
}

export class Filters {
  constructor(page, onChange) {
    Object.assign(this, { page, onChange });
    this.root = h("div", { class: "fm-card fmf-filters", id: "fmf-filters", hidden: true });
  }

  show(filters, facets) {
    if (!facets || this.root.contains(document.activeElement)) {
      this.filters = filters;
      if (facets) this.showGenres(facets);
      return;
    }
    this.filters = filters;
    const { t, format } = this.page;
    const set = (change) => this.onChange({ ...this.filters, ...change });
    const numberOr = (text) => (text === "" ? null : Number(text));
    const year = (place, label) =>
      h("input", {
        type: "number",
        inputMode: "numeric",
        min: facets.years[0],
        max: facets.years[1],
        placeholder: String(facets.years[place]),
        value: filters.years[place] ?? "",
        "aria-label": t(label),
        on: {
          change: (event) => {
            const years = [...this.filters.years];
            years[place] = numberOr(event.target.value);
            set({ years });
          },
        },
      });
    const least = (label, key, values, word) => {
      const known = values.includes(filters[key]) || filters[key] === null ? values : [...values, filters[key]];
      return field(
        t(label),
        h(
          "select",
          { id: `fmf-${key}`, "aria-label": t(label), on: { change: (event) => set({ [key]: numberOr(event.target.value) }) } },
          h("option", { value: "" }, t("any")),
          known.map((value) => h("option", { value, selected: value === filters[key] }, word(value))),
        ),
      );
    };
    const tick = (key, tip) =>
      h(
        "label",
        { class: "fmf-tick", title: tip && t(tip) },
        h("input", { type: "checkbox", checked: filters[key], on: { change: (event) => set({ [key]: event.target.checked }) } }),
        t(key),
      );
    const languages = h(
      "select",
      { id: "fmf-language", "aria-label": t("language"), on: { change: (event) => set({ language: event.target.value || null }) } },
      h("option", { value: "" }, t("language_any")),
      facets.languages.map(([code, count]) => h("option", { value: code, selected: code === filters.language }, `${this.page.languageName(code)} (${format(count)})`)),
    );
    this.genres = h("div", { class: "fmf-genre-chips" });
    this.root.replaceChildren(
      h(
        "div",
        { class: "fmf-fields" },
        field(t("years"), h("span", { class: "fmf-range" }, year(0, "year_from"), "–", year(1, "year_to"))),
        least("rating_least", "rating", RATINGS, (value) => `★ ${value.toFixed(1)}`),
        least("votes_least", "votes", VOTES, (value) => format(value)),
        field(t("language"), languages),
      ),
      h("div", { class: "fmf-field" }, h("span", {}, t("genres")), h("small", { class: "fmf-soft" }, t("genres_hint")), this.genres),
      h(
        "div",
        { class: "fmf-row" },
        tick("today", "today_tip"),
        tick("unseen"),
        h("button", { type: "button", class: "fmf-button fmf-quiet", on: { click: () => this.reset(facets) } }, t("filters_reset")),
      ),
    );
    this.showGenres(facets);
  }

  reset(facets) {
    document.activeElement?.blur();
    this.onChange(noFilters());
    this.show(noFilters(), facets);
  }

  showGenres(facets) {
    const { t } = this.page;
    const { genres, without } = this.filters;
    const active = this.genres.contains(document.activeElement) ? document.activeElement.dataset.genre : null;
    this.genres.replaceChildren(
      ...facets.genres.map((genre) => {
        const state = genres.includes(genre) ? "in" : without.includes(genre) ? "out" : "any";
        const name = genreName(genre, t);
        const sign = { in: "✓ ", out: "✕ ", any: "" }[state];
        return h(
          "button",
          {
            type: "button",
            class: `fmf-genre fmf-genre-${state}`,
            "aria-label": t(`state_${state}`, { genre: name }),
            data: { genre },
            on: { click: () => this.turn(genre, state) },
          },
          sign + name,
        );
      }),
    );
    if (active) this.genres.querySelector(`[data-genre="${active}"]`)?.focus();
  }

  turn(genre, state) {
    const rest = (names) => names.filter((name) => name !== genre);
    const genres = rest(this.filters.genres);
    const without = rest(this.filters.without);
    if (state === "any") genres.push(genre);
    if (state === "in") without.push(genre);
    this.onChange({ ...this.filters, genres, without });
  }
}

const field = (name, control) => h("div", { class: "fmf-field" }, h("span", { "aria-hidden": "true" }, name), control);
