// The Films tab: asks the server for the films of a mood and keeps what is shown in step.

import { download } from "./download.js";
import { card } from "./films_card.js";
import { FilmDialog } from "./films_dialog.js";
import { h, icon, speaker } from "./films_dom.js";
import { Filters, filtersOn } from "./films_filters.js";
import { byStrength, firstChoice, fromQuery, HANDOFF, held, hold, noFilters, shareAddress, showAddress, SORTS } from "./films_link.js";
import { Colours, MoodPicker, segments } from "./films_mood.js";
import { shelf, toCsv, toLetterboxd } from "./films_saved.js";

const NOTE_MS = 6000;

/** Fill the tab; `server.rank_mood` answers what a visitor asks. */
export function mount(element, { server, texts }) {
  const root = element.querySelector(".fmf");
  if (!root || root.childElementCount) return;
  new FilmsTab(root, server, texts);
}

class FilmsTab {
  constructor(root, server, texts) {
    this.root = root;
    this.server = server;
    this.language = window.framemood.language;
    this.t = speaker(texts, this.language);
    const figures = new Intl.NumberFormat(this.language);
    this.format = (value) => figures.format(value);
    this.shelf = shelf(() => this.onShelf());
    this.view = "picks";
    this.answer = null;
    this.cards = new Map();
    this.busy = false;
    this.stale = false;

    const page = {
      t: this.t,
      language: this.language,
      format: this.format,
      shelf: this.shelf,
      languageName: (code) => this.languageName(code),
      onOpen: (film, opener) => this.dialog.open(film, this.shown, opener),
      openerOf: (film) => this.cards.get(film.id)?.querySelector(".fmf-open"),
      say: (words) => this.say(words),
    };
    this.page = page;
    this.picker = new MoodPicker(page, (change) => this.change(change));
    this.colours = new Colours(page, (colours) => this.change({ colours: this.unlessUntouched(colours) }));
    this.filters = new Filters(page, (filters) => this.change({ filters }));
    this.dialog = new FilmDialog(page);
    this.build();

    this.choice = fromQuery(window.location.search) || held() || firstChoice();
    window.addEventListener(HANDOFF, () => this.change(fromQuery(window.location.search) || {}));
    new IntersectionObserver(([entry]) => this.onVisible(entry.isIntersecting)).observe(root);
    this.drawChoice();
    this.rank();
  }

  build() {
    const { t } = this;
    this.lede = h("p", { class: "fmf-lede" });
    this.status = h("p", { class: "fmf-status", role: "status" });
    this.note = h("p", { class: "fmf-note", role: "status", hidden: true });
    this.views = h("div", {});
    this.tools = h("div", { class: "fmf-tools" });
    this.grid = h("ul", { class: "fmf-grid", "aria-label": t("list") });
    this.empty = h("div", { class: "fmf-empty", hidden: true });
    this.filterButton = h(
      "button",
      { type: "button", class: "fmf-button", "aria-expanded": false, "aria-controls": "fmf-filters", on: { click: () => this.toggleFilters() } },
      icon("filter"),
      h("span", {}, t("filters")),
    );
    this.sorting = h(
      "select",
      { class: "fmf-button", "aria-label": t("sort"), on: { change: () => this.change({ sort: this.sorting.value }, { asks: false }) } },
      SORTS.map((value) => h("option", { value }, t(`sort_${value}`))),
    );
    this.shareButton = h("button", { type: "button", class: "fmf-button", on: { click: () => this.share() } }, icon("share"), t("share"));
    const file = (key, name, write) =>
      h("button", { type: "button", class: "fmf-button", title: key === "export_letterboxd" ? t("export_letterboxd_tip") : undefined, on: { click: () => download(name, write(this.shelf.films()), "text/csv;charset=utf-8") } }, t(key));
    this.exports = [file("export_csv", "framemood-films.csv", toCsv), file("export_letterboxd", "framemood-letterboxd.csv", toLetterboxd)];
    this.root.append(
      h("header", { class: "fmf-head" }, h("h2", {}, t("title")), this.lede),
      h("div", { class: "fm-card" }, this.picker.root, this.colours.root, this.picker.details),
      h("div", { class: "fmf-bar" }, this.views, this.tools),
      this.filters.root,
      this.note,
      this.status,
      this.grid,
      this.empty,
      h("footer", { class: "fmf-foot" }, h("p", {}, t("associated_source")), h("p", {}, t("privacy")), h("p", {}, t("tmdb"))),
      this.dialog.root,
    );
  }

