// One film in the gallery: its poster, its palette and what matters at a glance.

import { drawPoster } from "./films_art.js";
import { h, icon } from "./films_dom.js";

const MOST_GENRES = 2;

/** A film's title in the language of the page. */
export const titleOf = (film, language) => (language === "ko" && film.titleKo) || film.title;

/** The real poster over one drawn from its palette: what cannot be loaded is never missed. */
export function poster(film, title, { lazy = true } = {}) {
  const frame = h("div", { class: "fmf-poster" }, drawPoster(film, title));
  if (!film.poster) return frame;
  const image = h("img", {
    alt: "",
    class: "fmf-photo",
    loading: lazy ? "lazy" : "eager",
    decoding: "async",
    referrerPolicy: "no-referrer",
    on: {
      load: () => frame.classList.add("fmf-loaded"),
      error: () => image.remove(),
    },
  });
  // Last, so that a cached picture finds its listeners and its laziness in place.
  image.src = film.poster;
  frame.append(image);
  return frame;
}

/** The palette as a strip, each colour as wide as its share of the poster. */
export function strip(film, t) {
  return h(
    "div",
    { class: "fmf-strip", "aria-hidden": "true", title: t("palette_tip") },
    film.palette.map(([rgb, share]) => h("i", { style: `background:${rgb};flex-grow:${share}` })),
  );
}

export const percent = (share) => Math.round(100 * share);

export function genreName(genre, t) {
  try {
    return t(`genre_${genre}`);
  } catch {
    return genre; // TMDB may add one before we translate it
  }
}

/** Figures that a film may lack are left out, not shown as zero. */
export function rating(film, { t, format }) {
  if (film.rating === null) return null;
  const value = film.rating.toFixed(1);
  const tip = t("rating_tip", { rating: value, votes: format(film.votes ?? 0) });
  return h("span", { class: "fmf-rating", title: tip, "aria-label": tip, role: "img" }, `★ ${value}`);
}

// The original formula has no percent of anything: it shows its place and its mean distance.
function standing(film, t) {
  if (film.match === undefined) return null;
  if (film.match === null) {
    return h("p", { class: "fmf-match", title: t("original_tip") }, t("place", { rank: film.rank, distance: film.meanDistance.toFixed(0) }));
  }
  return h("p", { class: "fmf-match", title: t("match_tip") }, t("match", { value: percent(film.match) }));
}

/**
 * A card of the gallery.
 *
 * @param {object} film as the server describes it
 * @param {{t, language, format, shelf, onOpen}} page
 */
export function card(film, page) {
  const { t, language, shelf, onOpen } = page;
  const title = titleOf(film, language);
  const heart = h(
    "button",
    {
      type: "button",
      class: "fmf-heart",
      "aria-pressed": shelf.isSaved(film),
      "aria-label": t("save", { title }),
      title: t("save_word"),
      on: { click: () => shelf.toggleSaved(film) },
    },
    icon("heart"),
  );
  const open = h(
    "button",
    { type: "button", class: "fmf-open", "aria-haspopup": "dialog", on: { click: () => onOpen(film, open) } },
    title,
  );
  const genres = film.genres.slice(0, MOST_GENRES).map((genre) => genreName(genre, t)).join(", ");
  const item = h(
    "li",
    { class: "fmf-card", data: { film: film.id } },
    poster(film, title),
    strip(film, t),
    h(
      "div",
      { class: "fmf-words" },
      h("h3", {}, open),
      h("p", { class: "fmf-facts" }, film.year ? `${film.year}` : "", rating(film, page)),
      h("p", { class: "fmf-genres" }, genres),
      standing(film, t),
    ),
    heart,
  );
  return item;
}
