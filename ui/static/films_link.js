// What a visitor chose, as a value, as an address to share, and as a call from another tab.

export const EMOTIONS = ["anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"];
export const SORTS = ["match", "year", "rating"];
/** Shares of the primary and the two secondary emotions, percent. */
export const SHARES = [50, 30, 20];
/** Dispatched on `window` when another tab hands a mood over. */
export const HANDOFF = "framemood:films";
const HELD = "framemood-films-choice";
const NAMES = ["mood", "goal", "method", "colours", "years", "rating", "votes", "language", "genres", "without", "today", "unseen", "sort"];

export const noFilters = () => ({
  years: [null, null],
  rating: null,
  votes: null,
  language: null,
  genres: [],
  without: [],
  today: false,
  unseen: false,
});

/** Where everybody starts: something to look at, not a blank page. */
export const firstChoice = () => ({
  mood: { happiness: 50, surprise: 30, neutral: 20 },
  goal: "match",
  method: "palette",
  colours: null,
  filters: noFilters(),
  sort: "match",
});

/** Emotions of a mood, the strongest first. */
export function byStrength(mood) {
  return EMOTIONS.filter((name) => mood[name] > 0).sort((a, b) => mood[b] - mood[a]);
}

const list = (values) => values.join(".");
const number = (text, low, high) => {
  const value = Number(text);
  return text !== null && text !== "" && Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : null;
};

/** Query string of a choice, without the leading "?"; what stands at its default is left out. */
export function toQuery(choice) {
  const query = new URLSearchParams();
  query.set("mood", list(byStrength(choice.mood).map((name) => `${name}-${Math.round(choice.mood[name])}`)));
  if (choice.goal !== "match") query.set("goal", choice.goal);
  if (choice.method !== "palette") query.set("method", choice.method);
  if (choice.colours) {
    const parts = choice.colours.map(
      (colour) => [colour.rgb.slice(1), Math.round(colour.weight * 1e4), colour.emotion, colour.own && "own", !colour.on && "off"].filter(Boolean).join("-"),
    );
    query.set("colours", list(parts));
  }
  const { years, rating, votes, language, genres, without, today, unseen } = choice.filters;
  if (years.some((year) => year !== null)) query.set("years", years.map((year) => year ?? "").join("-"));
  if (rating !== null) query.set("rating", rating);
  if (votes !== null) query.set("votes", votes);
  if (language) query.set("language", language);
  if (genres.length) query.set("genres", list(genres));
  if (without.length) query.set("without", list(without));
  if (today) query.set("today", "1");
  if (unseen) query.set("unseen", "1");
  if (choice.sort !== "match") query.set("sort", choice.sort);
  return query.toString();
}

/** The choice that a query string stands for, or null where it names no mood. What cannot be read is left at its default. */
export function fromQuery(search) {
  const query = new URLSearchParams(search);
  const mood = readMood(query.get("mood") || "");
  if (!mood) return null;
  const choice = firstChoice();
  choice.mood = mood;
  if (query.get("goal") === "lift") choice.goal = "lift";
  if (query.get("method") === "original") choice.method = "original";
  choice.colours = readColours(query.get("colours") || "");
  const [from = "", to = ""] = (query.get("years") || "").split("-");
  const words = (name) => (query.get(name) || "").split(".").filter(Boolean).slice(0, 30);
  choice.filters = {
    years: [number(from, 1800, 2200), number(to, 1800, 2200)],
    rating: number(query.get("rating"), 0, 10),
    votes: number(query.get("votes"), 0, 1e7),
    language: /^[a-z]{2,3}$/.test(query.get("language") || "") ? query.get("language") : null,
    genres: words("genres"),
    without: words("without"),
    today: query.get("today") === "1",
    unseen: query.get("unseen") === "1",
  };
  if (SORTS.includes(query.get("sort"))) choice.sort = query.get("sort");
  return choice;
}

function readMood(text) {
  const mood = {};
  text.split(".").forEach((part, place) => {
    const [name, share = String(SHARES[place] ?? 10)] = part.split("-");
    const value = number(share, 0, 100);
    if (EMOTIONS.includes(name) && value > 0) mood[name] = value;
  });
  return Object.keys(mood).length ? mood : null;
}

function readColours(text) {
  const colours = text.split(".").slice(0, 60).flatMap((part) => {
    const [rgb, weight, emotion, ...marks] = part.split("-");
    if (!/^[0-9a-f]{6}$/i.test(rgb) || !(Number(weight) > 0) || ![...EMOTIONS, "calm"].includes(emotion)) return [];
    const share = Math.min(1, Number(weight) / 1e4);
    return [{ rgb: `#${rgb.toLowerCase()}`, weight: share, emotion, own: marks.includes("own"), on: !marks.includes("off") }];
  });
  return colours.some((colour) => colour.on) ? colours : null;
}

/** Address that opens the page on these picks; whoever gets it keeps their own language and theme. */
export function shareAddress(choice) {
  const address = new URL(window.location.href);
  address.search = toQuery(choice);
  address.hash = "";
  return address.href;
}

/** Keep the address bar on what is shown, so that a reload and a copied address both find it again. */
export function showAddress(choice) {
  const address = new URL(window.location.href);
  for (const name of NAMES) address.searchParams.delete(name);
  const rest = address.searchParams.toString();
  address.search = [choice && toQuery(choice), rest].filter(Boolean).join("&");
  if (address.href !== window.location.href) window.history.replaceState(window.history.state, "", address);
}

/** What this browser tab looked at last, for the way back from another tab of the page. */
export const hold = (choice) => {
  try {
    window.sessionStorage.setItem(HELD, toQuery(choice));
  } catch {
    // Storage is refused in some private windows; the page then starts afresh.
  }
};
export const held = () => {
  try {
    return fromQuery(window.sessionStorage.getItem(HELD) || "");
  } catch {
    return null;
  }
};

/**
 * Show films for a mood; called by the other tabs.
 *
 * @param {Object<string, number>} mood emotion to share: percent, or 0..1 of the whole
 * @param {{goal?: "match"|"lift"}} options
 */
export function openFilms(mood, { goal = "match" } = {}) {
  const total = Object.values(mood).reduce((sum, share) => sum + Math.max(0, share), 0);
  const choice = firstChoice();
  if (total > 0) {
    choice.mood = {};
    for (const name of EMOTIONS) {
      const share = Math.round((100 * Math.max(0, mood[name] || 0)) / total);
      if (share > 0) choice.mood[name] = share;
    }
  }
  choice.goal = goal === "lift" ? "lift" : "match";
  showAddress(choice);
  window.dispatchEvent(new CustomEvent(HANDOFF));
  window.framemood.openTab("films");
}