  /** Take a change of the choice and show what follows from it at once. */
  change(change, { asks = true } = {}) {
    this.choice = { ...this.choice, ...change };
    hold(this.choice);
    if (this.visible) showAddress(this.choice);
    if (change.mood || change.goal || change.filters) this.view = "picks";
    this.drawChoice();
    if (asks) this.rank();
    else this.drawFilms();
  }

  async rank() {
    // One question at a time; of those that come meanwhile only the last is asked.
    if (this.busy) {
      this.stale = true;
      return;
    }
    this.busy = true;
    this.root.setAttribute("aria-busy", "true");
    do {
      this.stale = false;
      try {
        const asked = this.choice.mood;
        const answer = await this.server.rank_mood(this.question());
        if (answer.error) this.fail(answer.error);
        else {
          this.answer = { ...answer, asked };
          this.failure = null;
        }
      } catch {
        this.fail(this.t("failed"));
      }
    } while (this.stale);
    this.busy = false;
    this.root.setAttribute("aria-busy", "false");
    this.drawChoice();
    this.drawFilms();
  }

  question() {
    const { mood, goal, method, colours, filters } = this.choice;
    return {
      mood,
      goal,
      method,
      language: this.language,
      colours: colours && colours.filter((colour) => colour.on).map(({ rgb, weight, emotion, own }) => ({ rgb, weight, emotion: own ? "" : emotion })),
      filters: { ...filters, seen: filters.unseen ? this.shelf.seenIds() : [] },
    };
  }

  /** Colours that are the mood's own again count as untouched: they are ranked as such. */
  unlessUntouched(colours) {
    const own = this.answer?.colours || [];
    const same = (colour, place) => colour.on && colour.rgb === own[place]?.rgb;
    return colours && colours.length === own.length && colours.every(same) ? null : colours;
  }

  fail(words) {
    this.failure = words;
  }

  drawChoice() {
    const { t, choice, answer } = this;
    const named = (names) => joined(names.map((name) => t(name === "calm" ? "calm" : `common.${name}`)), this.language);
    const targets = [...new Set((answer?.colours || []).map((colour) => colour.emotion))];
    // The ranking leaves the faintest emotions out, so they are not named either.
    const counted = (name) => choice.goal === "lift" || answer?.asked !== choice.mood || targets.includes(name);
    const emotions = named(byStrength(choice.mood).filter(counted));
    this.lede.textContent = choice.goal === "lift" ? t("lede_lift", { emotions, targets: named(targets) || "…" }) : t("lede_match", { emotions });
    this.picker.show(choice);
    const current = choice.colours || (answer?.colours || []).map((colour) => ({ ...colour, on: true }));
    this.colours.show(current, Boolean(choice.colours));
    this.filters.show(choice.filters, answer?.facets);
    const on = filtersOn(choice.filters);
    this.filterButton.lastChild.textContent = on ? t("filters_on", { count: on }) : t("filters");
    this.filterButton.classList.toggle("fmf-on", on > 0);
    this.sorting.value = choice.sort;
    this.drawBar();
  }

  drawBar() {
    const { t, view } = this;
    const count = this.shelf.films().length;
    const views = [
      { value: "picks", label: t("view_picks") },
      { value: "saved", label: count ? `${t("view_saved")} ${this.format(count)}` : t("view_saved") },
    ];
    const active = this.views.contains(document.activeElement);
    this.views.replaceChildren(segments("fmf-view", views, view, t("view"), (value) => this.look(value)));
    if (active) this.views.querySelector(":checked").focus();
    const wanted = view === "picks" ? [this.sorting, this.filterButton, this.shareButton] : count ? [this.sorting, ...this.exports] : [];
    if (wanted.some((tool, place) => this.tools.children[place] !== tool) || this.tools.childElementCount !== wanted.length) {
      this.tools.replaceChildren(...wanted);
    }
    this.filters.root.hidden = view !== "picks" || this.filterButton.getAttribute("aria-expanded") !== "true";
  }

  look(view) {
    this.view = view;
    this.drawBar();
    this.drawFilms();
  }

