// The way to the server: a WebSocket, or Gradio's server functions where none opens.
// States told to the owner: "connecting", "waiting" with the number in the line, "open",
// "gone", "busy", "too_many", "idle", "time_up".

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 8000;
const BUSY_RETRY_MS = 4000;
const WAITING_RETRY_MS = 2000;
const OPENING_MS = 5000;

export class Link {
  // mode: "live" or "session"; what differs between them is said in docs/protocol.md.
  constructor({ server, onState, onMessage, options, mode = "live" }) {
    this.url = window.framemood.asset("ws/analysis");
    this.url.protocol = this.url.protocol.replace("http", "ws");
    Object.assign(this, { server, onState, onMessage, options, mode });
    // Address of a camera that the server opens; "" where this browser sends frames.
    this.stream = "";
    this.socket = null;
    this.ticket = null;
    this.wanted = false;
    this.isOpen = false;
    this.retryMs = FIRST_RETRY_MS;
    this.everOpened = false;
    this.timer = 0;
  }

  open() {
    if (this.wanted && (this.isOpen || this.socket || this.timer)) return;
    this.wanted = true;
    this.retryMs = FIRST_RETRY_MS;
    this.#connect();
  }

  close() {
    this.wanted = false;
    clearTimeout(this.timer);
    this.timer = 0;
    if (this.isOpen) this.#say({ type: "stop_analysis" });
    this.isOpen = false;
    this.ticket = null;
    const socket = this.socket;
    this.socket = null;
    socket?.close(1000);
  }

  setOptions(options) {
    this.options = options;
    if (this.isOpen) this.#say({ type: "options", options });
  }

  // pictures: whether the one in which an incident begins is kept, too.
  setRecording(on, pictures) {
    if (this.isOpen) this.#say({ type: "record", on, pictures });
  }

  // Any further message of the protocol; false where nobody hears it.
  say(message) {
    if (this.isOpen) this.#say(message);
    return this.isOpen;
  }

  get isFallback() {
    return this.isOpen && this.socket === null;
  }

  sendFrame(id, jpeg, timeS) {
    if (!this.isOpen) return false;
    const { timed } = this.options;
    if (this.socket) {
      const head = timed ? 12 : 4;
      const message = new Uint8Array(head + jpeg.byteLength);
      const view = new DataView(message.buffer);
      view.setUint32(0, id);
      if (timed) view.setFloat64(4, timeS);
      message.set(new Uint8Array(jpeg), head);
      this.socket.send(message);
    } else {
      const time = timed ? { time_s: timeS } : {};
      this.#call({ type: "frame", id, ...time, image: `data:image/jpeg;base64,${base64(jpeg)}` });
    }
    return true;
  }

  #say(message) {
    if (this.socket) this.socket.send(JSON.stringify(message));
    else this.#call(message);
  }

  #connect() {
    this.timer = 0;
    this.onState("connecting");
    let socket;
    try {
      socket = new WebSocket(this.url);
    } catch {
      this.#lost(null);
      return;
    }
    this.socket = socket;
    this.lastError = null;
    socket.binaryType = "arraybuffer";
    // A proxy may swallow the handshake without ever refusing it.
    const opening = setTimeout(() => socket.close(), OPENING_MS);
    socket.addEventListener("open", () => {
      clearTimeout(opening);
      socket.send(JSON.stringify(this.#start()));
    });
    socket.addEventListener("message", (event) => {
      if (this.socket === socket) this.#received(JSON.parse(event.data));
    });
    socket.addEventListener("close", () => {
      clearTimeout(opening);
      if (this.socket === socket) this.#lost(socket);
    });
  }

  #start() {
    const stream = this.stream ? { stream: this.stream } : {};
    return { type: "start_analysis", mode: this.mode, options: this.options, ...stream };
  }

  #received(message) {
    if (message.type === "started" && !this.isOpen) {
      this.isOpen = true;
      this.everOpened ||= this.socket !== null;
      this.retryMs = FIRST_RETRY_MS;
      this.onState("open");
    }
    if (message.type === "waiting" && !this.isOpen) {
      this.everOpened ||= this.socket !== null;
      this.onState("waiting", message.position);
    }
    if (message.type === "error" && message.id === undefined) this.lastError = message.code;
    this.onMessage(message);
    // A socket sends what follows a reply by itself; a call can only bring it along.
    for (const next of message.then ?? []) this.onMessage(next);
  }

  #lost() {
    this.socket = null;
    this.isOpen = false;
    if (!this.wanted) return;
    if (["idle", "time_up"].includes(this.lastError)) {
      // Nobody was sending, or for long enough; whoever wants more opens it again.
      this.wanted = false;
      this.onState(this.lastError);
    } else if (["busy", "too_many"].includes(this.lastError)) {
      this.onState(this.lastError);
      this.#retry(BUSY_RETRY_MS);
    } else if (!this.everOpened && this.server?.analyze_live) {
      this.#fallBack();
    } else {
      this.onState("gone");
      this.#retry(this.retryMs);
      this.retryMs = Math.min(LAST_RETRY_MS, this.retryMs * 2);
    }
  }

  #retry(delayMs) {
    // Spread out, so that a server that comes back is not met by everyone at once.
    this.timer = setTimeout(() => this.#connect(), delayMs * (0.75 + Math.random() / 2));
  }

  async #fallBack() {
    this.timer = 0;
    const reply = await this.#call(this.#start());
    if (!this.wanted || this.isOpen) return;
    if (reply?.type === "waiting") {
      // Asking again with the ticket keeps the number in the line.
      this.timer = setTimeout(() => this.#fallBack(), WAITING_RETRY_MS);
    } else if (["busy", "too_many"].includes(reply?.code)) {
      this.onState(reply.code);
      this.#retry(BUSY_RETRY_MS);
    } else {
      this.onState("gone");
      this.#retry(this.retryMs);
      this.retryMs = Math.min(LAST_RETRY_MS, this.retryMs * 2);
    }
  }

  async #call(message) {
    try {
      const reply = await this.server.analyze_live({ ticket: this.ticket, message });
      if (!this.wanted) return reply;
      this.ticket = reply.ticket ?? this.ticket;
      this.#received(reply);
      if (reply.code === "time_up") {
        Object.assign(this, { wanted: false, isOpen: false, ticket: null });
        this.onState("time_up");
        return reply;
      }
      if (reply.code === "not_started" && this.isOpen) throw new Error(reply.message);
      return reply;
    } catch {
      if (this.wanted && this.isOpen) {
        this.isOpen = false;
        this.ticket = null;
        this.onState("gone");
        this.#retry(this.retryMs);
      }
      return null;
    }
  }
}

function base64(buffer) {
  const bytes = new Uint8Array(buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}
