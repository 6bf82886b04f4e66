// The words of a page whose markup came from the server.

/** Sentences by their key; `{name}` is filled from `values`. */
export const speaking = (strings) => (key, values = {}) =>
  Object.entries(values).reduce(
    (text, [name, value]) => text.replaceAll(`{${name}}`, value),
    strings[key] ?? key,
  );

/** Write what `data-text` and `data-label` name. */
export function layWords(root, t) {
  for (const node of root.querySelectorAll("[data-text]")) put(node, t(node.dataset.text));
  for (const node of root.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", t(node.dataset.label));
  }
}

/** Untouched text is not laid out again. */
export function put(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

/** Write words into a place that is only there while there are some. */
export function tell(place, words) {
  put(place, words);
  place.hidden = words === "";
}
