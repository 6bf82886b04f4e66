// What can be taken home: made here from the answer, kept nowhere else.

const COLUMNS = ["anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral", "trust", "brightness", "blur_score", "face_width_px", "turn_degrees"];

export function sessionJson(record) {
  return JSON.stringify(record);
}

// A row a frame, as `read_table` of the library reads it; empty where a figure is not known.
export function sessionCsv(record) {
  const lines = [["time_s", "phase", ...COLUMNS].join(",")];
  for (const phase of ["baseline", "stimulus"]) {
    const { frames } = record.phases[phase];
    frames.time_s.forEach((timeS, at) => {
      const cells = COLUMNS.map((name) => frames[name]?.[at] ?? "");
      lines.push([timeS, phase, ...cells].join(","));
    });
  }
  return `${lines.join("\r\n")}\r\n`;
}

// One page that opens without a network: the styles are written into it, the drawings are inline.
export async function reportHtml(result, { title, language, made }) {
  const sheets = await Promise.all(
    ["styles.css", "session.css", "session_result.css"].map(async (name) => {
      const answer = await fetch(window.framemood.asset(`framemood-static/${name}`));
      return answer.text();
    }),
  );
  const body = result.cloneNode(true);
  for (const node of body.querySelectorAll("button, fieldset, [data-screen]")) node.remove();
  const words = document.createElement("div");
  words.textContent = `${title} · ${made}`;
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${words.innerHTML}</title>
<style>${sheets.join("\n")}
body { margin: 0 auto; max-width: 1100px; padding: 24px; }
@media (prefers-color-scheme: dark) { body:not(.dark) { color-scheme: dark; } }</style></head>
<body><section class="fms" data-step="result"><h1>${words.innerHTML}</h1><div class="fms-result">${body.innerHTML}</div></section></body></html>`;
}
