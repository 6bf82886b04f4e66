// A poster drawn from a film's palette, for films whose real one cannot be loaded.
//
// Each colour takes the area that it has on the real poster, or near it; which of the
// compositions a film gets follows from its id, so it looks the same every time.

import { h } from "./films_dom.js";

const WIDTH = 200;
const HEIGHT = 300;

function randomOf(seed) {
  let state = (seed * 2654435761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 4294967296;
  };
}

const channels = (rgb) => [1, 3, 5].map((start) => parseInt(rgb.slice(start, start + 2), 16));

/** Relative luminance of WCAG 2, 0..1. */
export function luminance(rgb) {
  const [r, g, b] = channels(rgb).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The one of near-white and near-black that reads better on a colour. */
export const inkOn = (rgb) => (luminance(rgb) > 0.179 ? "#101114" : "#fbfbf8");

const vividness = (rgb) => {
  const values = channels(rgb);
  return Math.max(...values) - Math.min(...values);
};

const circle = (x, y, r, fill, more = "") => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${r.toFixed(1)}" fill="${fill}" ${more}/>`;
const block = (x, y, w, hh, fill, more = "") => `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${w.toFixed(1)}" height="${hh.toFixed(1)}" fill="${fill}" ${more}/>`;

const COMPOSITIONS = [
  // A sun over hills: the most vivid colour is the sun.
  (others, random) => {
    const sun = [...others].sort((a, b) => vividness(b[0]) - vividness(a[0]))[0];
    const hills = others.filter((colour) => colour !== sun).sort((a, b) => luminance(b[0]) - luminance(a[0]));
    const x = 50 + random() * 100;
    let drawing = circle(x, 104, 46 + 14 * random(), sun[0]);
    hills.forEach(([rgb], place) => {
      const top = 112 + place * 26;
      const sway = 16 + random() * 22;
      const shift = random() * 60;
      drawing += `<path d="M0 ${top} C${40 + shift} ${top - sway} ${60 + shift} ${top + sway} 120 ${top} S180 ${top - sway} 200 ${top + 6} V300 H0z" fill="${rgb}"/>`;
    });
    return drawing;
  },
  // Arcs about a corner.
  (others, random) => {
    const right = random() > 0.5;
    const x = right ? WIDTH : 0;
    let radius = 205;
    return others
      .map(([rgb, share]) => {
        const arc = circle(x, 0, radius, rgb);
        radius -= 14 + 90 * share;
        return arc;
      })
      .join("");
  },
  // Discs of the right area, seen through each other.
  (others, random) =>
    [...others]
      .sort((a, b) => b[1] - a[1])
      .map(([rgb, share], place) => {
        const radius = Math.max(16, Math.sqrt((share * WIDTH * HEIGHT) / Math.PI));
        const x = 26 + random() * 148;
        const y = 34 + ((place * 53) % 130) + random() * 20;
        return circle(x, y, radius, rgb, 'fill-opacity=".92"');
      })
      .join(""),
  // Columns as wide as their colour's share.
  (others, random) => {
    const total = others.reduce((sum, [, share]) => sum + share, 0);
    let x = 0;
    return others
      .map(([rgb, share]) => {
        const width = Math.max(9, (share / total) * WIDTH);
        const bottom = 110 + random() * 90;
        const column = `<path d="M${x.toFixed(1)} 0H${(x + width).toFixed(1)}V${(bottom - width / 2).toFixed(1)}a${(width / 2).toFixed(1)} ${(width / 2).toFixed(1)} 0 0 1 ${(-width).toFixed(1)} 0z" fill="${rgb}"/>`;
        x += width;
        return column;
      })
      .join("");
  },
  // Quarter discs and squares on a grid of fifty.
  (others, random) => {
    const total = others.reduce((sum, [, share]) => sum + share, 0);
    const draw = () => {
      let left = random() * total;
      return (others.find(([, share]) => (left -= share) <= 0) || others[0])[0];
    };
    let drawing = "";
    for (let y = 0; y < 200; y += 50) {
      for (let x = 0; x < WIDTH; x += 50) {
        const kind = random();
        if (kind < 0.14) continue;
        const rgb = draw();
        if (kind < 0.34) drawing += block(x, y, 50, 50, rgb);
        else if (kind < 0.5) drawing += circle(x + 25, y + 25, 25, rgb);
        else {
          const turn = 90 * Math.floor(random() * 4);
          drawing += `<path d="M0 0H50A50 50 0 0 1 0 50z" fill="${rgb}" transform="translate(${x} ${y}) rotate(${turn} 25 25)"/>`;
        }
      }
    }
    return drawing;
  },
  // Slanted bands.
  (others, random) => {
    const total = others.reduce((sum, [, share]) => sum + share, 0);
    const lean = random() > 0.5 ? 32 : -32;
    let x = -60;
    const bands = others.map(([rgb, share]) => {
      const width = Math.max(10, (share / total) * 300);
      const band = block(x, -80, width + 0.5, 420, rgb);
      x += width + 7;
      return band;
    });
    return `<g transform="rotate(${lean} 100 110)">${bands.join("")}</g>`;
  },
];

let ruler = null;

/** Breadth of a text in the title's own type, em. */
function breadth(text) {
  ruler ??= document.createElement("canvas").getContext("2d");
  ruler.font = `800 100px ${getComputedStyle(document.body).fontFamily}`;
  return ruler.measureText(text).width / 100;
}

// In hundredths of the poster's width: long titles are set smaller, and the longest word fits.
function titleSize(title) {
  const longest = Math.max(...title.split(/[\s-]+/).map(breadth), 1);
  const all = breadth(title);
  const wished = all < 5 ? 19 : all < 9 ? 15 : all < 15 ? 12 : all < 24 ? 10 : 8.5;
  return Math.max(5, Math.min(wished, 82 / longest));
}

/** Draw the poster of a film under its title in the visitor's language. */
export function drawPoster(film, title) {
  const colours = [...film.palette].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const [ground] = colours[0];
  const others = colours.slice(1);
  const random = randomOf(film.id);
  random();
  const compose = COMPOSITIONS[Math.floor(random() * COMPOSITIONS.length)];
  const art = h("div", { class: "fmf-art", "aria-hidden": "true", style: `--ground:${ground};--ink:${inkOn(ground)}` });
  const shapes = others.length ? compose(others, random) : "";
  art.innerHTML =
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="xMidYMin slice">` +
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="${ground}"/>${shapes}</svg>`;
  const size = titleSize(title);
  art.append(
    h("div", { class: "fmf-art-words" }, h("span", { class: "fmf-art-title", style: `font-size:${size.toFixed(1)}cqw` }, title), h("span", { class: "fmf-art-year" }, film.year ? String(film.year) : "")),
  );
  return art;
}
