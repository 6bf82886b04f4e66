// A film opened: why it was chosen, and where to go from here.

import { h, icon } from "./films_dom.js";
import { genreName, percent, poster, rating, strip, titleOf } from "./films_card.js";

// CIEDE2000: what a person would say of two colours this far apart.
const NAMED_DELTAS = [
  [3, "delta_same"],
  [12, "delta_close"],
  [25, "delta_kin"],
  [Infinity, "delta_far"],
];

const MOST_PAIRS = 6;
const STILLS = "https://image.tmdb.org/t/p/w300";

/** The one dialog of the tab; `open(film, list, opener)` shows a film and can walk along its list. */
export class FilmDialog {
  constructor(page) {
    this.page = page;
    this.list = [];
    this.place = 0;
    this.body = h("div", { class: "fmf-sheet-body" });
    const { t } = page;
    const tool = (name, label, act) =>
      h("button", { type: "button", class: "fmf-tool", "aria-label": t(label), title: t(label), on: { click: act } }, icon(name));
    this.previous = tool("left", "previous", () => this.step(-1));
    this.next = tool("right", "next", () => this.step(1));
    this.shut = tool("close", "close", () => this.root.close());
    this.root = h(
      "dialog",
      {
        class: "fmf-sheet",
        "aria-labelledby": "fmf-sheet-title",
        on: {
          close: () => this.returnTo?.focus(),
          // A press on the backdrop arrives at the dialog itself.
          click: (event) => event.target === this.root && this.root.close(),
          keydown: (event) => this.onKey(event),
        },
      },
      h("div", { class: "fmf-sheet-tools" }, this.previous, this.next, this.shut),
      this.body,
    );
  }

  open(film, list, opener) {
    this.list = list;
    this.returnTo = opener;
    this.show(list.indexOf(film));
    this.root.showModal();
  }

  step(by) {
    const place = this.place + by;
    if (place < 0 || place >= this.list.length) return;
    this.show(place);
    this.returnTo = this.page.openerOf(this.list[place]) ?? this.returnTo;
  }

