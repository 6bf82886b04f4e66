// Turns pictures into JPEG away from the page, whose thread is then free for the visitor.

self.addEventListener("message", async ({ data: { id, picture, quality } }) => {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  canvas.getContext("2d", { alpha: false }).drawImage(picture, 0, 0);
  picture.close();
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality });
  const jpeg = await blob.arrayBuffer();
  self.postMessage({ id, jpeg }, [jpeg]);
});
