// Where pictures come from: a camera, or the sample clip. Both end as a playing
// <video>, so everything after it is the same.

export class SourceRefused extends Error {
  constructor(state, detail = "") {
    super(detail || state);
    this.state = state;
  }
}

const STATE_OF_ERROR = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "none",
  OverconstrainedError: "none",
  NotReadableError: "in_use",
  AbortError: "in_use",
};

export class Source {
  constructor(video, { onEnded }) {
    this.video = video;
    this.onEnded = onEnded;
    this.stream = null;
    this.kind = null;
    this.openings = 0;
  }

  // A start that was overtaken by a stop or another start must not switch a camera on.
  async openCamera(deviceId) {
    this.stop();
    const opening = ++this.openings;
    if (!navigator.mediaDevices?.getUserMedia) throw new SourceRefused("insecure");
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: {
          ...(deviceId ? { deviceId: { exact: deviceId } } : { facingMode: "user" }),
          width: { ideal: 640 },
          height: { ideal: 480 },
          frameRate: { ideal: 30 },
        },
      });
    } catch (error) {
      if (deviceId && error.name === "OverconstrainedError") return this.openCamera(null);
      throw new SourceRefused(STATE_OF_ERROR[error.name] || "none", error.message);
    }
    if (opening !== this.openings) {
      stream.getTracks().forEach((track) => track.stop());
      return false;
    }
    this.stream = stream;
    this.kind = "camera";
    const [track] = stream.getVideoTracks();
    // Fires when the camera goes away by itself, never after track.stop().
    track.addEventListener("ended", () => {
      if (this.stream !== stream) return;
      this.stop();
      this.onEnded("unplugged");
    });
    this.video.srcObject = stream;
    await this.#play();
    return true;
  }

  async openClip(url) {
    this.stop();
    const opening = ++this.openings;
    this.kind = "sample";
    this.video.loop = true;
    this.video.src = url;
    try {
      await this.#play();
    } catch (error) {
      if (opening !== this.openings) return false;
      this.stop();
      throw new SourceRefused("no_sample", error.message);
    }
    return opening === this.openings;
  }

  async #play() {
    try {
      await this.video.play();
    } catch (error) {
      // A stop or a new source interrupts a play() that is still pending; that is no fault.
      if (error.name !== "AbortError") throw error;
    }
  }

  stop() {
    this.openings++;
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.kind = null;
    this.video.pause();
    this.video.srcObject = null;
    if (this.video.hasAttribute("src")) {
      this.video.removeAttribute("src");
      this.video.load();
    }
  }

  get deviceId() {
    return this.stream?.getVideoTracks()[0]?.getSettings().deviceId ?? "";
  }
}

export async function listCameras() {
  if (!navigator.mediaDevices?.enumerateDevices) return [];
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((device) => device.kind === "videoinput");
}
