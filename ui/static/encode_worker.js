// Turns pictures into JPEG away from the page, whose thread is then free for the visitor.

const canvas = new OffscreenCanvas(16, 16);
// Read back at once, so drawn without a graphics card.
const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });

self.addEventListener("message", async ({ data: { id, picture, quality } }) => {
  const { width, height } = picture;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  context.drawImage(picture, 0, 0);
  picture.close();
  // Taken of the canvas as it is now; the next picture may be drawn before it is done.
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality });
  const jpeg = await blob.arrayBuffer();
  self.postMessage({ id, jpeg }, [jpeg]);
});
