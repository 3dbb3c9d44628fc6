/**
 * A reference client of `dibs.v1`: every event once and in order, across cuts, restarts and slow
 * lines. The same as `client.py`, for browsers, phones and node; needs `WebSocket` and nothing else.
 *
 *     for await (const item of new Stream(door, { device: "phone-1", n: storedN }).events()) {
 *       apply(item); // a resync says: read your state over HTTP first
 *     }
 *
 * An event counts as dealt with, and is acknowledged, when the next one is asked for.
 */

export type Hello = {
  frame: "hello";
  heartbeat_s: number;
  ack_every: number;
  ack_within_s: number;
};
export type Event = { frame: "event"; n: number; type: string; at: string; data: unknown };
export type Resync = { frame: "resync"; n: number; reason: "retention" | "unknown_number" };
type Frame = Hello | Event | Resync | { frame: "ping" };

/** Gets the stream's URL and a fresh ticket; throws `Cut` where the api cannot be reached. */
export type Door = () => Promise<{ url: string; ticket: string }>;

const SUBPROTOCOL = "dibs.v1";
const TICKET_PREFIX = "ticket.";
const FIRST_WAIT_S = 0.2;
const LONGEST_WAIT_S = 30;
const OPEN_WITHIN_S = 10;

/** What to do after a close, by its code; every other code: come back with backoff. */
const STAY_AWAY = new Set([1000, 1001, 1003, 1007, 1009, 4400, 4403, 4409, 4430]);
const AT_ONCE = new Set([1012]);
const LOST = 1006;

/** The line was cut, with this code; 1006 where there is none. */
export class Cut extends Error {
  constructor(readonly code: number = LOST) {
    super(`the line was cut with ${code}`);
  }
}

/** The server closed the stream for good; `code` is one of the protocol's close codes. */
export class StreamEnded extends Error {
  constructor(readonly code: number) {
    super(`the stream ended with ${code}`);
  }
}

/** One device's stream. `n` is the last event dealt with: keep it where it survives a restart. */
export class Stream {
  n: number | null;
  readonly #door: Door;
  readonly #device: string;
  readonly #jitter: () => number;
  #unacked = 0;
  #ackAt = 0;
  #waitS = FIRST_WAIT_S;

  constructor(door: Door, options: { device: string; n?: number | null; jitter?: () => number }) {
    this.n = options.n ?? null;
    this.#door = door;
    this.#device = options.device;
    this.#jitter = options.jitter ?? Math.random;
  }

  /** Events and resyncs, for ever. Throws `StreamEnded` when coming back would be of no use. */
  async *events(): AsyncGenerator<Event | Resync, never, void> {
    for (;;) {
      let code = LOST;
      try {
        yield* this.#connection();
      } catch (error) {
        if (!(error instanceof Cut)) throw error;
        code = error.code;
      }
      if (STAY_AWAY.has(code)) throw new StreamEnded(code);
      if (AT_ONCE.has(code)) {
        await sleep(FIRST_WAIT_S * this.#jitter());
      } else {
        await sleep(this.#waitS * (0.5 + this.#jitter()));
        this.#waitS = Math.min(2 * this.#waitS, LONGEST_WAIT_S);
      }
    }
  }

  async *#connection(): AsyncGenerator<Event | Resync, void, void> {
    const { url, ticket } = await this.#door();
    const line = await Line.open(url, [SUBPROTOCOL, TICKET_PREFIX + ticket]);
    try {
      line.say({ frame: "resume", n: this.n, device: this.#device });
      const hello = await line.hear(OPEN_WITHIN_S);
      if (hello?.frame !== "hello") throw new Cut();
      this.#unacked = 0;
      for (;;) {
        const frame = await this.#next(line, hello);
        if (frame) {
          yield frame;
          this.#done(frame.n, hello);
        }
      }
    } finally {
      line.close();
    }
  }

  /** The next frame, acknowledging what is due meanwhile; a line that is silent is dead. */
  async #next(line: Line, hello: Hello): Promise<Event | Resync | null> {
    if (this.#unacked >= hello.ack_every || (this.#unacked && clock() >= this.#ackAt))
      this.#ack(line);
    const silenceS = this.#unacked ? this.#ackAt - clock() : 2 * hello.heartbeat_s;
    const frame = await line.hear(silenceS);
    if (!frame && !this.#unacked) throw new Cut();
    if (frame) this.#waitS = FIRST_WAIT_S;
    if (frame?.frame === "ping") line.say({ frame: "pong" });
    return frame?.frame === "event" || frame?.frame === "resync" ? frame : null;
  }

  #done(n: number, hello: Hello): void {
    this.n = n;
    if (!this.#unacked) this.#ackAt = clock() + hello.ack_within_s / 2;
    this.#unacked += 1;
  }

  #ack(line: Line): void {
    this.#unacked = 0;
    line.say({ frame: "ack", n: this.n ?? 0 });
  }
}

/** A websocket as something to wait for: frames in order, then the code it was closed with. */
class Line {
  readonly #socket: WebSocket;
  readonly #heard: Frame[] = [];
  #code: number | null = null;
  #wake = (): void => {};

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = (message) => {
      this.#heard.push(JSON.parse(message.data as string) as Frame);
      this.#wake();
    };
    socket.onclose = (closed) => {
      this.#code = closed.code;
      this.#wake();
    };
  }

  /** A line that is open. Throws `Cut`. */
  static async open(url: string, protocols: string[]): Promise<Line> {
    const line = new Line(new WebSocket(url, protocols));
    const opened = new Promise<void>((resolve) => (line.#socket.onopen = () => resolve()));
    await Promise.race([opened, line.#woken(OPEN_WITHIN_S)]);
    if (line.#socket.readyState === WebSocket.OPEN) return line;
    line.close();
    throw new Cut(line.#code ?? LOST);
  }

  say(frame: object): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  /** The next frame; null where none came in time. Throws `Cut` at the end. */
  async hear(withinS: number): Promise<Frame | null> {
    if (!this.#heard.length && this.#code === null) await this.#woken(withinS);
    const frame = this.#heard.shift();
    if (!frame && this.#code !== null) throw new Cut(this.#code);
    return frame ?? null;
  }

  close(): void {
    this.#socket.close();
  }

  async #woken(withinS: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, Math.max(0, withinS) * 1000);
    });
    clearTimeout(timer);
    this.#wake = () => {};
  }
}

const clock = (): number => performance.now() / 1000;
const sleep = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));
