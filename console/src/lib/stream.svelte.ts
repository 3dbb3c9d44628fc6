/**
 * The live stream of an operator: `dibs.v1`, with the frames of a watched market. Keeps itself
 * connected while somebody listens; after a cut it watches anew, and the first frame is the whole.
 */

import { untrack } from "svelte";
import { post } from "../api/client";
import type { Schemas } from "../api/types";
import { backoffMs, comesBack } from "./reconnect";

export interface LiveChore {
  id: string;
  status: string;
  category: string;
  lon: number;
  lat: number;
  wave: number;
  radius_m: number;
  offers: number;
  starts_at: string;
}

export interface LiveBooking {
  id: string;
  chore_id: string;
  tasker_id: string;
  status: string;
  lon: number;
  lat: number;
}

export interface LiveTasker {
  id: string;
  lon: number;
  lat: number;
}

export interface MarketFrame {
  frame: "market";
  market: string;
  at: string;
  /** The first frame of a whole: forget what you have. */
  begin: boolean;
  counts: Record<string, number>;
  chores: LiveChore[];
  bookings: LiveBooking[];
  taskers: LiveTasker[];
  /** Ids of what is to be shown no longer. */
  gone: string[];
  /** More taskers moved than are listed: load the tiles anew. */
  reload: boolean;
}

export interface Frame {
  frame: string;
  [field: string]: unknown;
}

type Listener = (frame: Frame) => void;

class Stream {
  /** `off`: nobody listens; `ended`: somebody does, and the server closed it for good. */
  state = $state<"off" | "connecting" | "live" | "ended">("off");
  #watched: string[] = [];
  #listeners = new Set<Listener>();
  #socket: WebSocket | null = null;
  #tries = 0;
  #timer = 0;
  #silence = 0;
  #silentMs = 60_000;

  /** Hear every frame of the server's; the stream is open for as long as somebody does. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    // Whoever listens within an effect does not listen anew when the state changes.
    if (["off", "ended"].includes(untrack(() => this.state))) void this.#open();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#end();
    };
  }

  /** Hear what is live in a market: first the whole of it, then changes. */
  watch(market: string, listener: (frame: MarketFrame) => void): () => void {
    this.#watched.push(market);
    this.#watch();
    const stop = this.listen((frame) => {
      if (frame.frame === "market" && frame.market === market) {
        listener(frame as unknown as MarketFrame);
      }
    });
    return () => {
      this.#watched.splice(this.#watched.indexOf(market), 1);
      if (!this.#watched.includes(market)) this.#watch();
      stop();
    };
  }

  async #open(): Promise<void> {
    this.state = "connecting";
    try {
      const { ticket } = await post<Schemas["Ticket"]>("/v1/stream/tickets");
      if (this.#listeners.size === 0) return this.#end();
      const url = new URL("/v1/stream", location.href);
      url.protocol = url.protocol.replace("http", "ws");
      const socket = new WebSocket(url, ["dibs.v1", `ticket.${ticket}`]);
      this.#socket = socket;
      socket.onopen = () => this.#say({ frame: "resume", n: null, device: DEVICE });
      socket.onmessage = (message) => this.#hear(JSON.parse(message.data));
      socket.onclose = (closed) => {
        if (this.#socket === socket) this.#again(closed.code);
      };
    } catch {
      this.#again(1006);
    }
  }

  #hear(frame: Frame): void {
    clearTimeout(this.#silence);
    this.#silence = window.setTimeout(() => this.#socket?.close(), this.#silentMs);
    if (frame.frame === "hello") {
      this.state = "live";
      this.#tries = 0;
      if (typeof frame.heartbeat_s === "number") this.#silentMs = frame.heartbeat_s * 2000;
      if (this.#watched.length > 0) this.#watch();
    }
    if (frame.frame === "ping") this.#say({ frame: "pong" });
    if (frame.frame === "event") this.#say({ frame: "ack", n: frame.n });
    for (const listener of this.#listeners) listener(frame);
  }

  /** Of those wanted, the market asked for last: a session watches one. */
  #watch(): void {
    this.#say({ frame: "watch", market: this.#watched.at(-1) ?? null });
  }

  #say(frame: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #again(code: number): void {
    clearTimeout(this.#silence);
    this.#socket = null;
    if (this.#listeners.size === 0 || !comesBack(code)) {
      this.state = this.#listeners.size === 0 ? "off" : "ended";
      return;
    }
    this.state = "connecting";
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#open(), backoffMs(this.#tries++, Math.random()));
  }

  #end(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
    this.state = "off";
  }
}

/** Each page is a device of its own: two tabs do not end each other's stream. */
const DEVICE = `console-${crypto.randomUUID()}`;

export const stream = new Stream();