  drawFilms() {
    const { t, view, answer } = this;
    const films = view === "saved" ? this.shelf.films() : answer?.films || [];
    this.shown = inOrder(films, this.choice.sort);
    // Cards that stay keep their place in memory, and so their loaded posters.
    const kept = new Map();
    const items = this.shown.map((film) => {
      const old = this.cards.get(film.id);
      const item = old && old.film === film ? old : Object.assign(card(film, this.page), { film });
      kept.set(film.id, item);
      return item;
    });
    this.cards = kept;
    const focused = this.grid.contains(document.activeElement) ? document.activeElement.closest("li")?.film?.id : null;
    this.grid.replaceChildren(...items);
    if (focused) kept.get(focused)?.querySelector(".fmf-open").focus({ preventScroll: true });
    this.drawStatus();
    this.drawEmpty();
  }

  drawStatus() {
    const { t, view, answer, format } = this;
    const shown = format(this.shown.length);
    if (view === "saved") {
      this.status.textContent = this.shown.length ? `${t("count_saved", { count: shown })}${this.shelf.lasts() ? "" : ` ${t("saved_one_session")}`}` : "";
    } else if (answer) {
      const key = filtersOn(this.choice.filters) ? "count" : "count_all";
      this.status.textContent = this.failure ? "" : t(key, { shown, total: format(answer.passed) });
    } else this.status.textContent = t("loading");
  }

  drawEmpty() {
    const { t, view } = this;
    const parts = [];
    const button = (key, act) => h("button", { type: "button", class: "fmf-button", on: { click: act } }, t(key));
    if (view === "picks" && this.failure) {
      parts.push(h("p", { role: "alert" }, this.failure), button("retry", () => this.rank()));
    } else if (!this.shown.length && view === "saved") {
      parts.push(icon("heart"), h("p", {}, t("saved_none")));
    } else if (!this.shown.length && this.answer) {
      parts.push(h("p", {}, t("none_pass")), button("filters_reset", () => this.change({ filters: noFilters() })));
    }
    this.grid.hidden = parts.length > 0;
    this.empty.replaceChildren(...parts);
    this.empty.hidden = !parts.length;
  }

  toggleFilters() {
    const open = this.filterButton.getAttribute("aria-expanded") !== "true";
    this.filterButton.setAttribute("aria-expanded", String(open));
    this.filters.root.hidden = !open;
  }

  async share() {
    const address = shareAddress(this.choice);
    try {
      await navigator.clipboard.writeText(address);
      this.say(this.t("share_done"), address);
    } catch {
      // Without leave for the clipboard the link stands there to be copied by hand.
      this.say(this.t("share_field"), address);
    }
  }

  /** Say something in passing, with an address to copy if there is one. */
  say(words, address = "") {
    const { t } = this;
    window.clearTimeout(this.noteTimer);
    this.note.replaceChildren(words);
    if (address) {
      const field = h("input", { type: "text", readOnly: true, value: address, "aria-label": t("share_field"), on: { focus: () => field.select() } });
      this.note.append(field);
    }
    this.note.append(h("button", { type: "button", class: "fmf-tool", "aria-label": t("close"), on: { click: () => this.hush() } }, icon("close")));
    this.note.hidden = false;
    if (!address) this.noteTimer = window.setTimeout(() => this.hush(), NOTE_MS);
  }

  hush() {
    this.note.hidden = true;
  }

  onShelf() {
    for (const item of this.cards.values()) {
      item.querySelector(".fmf-heart").setAttribute("aria-pressed", String(this.shelf.isSaved(item.film)));
    }
    this.dialog.refresh();
    this.drawBar();
    // A film that leaves the saved list while its sheet is open stays until the sheet is closed.
    if (this.view === "saved" && !this.dialog.root.open) this.drawFilms();
    if (this.choice?.filters.unseen) this.rank();
  }

  onVisible(visible) {
    if (visible === this.visible) return;
    this.visible = visible;
    // Scrolled away is still there; only another tab of the page hides it.
    if (visible) showAddress(this.choice);
    else if (!this.root.offsetParent) showAddress(null);
  }

  languageName(code) {
    if (!code) return "";
    this.languageNames ??= new Intl.DisplayNames([this.language], { type: "language" });
    try {
      // TMDB's own code for Cantonese is no ISO code.
      return this.languageNames.of(code === "cn" ? "yue" : code);
    } catch {
      return code;
    }
  }
}

const joined = (names, language) => new Intl.ListFormat(language, { type: "conjunction" }).format(names);

function inOrder(films, sort) {
  if (sort === "match") return films;
  const key = sort === "year" ? "year" : "rating";
  return [...films].sort((a, b) => (b[key] ?? -1) - (a[key] ?? -1));
}
