// Elements without markup in strings: what a film is called can never become code.

const plain = new Set(["class", "title", "lang", "for", "role", "style"]);

/** Make an element; `on` holds listeners, `data` the data-attributes, children may be text. */
export function h(name, { on = {}, data = {}, ...properties } = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    // Of an ARIA state, false is a value; of any other property it is its absence.
    if (key.startsWith("aria-")) element.setAttribute(key, String(value));
    else if (value === false) continue;
    else if (plain.has(key)) element.setAttribute(key, String(value));
    else if (key in element) element[key] = value;
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  for (const [key, value] of Object.entries(data)) element.dataset[key] = String(value);
  for (const [type, listener] of Object.entries(on)) element.addEventListener(type, listener);
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const ICONS = {
  heart: '<path d="M12 20s-7.500-4.600-9.300-9.200C1.500 7.600 3.600 4.500 6.800 4.500c2.100 0 3.900 1.200 5.200 3 1.300-1.800 3.100-3 5.200-3 3.200 0 5.300 3.100 4.100 6.300C19.500 15.400 12 20 12 20z"/>',
  close: '<path d="M6 6l12 12M18 6L6 18"/>',
  left: '<path d="M15 5l-7 7 7 7"/>',
  right: '<path d="M9 5l7 7-7 7"/>',
  filter: '<path d="M4 6h16M7 12h10M10 18h4"/>',
  share: '<path d="M12 15V4M8 7.500L12 3.500l4 4M5 12v7.500h14V12"/>',
  check: '<path d="M5 12.500l4.500 4.500L19 7.500"/>',
  out: '<path d="M9 5h10v10M19 5L6 18"/>',
  edit: '<path d="M4 20l1-4L16 5l3 3L8 19l-4 1z"/>',
  eye: '<path d="M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12z"/><circle cx="12" cy="12" r="2.800"/>',
};

/** One of the line icons, hidden from screen readers: the control beside it has the words. */
export function icon(name) {
  const holder = document.createElement("span");
  holder.className = "fmf-icon";
  holder.setAttribute("aria-hidden", "true");
  holder.innerHTML = `<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${ICONS[name]}</svg>`;
  return holder;
}

/** Sentences of the page in one language; `{name}` is filled from `values`. */
export function speaker(texts, language) {
  const known = texts[language] || texts.en;
  return (key, values = {}) => {
    const sentence = known[key.includes(".") ? key : `films.${key}`];
    if (sentence === undefined) throw new Error(`no text ${key}`);
    return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
  };
}
