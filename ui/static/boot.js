// Runs before Gradio's own script: settles the language and the theme of the page.
(() => {
  "use strict";
  const LANGUAGES = ["en", "ko"];
  const KEY = "framemood-language";
  const known = (tag) => LANGUAGES.find((name) => String(tag || "").toLowerCase().startsWith(name));

  // Storage is refused in some private windows and in some frames; the page works without it.
  const stored = (key) => {
    try {
      return window.localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  const keep = (key, value) => {
    try {
      window.localStorage.setItem(key, value);
    } catch {
      /* said above */
    }
  };

  const asked = known(new URLSearchParams(window.location.search).get("lang"));
  if (asked) keep(KEY, asked);
  const language =
    asked ||
    known(stored(KEY)) ||
    known(document.currentScript.dataset.language) ||
    (navigator.languages || [navigator.language]).map(known).find(Boolean) ||
    "en";

  // Gradio takes its language from the navigator and offers no other way in.
  Object.defineProperty(navigator, "language", { get: () => language, configurable: true });
  Object.defineProperty(navigator, "languages", { get: () => [language], configurable: true });
  document.documentElement.lang = language;

  // The server words its own messages by this cookie; inside another site's frame
  // only a partitioned one is sent.
  const secure = window.location.protocol === "https:";
  document.cookie =
    `${KEY}=${language}; path=/; max-age=31536000; ` +
    (secure ? "SameSite=None; Secure; Partitioned" : "SameSite=Lax");

  // The clock of Gradio's "Loading..." counts on, once a frame, long after it is gone from the
  // page, and a page at rest would never rest. Four times a second is as good a clock.
  const CLOCK = /^\(\)=>\{[\w$]+\([\w$]+,\(performance\.now\(\)-/;
  const nextFrame = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (step) =>
    CLOCK.test(String(step)) ? setTimeout(() => step(performance.now()), 250) : nextFrame(step);

  window.framemood = {
    language,
    chooseLanguage(name) {
      keep(KEY, name);
      const url = new URL(window.location.href);
      url.searchParams.delete("lang");
      if (url.href === window.location.href) window.location.reload();
      else window.location.replace(url.href);
    },
    asset(path) {
      const root = (window.gradio_config && window.gradio_config.root) || ".";
      // Gradio's root names the host it was reached by; the page's own origin is the one that works.
      const base = new URL(root.replace(/\/*$/, "/"), window.location.href);
      return new URL(base.pathname + path, window.location.origin);
    },
    /** Show a tab of the page, named as in ui/page.py. */
    openTab(name) {
      document.getElementById(`fm-tab-${name}-button`).click();
    },
    keep,
    stored,
  };
})();
