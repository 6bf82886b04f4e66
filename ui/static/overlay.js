// A picture with what was read of it, drawn on a canvas of any size.

const probe = document.createElement("span");

// Always the dark theme's colours: the ground here is a photograph, not the page.
export function colourOf(role) {
  if (!probe.isConnected) {
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.colorScheme = "dark";
  probe.style.color = `var(--fm-${role})`;
  return getComputedStyle(probe).color;
}

const colours = new Map();
const colour = (role) => {
  if (!colours.has(role)) colours.set(role, colourOf(role));
  return colours.get(role);
};

// Fits the picture into the canvas; returns where it landed.
export function drawPicture(context, picture, width, height, mirror) {
  const { width: w, height: h } = context.canvas;
  const scale = Math.min(w / width, h / height);
  const place = {
    x: Math.round((w - width * scale) / 2),
    y: Math.round((h - height * scale) / 2),
    width: Math.round(width * scale),
    height: Math.round(height * scale),
    scale,
  };
  if (place.width < w || place.height < h) {
    context.fillStyle = "#0b0d10";
    context.fillRect(0, 0, w, h);
  }
  context.save();
  if (mirror) {
    context.translate(2 * place.x + place.width, 0);
    context.scale(-1, 1);
  }
  context.imageSmoothingQuality = "medium";
  context.drawImage(picture, place.x, place.y, place.width, place.height);
  context.restore();
  return place;
}

// unit: device pixels of one CSS pixel; labelOf(face): the words above its box.
export function drawFaces(context, faces, place, { mirror, unit, labelOf, selected }) {
  for (const face of faces) {
    const [x, y, width, height] = face.box;
    const box = {
      x: place.x + (mirror ? place.width - (x + width) * place.scale : x * place.scale),
      y: place.y + y * place.scale,
      width: width * place.scale,
      height: height * place.scale,
    };
    const tint = colour(face.emotion ?? "neutral");
    const doubtful = face.emotion !== null && face.trust < 0.5;
    context.lineWidth = (face.track_id === selected ? 3 : 2) * unit;
    context.strokeStyle = tint;
    context.setLineDash(doubtful ? [7 * unit, 5 * unit] : []);
    context.beginPath();
    context.roundRect(box.x, box.y, box.width, box.height, 8 * unit);
    context.stroke();
    context.setLineDash([]);
    drawLabel(context, labelOf(face), box, place, tint, unit);
  }
}

// Text that was read: a thin frame and, below it, the words with their confidence.
export function drawTexts(context, texts, place, { mirror, unit }) {
  context.font = `500 ${12 * unit}px Inter, Pretendard, "Noto Sans KR", system-ui, sans-serif`;
  context.textBaseline = "middle";
  for (const { text, confidence, box } of texts) {
    const [x, y, width, height] = box.map((side) => side * place.scale);
    const left = place.x + (mirror ? place.width - x - width : x);
    const top = place.y + y;
    context.lineWidth = 1.5 * unit;
    context.strokeStyle = "#ffffff";
    context.strokeRect(left, top, width, height);
    const words = `${text} ${Math.round(confidence * 100)} %`;
    const wide = Math.min(context.measureText(words).width + 10 * unit, place.width);
    const high = 18 * unit;
    const at = Math.max(place.x, Math.min(left, place.x + place.width - wide));
    const below = top + height + 2 * unit;
    const line = below + high <= place.y + place.height ? below : top - high - 2 * unit;
    context.fillStyle = "rgb(0 0 0 / 0.7)";
    context.fillRect(at, line, wide, high);
    context.fillStyle = "#ffffff";
    context.fillText(words, at + 5 * unit, line + high / 2, wide - 10 * unit);
  }
}

function drawLabel(context, words, box, place, tint, unit) {
  if (!words) return;
  context.font = `600 ${13 * unit}px Inter, Pretendard, "Noto Sans KR", system-ui, sans-serif`;
  context.textBaseline = "middle";
  const width = context.measureText(words).width + 16 * unit;
  const height = 22 * unit;
  const right = place.x + place.width;
  const x = Math.max(place.x, Math.min(box.x - unit, right - width));
  const above = box.y - height - 6 * unit;
  const y = above >= place.y ? above : Math.max(place.y, box.y + 6 * unit);
  context.fillStyle = tint;
  context.beginPath();
  context.roundRect(x, y, width, height, 6 * unit);
  context.fill();
  context.fillStyle = "#10131a";
  context.fillText(words, x + 8 * unit, y + height / 2 + 0.5 * unit);
}
