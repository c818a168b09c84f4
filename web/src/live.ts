// Live numbers: one EventSource for all tabs of a browser, polling where that does not get through.
//
// HTTP/1.1 lets a browser hold six connections to a server, so the tabs of one map share one stream: the tab that holds
// a lock has it and passes on what it hears. A tab out of sight for a minute gives the stream away.

import { DeltaWire } from "./series";

export type LiveState = "live" | "poll" | "off";

/** Listener is told what arrives. */
export interface Listener {
  version(): number;
  delta(delta: DeltaWire): void;
  /** refresh asks the server whether there is something new (a conditional request); it rejects when out of reach. */
  refresh(): Promise<void>;
  state(state: LiveState): void;
}

type Message = { kind: "delta"; delta: DeltaWire } | { kind: "refresh" } | { kind: "state"; state: LiveState } | { kind: "hello" };

const idleMs = 60000; // out of sight so long, the stream is given up
const pollMs = 20000; // and up to half more, so that readers do not come all at once
const retryMs = 90000; // polling so long, the stream is tried again
const checkMs = 300000; // a stream that a proxy holds back looks open: look for oneself at times

export class Live {
  private source: EventSource | null = null;
  private channel: BroadcastChannel | null = null;
  private giveUp: (() => void) | null = null; // leaves the queue or frees the lock
  private timer = 0;
  private idle = 0;
  private failures = 0;
  private now: LiveState = "off";

  constructor(private readonly url: string, private readonly listener: Listener) {}

  start(): void {
    document.addEventListener("visibilitychange", () => this.seen());
    addEventListener("pagehide", () => this.stop());
    addEventListener("pageshow", (event) => {
      if (event.persisted) this.join();
    });
    addEventListener("online", () => this.listener.refresh().catch(() => undefined));
    setInterval(() => {
      if (this.now === "live" && !document.hidden) this.listener.refresh().catch(() => undefined);
    }, checkMs + Math.random() * checkMs);
    this.join();
  }

  private seen(): void {
    clearTimeout(this.idle);
    if (document.hidden) {
      this.idle = window.setTimeout(() => this.stop(), idleMs);
      return;
    }
    if (this.giveUp) return;
    this.listener.refresh().catch(() => undefined);
    this.join();
  }

  /** join waits for the lock of this stream, or streams at once where a browser has no locks. */
  private join(): void {
    if (this.giveUp) return;
    if (typeof EventSource === "undefined") {
      this.giveUp = () => undefined;
      this.poll();
      return;
    }
    if (!("locks" in navigator) || typeof BroadcastChannel === "undefined") {
      this.giveUp = () => undefined;
      this.open();
      return;
    }
    this.channel = new BroadcastChannel("khien " + this.url);
    this.channel.onmessage = (event) => this.hear(event.data as Message);
    this.tell({ kind: "hello" });

    const queue = new AbortController();
    this.giveUp = () => queue.abort();
    const held = (): Promise<void> =>
      new Promise((free) => {
        this.giveUp = free;
        this.open();
      });
    navigator.locks.request("khien " + this.url, { signal: queue.signal }, held).catch(() => undefined);
  }

  private stop(): void {
    clearTimeout(this.timer);
    if (this.source) this.source.close();
    this.source = null;
    if (this.giveUp) this.giveUp();
    this.giveUp = null;
    if (this.channel) this.channel.close();
    this.channel = null;
    this.show("off");
  }

  private open(): void {
    clearTimeout(this.timer);
    const at = this.url + (this.url.indexOf("?") < 0 ? "?" : "&") + "since=" + this.listener.version();
    const source = (this.source = new EventSource(at));
    source.onopen = () => {
      this.failures = 0;
      this.become("live");
    };
    const heard = (event: Event) => {
      const delta = JSON.parse((event as MessageEvent<string>).data) as DeltaWire;
      this.tell({ kind: "delta", delta });
      this.listener.delta(delta);
    };
    source.addEventListener("delta", heard);
    source.addEventListener("hello", heard); // what was missed since the version that we have

    source.addEventListener("reset", () => {
      this.tell({ kind: "refresh" });
      this.refreshSoon();
    });
    source.onerror = () => {
      this.failures++;
      if (source.readyState !== EventSource.CLOSED && this.failures < 3) {
        this.become("off"); // the browser tries again by itself
        return;
      }
      source.close();
      this.source = null;
      this.poll();
    };
  }

  /** poll asks every 20 to 30 seconds, and after a while tries the stream again. */
  private poll(since = Date.now()): void {
    clearTimeout(this.timer);
    const next = () => {
      if (this.giveUp && typeof EventSource !== "undefined" && Date.now() - since > retryMs) {
        this.open();
        return;
      }
      this.timer = window.setTimeout(ask, pollMs + (Math.random() * pollMs) / 2);
    };
    const ask = () => {
      const before = this.listener.version();
      this.listener.refresh().then(
        () => {
          this.become("poll");
          if (this.listener.version() !== before) this.tell({ kind: "refresh" });
        },
        () => this.become("off"),
      ).then(next);
    };
    this.timer = window.setTimeout(ask, Math.random() * 3000);
  }

  private hear(message: Message): void {
    if (message.kind === "delta") this.listener.delta(message.delta);
    if (message.kind === "refresh") this.refreshSoon();
    if (message.kind === "state") this.show(message.state);
    if (message.kind === "hello" && (this.source || this.now === "poll")) this.tell({ kind: "state", state: this.now });
  }

  /** refreshSoon waits up to three seconds, so that fifty thousand readers do not ask in one. */
  private refreshSoon(): void {
    setTimeout(() => this.listener.refresh().catch(() => undefined), Math.random() * 3000);
  }

  private become(state: LiveState): void {
    this.show(state);
    this.tell({ kind: "state", state });
  }

  private show(state: LiveState): void {
    this.now = state;
    this.listener.state(state);
  }

  private tell(message: Message): void {
    if (this.channel) this.channel.postMessage(message);
  }
}
