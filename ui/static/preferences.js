// What a visitor set in the popover, kept in this browser.

const KEY = "framemood-live";
const OPTION_NAMES = ["faces", "emotion", "quality", "smoothing", "ocr"];

export class Preferences {
  constructor({ threshold, fpsLimit }) {
    this.defaults = {
      camera: "",
      fpsLimit,
      threshold,
      faces: true,
      emotion: true,
      quality: true,
      smoothing: true,
      ocr: false,
      mirror: true,
    };
    this.values = { ...this.defaults };
    let stored = {};
    try {
      stored = JSON.parse(window.framemood.stored(KEY) || "{}");
    } catch {
      // A damaged entry is as good as none.
    }
    for (const [name, value] of Object.entries(this.defaults)) {
      if (typeof stored?.[name] === typeof value) this.values[name] = stored[name];
    }
    this.values.fpsLimit = Math.min(Math.max(1, this.values.fpsLimit), 60);
    this.values.threshold = Math.min(Math.max(0, this.values.threshold), 1);
  }

  get options() {
    return Object.fromEntries(OPTION_NAMES.map((name) => [name, this.values[name]]));
  }

  // Ties the popover's fields to the values; onChange gets the name of what changed.
  bind(popover, onChange) {
    this.popover = popover;
    for (const field of popover.querySelectorAll("[data-set]")) {
      const name = field.dataset.set;
      const isSwitch = field.type === "checkbox";
      if (isSwitch) field.checked = this.values[name];
      else field.value = this.values[name];
      field.addEventListener("input", () => {
        if (isSwitch) this.values[name] = field.checked;
        else this.values[name] = field.type === "range" ? Number(field.value) : field.value;
        this.#show();
        window.framemood.keep(KEY, JSON.stringify(this.values));
        onChange(name);
      });
    }
    this.#show();
  }

  listCameras(cameras, current, { unnamed, none }) {
    const select = this.popover.querySelector("[data-set=camera]");
    select.replaceChildren(
      ...cameras.map((camera, i) => {
        const option = document.createElement("option");
        option.value = camera.deviceId;
        option.textContent = camera.label || `${unnamed} ${i + 1}`;
        return option;
      }),
    );
    if (!cameras.length) select.add(new Option(none, ""));
    select.value = current || (cameras.length ? this.values.camera : "");
    select.disabled = cameras.length === 0;
  }

  #show() {
    for (const output of this.popover.querySelectorAll("[data-out]")) {
      const value = this.values[output.dataset.out];
      output.textContent = output.dataset.out === "fpsLimit" ? `${value} fps` : value.toFixed(2);
    }
    this.popover.querySelector("[data-set=emotion]").disabled = !this.values.faces;
    this.popover.querySelector("[data-set=smoothing]").disabled =
      !this.values.faces || !this.values.emotion;
  }
}
