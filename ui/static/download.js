/** Hand what was made in this page to the visitor as a file. */
export function download(name, content, type) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  // The download has to have begun before its address goes.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