  /** Redraw what depends on the saved and seen lists. */
  refresh() {
    if (!this.root.open) return;
    const { shelf } = this.page;
    const film = this.list[this.place];
    this.body.querySelector("[data-act=save]")?.setAttribute("aria-pressed", shelf.isSaved(film));
    this.body.querySelector("[data-act=seen]")?.setAttribute("aria-pressed", shelf.isSeen(film));
  }

  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowLeft") this.step(-1);
    else if (event.key === "ArrowRight") this.step(1);
  }

  show(place) {
    this.place = place;
    this.previous.disabled = place <= 0;
    this.next.disabled = place >= this.list.length - 1;
    // The keys go to whatever has the focus, and a disabled button hears none.
    if (document.activeElement?.disabled) this.shut.focus();
    this.body.replaceChildren(...this.contents(this.list[place]).filter(Boolean));
    this.root.scrollTop = 0;
  }

  contents(film) {
    const { t, language } = this.page;
    const title = titleOf(film, language);
    const named = film.original && film.original !== title;
    const facts = [film.year, ...film.genres.map((genre) => genreName(genre, t)), this.page.languageName(film.language)];
    return [
      h("div", { class: "fmf-sheet-poster" }, poster(film, title, { lazy: false }), strip(film, t)),
      h(
        "div",
        { class: "fmf-sheet-head" },
        h("h2", { id: "fmf-sheet-title", tabIndex: -1, autofocus: true }, title),
        named && h("p", { class: "fmf-soft", lang: film.language }, t("original_title", { title: film.original })),
        h("p", { class: "fmf-soft" }, facts.filter(Boolean).join(" · ")),
        film.rating !== null &&
          h("p", { class: "fmf-soft" }, rating(film, this.page), ` · ${t("votes", { votes: this.page.format(film.votes ?? 0) })}`),
        this.keep(film),
      ),
      h("div", { class: "fmf-sheet-words" }, film.reason && this.reason(film), this.links(film, title), this.stills(film)),
    ];
  }

  keep(film) {
    const { t, shelf } = this.page;
    const toggle = (act, name, word, pressed, run) =>
      h("button", { type: "button", class: "fmf-button", "aria-pressed": pressed, data: { act }, on: { click: run } }, icon(name), t(word));
    return h(
      "div",
      { class: "fmf-row" },
      toggle("save", "heart", "save_word", shelf.isSaved(film), () => shelf.toggleSaved(film)),
      toggle("seen", "eye", "seen_word", shelf.isSeen(film), () => shelf.toggleSeen(film)),
    );
  }

  reason(film) {
    const { t } = this.page;
    const { colour, genre, fitting, dominance, pairs, change } = film.reason;
    const meter = (label, tip, value) =>
      h(
        "div",
        { class: "fmf-meter", title: t(tip) },
        h("span", {}, t(label)),
        h("span", { class: "fmf-bar-track" }, h("i", { style: `width:${percent(value)}%` })),
        h("span", { class: "fmf-figure" }, t("percent", { value: percent(value) })),
      );
    return h(
      "section",
      { class: "fmf-reason" },
      h("h3", {}, t("why")),
      film.match === null
        ? h("p", {}, t("original_reason", { rank: film.rank, distance: film.meanDistance.toFixed(1), dominance: percent(dominance) }))
        : [
            h("p", { class: "fmf-score" }, h("b", {}, `${percent(film.match)}`), h("small", {}, "%"), ` ${t("match_word")}`),
            h("p", { class: "fmf-soft" }, t("match_tip")),
          ],
      meter("colour_fit", "colour_fit_tip", colour),
      meter("genre_fit", "genre_fit_tip", genre),
      h("p", { class: "fmf-soft" }, fitting.length ? t("genres_fit", { genres: fitting.map((name) => genreName(name, t)).join(", ") }) : t("genres_none")),
      pairs.length > 0 && [h("h4", {}, t("pairs")), h("ul", { class: "fmf-pairs" }, pairs.slice(0, MOST_PAIRS).map((pair) => this.pair(pair))), h("p", { class: "fmf-soft" }, t("delta_tip"))],
      change && [h("h4", {}, t("improve")), this.change(change)],
      !film.posterMeasured && film.poster && h("p", { class: "fmf-soft" }, t("old_poster")),
    );
  }

  swatch(rgb, label) {
    const words = `${this.page.t(label)} ${rgb}`;
    return h("i", { class: "fmf-dot", style: `background:${rgb}`, role: "img", "aria-label": words, title: words });
  }

  pair({ mood, poster: found, emotion, deltaE, share }) {
    const { t } = this.page;
    const [, word] = NAMED_DELTAS.find(([most]) => deltaE < most);
    const whose = emotion ? t(emotion === "calm" ? "calm" : `common.${emotion}`) : t("yours");
    return h(
      "li",
      {},
      h("span", { class: "fmf-meet" }, this.swatch(found, "pair_poster"), this.swatch(mood, "pair_mood")),
      h("span", {}, t("pair_share", { share: percent(share), emotion: whose })),
      h("small", { title: t("delta_tip") }, `${t(word)}, ΔE ${deltaE.toFixed(1)}`),
    );
  }

  /** The smallest step that would put the film past the one above it. */
  change({ kind, pair, needed }) {
    const { t } = this.page;
    if (kind !== "nearer" || !pair) return h("p", {}, t(`change_${kind}`));
    const figures = { share: percent(pair.share), distance: pair.deltaE.toFixed(1), needed: needed.toFixed(1) };
    return h(
      "p",
      { class: "fmf-change" },
      h("span", { class: "fmf-meet" }, this.swatch(pair.poster, "pair_poster"), this.swatch(pair.mood, "pair_mood")),
      h("span", { title: t("delta_tip") }, t("change_nearer", figures)),
    );
  }

  stills(film) {
    const picture = (path) => {
      const image = h("img", { alt: "", loading: "lazy", decoding: "async", referrerPolicy: "no-referrer", on: { error: () => image.remove() } });
      image.src = STILLS + path;
      return image;
    };
    return film.stills?.length > 0 && h("div", { class: "fmf-stills" }, film.stills.map(picture));
  }

  links(film, title) {
    const { t } = this.page;
    const link = ({ name, url }) =>
      h("a", { href: url, target: "_blank", rel: "noopener noreferrer", "aria-label": t("new_window", { name }) }, name, icon("out"));
    return h(
      "section",
      { class: "fmf-links" },
      h("h3", {}, t("links")),
      film.offers?.length > 0 && h("p", { class: "fmf-soft" }, t("offers", { names: film.offers.join(", ") })),
      h("div", { class: "fmf-row" }, linksOf(film, title, this.page).map(link)),
    );
  }
}

/** Where a film can be read about and watched; what the catalog knows goes before a search. */
function linksOf(film, title, { t, language, format }) {
  const search = encodeURIComponent(film.year ? `${title} ${film.year}` : title);
  const korean = language === "ko";
  const tmdb = `https://www.themoviedb.org/movie/${film.id}`;
  const found = [
    film.trailer
      ? { name: t("trailer"), url: `https://www.youtube.com/watch?v=${film.trailer}` }
      : { name: t("trailer_search"), url: `https://www.youtube.com/results?search_query=${search}%20${encodeURIComponent(t("trailer"))}` },
    { name: t("where"), url: film.offersLink || `${tmdb}/watch${korean ? "?locale=KR" : ""}` },
    { name: "TMDB", url: korean ? `${tmdb}?language=ko-KR` : tmdb },
  ];
  if (korean) found.push({ name: t("watchapedia"), url: `https://pedia.watcha.com/ko-KR/search?query=${encodeURIComponent(title)}` });
  if (film.imdb) found.push({ name: "IMDb", url: `https://www.imdb.com/title/${film.imdb}/` });
  if (film.reviews) found.push({ name: t("reviews", { count: format(film.reviews) }), url: `${tmdb}/reviews` });
  found.push({ name: "Letterboxd", url: `https://letterboxd.com/tmdb/${film.id}/` });
  return found.filter(({ url }) => url.startsWith("https://"));
}
