// Films a visitor saved and films they have seen: kept in this browser, known to nobody else.

const SAVED = "framemood-films-saved";
const SEEN = "framemood-films-seen";

function read(key) {
  try {
    const value = JSON.parse(window.localStorage.getItem(key) || "[]");
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

// What another version kept, or a visitor changed by hand, is shown only where it is whole.
const whole = (film) =>
  Boolean(film) &&
  Number.isInteger(film.id) &&
  typeof film.title === "string" &&
  Array.isArray(film.genres) &&
  Array.isArray(film.palette) &&
  film.palette.length > 0 &&
  film.palette.every(([rgb, share]) => /^#[0-9a-f]{6}$/.test(rgb) && Number.isFinite(share)) &&
  (film.poster === null || String(film.poster).startsWith("https://image.tmdb.org/"));

/** The two lists; `onChange` is called when they change here or in another window. */
export function shelf(onChange) {
  let saved = new Map();
  let seen = new Set();
  let keeps = true;
  const load = () => {
    saved = new Map(read(SAVED).filter(whole).map((film) => [film.id, film]));
    seen = new Set(read(SEEN).filter(Number.isInteger));
  };
  const write = (key, values) => {
    try {
      window.localStorage.setItem(key, JSON.stringify(values));
      keeps = true;
    } catch {
      // A private window or a full store: the list lives as long as the page, and the page says so.
      keeps = false;
    }
    onChange();
  };
  window.addEventListener("storage", (event) => {
    if (event.key !== SAVED && event.key !== SEEN && event.key !== null) return;
    load();
    onChange();
  });
  load();
  return {
    films: () => [...saved.values()],
    seenIds: () => [...seen],
    isSaved: (film) => saved.has(film.id),
    isSeen: (film) => seen.has(film.id),
    lasts: () => keeps,
    toggleSaved(film) {
      const { match, meanDistance, rank, reason, ...facts } = film;
      if (!saved.delete(film.id)) saved.set(film.id, facts);
      write(SAVED, [...saved.values()]);
    },
    toggleSeen(film) {
      if (!seen.delete(film.id)) seen.add(film.id);
      write(SEEN, [...seen]);
    },
  };
}

const cell = (value) => {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
// A spreadsheet runs a cell that begins like this as a formula.
const harmless = (text) => (/^[=+\-@\t\r]/.test(text || "") ? `'${text}` : text);
const rows = (lines) => lines.map((line) => line.map(cell).join(",")).join("\r\n") + "\r\n";

/** Everything known of the films, for a spreadsheet; the mark in front tells Excel that it is UTF-8. */
export function toCsv(films) {
  const head = ["title", "title_ko", "original_title", "year", "rating", "votes", "language", "genres", "tmdb_id", "imdb_id", "palette"];
  return (
    "\ufeff" +
    rows([
      head,
      ...films.map((film) => [
        harmless(film.title),
        harmless(film.titleKo),
        harmless(film.original),
        film.year,
        film.rating,
        film.votes,
        film.language,
        film.genres.join("; "),
        film.id,
        film.imdb,
        film.palette.map(([rgb]) => rgb).join(" "),
      ]),
    ])
  );
}

/** The columns that Letterboxd imports; ids first, so that no title is taken for another. */
export function toLetterboxd(films) {
  return rows([
    ["tmdbID", "imdbID", "Title", "Year"],
    ...films.map((film) => [film.id, film.imdb, film.title, film.year]),
  ]);
}
