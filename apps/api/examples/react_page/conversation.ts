// A conversation held open: an EventSource, opened by a one-use ticket, and opened anew where it was cut.

import { ACTIONS, applied, NOTHING } from "./stream.ts";
import type { Happening, State } from "./stream.ts";

const SOONEST = 250; // ms before a stream that was cut is opened anew
const LATEST = 10_000; // ms, after many attempts
const FINAL = new Set([401, 403, 404]); // statuses that asking again does not change

/** Why a request was not granted; `code` is one of a short list, told by the docs. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    super(`${status} ${code}`);
    this.status = status;
    this.code = code;
  }
}

/** A server, and what says who asks: `Authorization` with a token, or `X-CSRFToken` beside a session's cookie. */
export class Door {
  readonly address: string;
  readonly headers: Record<string, string>;

  constructor(address: string, headers: Record<string, string>) {
    this.address = address;
    this.headers = headers;
  }

  get<Answer>(path: string): Promise<Answer> {
    return this.#ask(path, { headers: this.headers });
  }

  post<Answer>(path: string, body: object = {}): Promise<Answer> {
    const headers = { ...this.headers, "Content-Type": "application/json" };
    return this.#ask(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  url(path: string): URL {
    return new URL(`/api/v1/${path}`, this.address);
  }

  /** @throws {Refused | TypeError} a TypeError if the server was not reached */
  async #ask<Answer>(path: string, request: RequestInit): Promise<Answer> {
    const response = await fetch(this.url(path), request);
    const answer = await response.json().catch(() => ({})); // what stands in front of it may say no JSON
    if (!response.ok) throw new Refused(response.status, answer.code ?? "");
    return answer;
  }
}

/** `listen` and `state` are what React's useSyncExternalStore wants. */
export class Conversation {
  readonly id: string;
  readonly #door: Door;
  readonly #listeners = new Set<() => void>();
  #state = NOTHING;
  #source: EventSource | null = null;
  #attempts = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0; // of opening the stream: what an earlier one still brings is not wanted

  constructor(door: Door, id: string) {
    this.#door = door;
    this.id = id;
  }

  readonly state = (): State => this.#state;

  /** Have `listener` called after every change; the stream is open while there is one. */
  readonly listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) void this.#follow();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.close();
    };
  };

  /** However often it is sent under the same key, it is stored once. */
  async send(text: string, key: string): Promise<void> {
    await this.#door.post(`conversations/${this.id}/messages`, { text, key });
  }

  async stop(messageId: string): Promise<void> {
    await this.#door.post(`messages/${messageId}/stop`);
  }

  close(): void {
    this.#turn++;
    clearTimeout(this.#timer);
    this.#source?.close();
  }

  async #follow(): Promise<void> {
    const turn = ++this.#turn;
    try {
      await this.#door.get(`conversations/${this.id}`); // an EventSource would not say why it was refused
      const { ticket } = await this.#door.post<{ ticket: string }>("tickets");
      if (turn === this.#turn) this.#open(ticket);
    } catch (error) {
      if (turn !== this.#turn) return;
      if (error instanceof Refused && FINAL.has(error.status)) this.#show({ ...this.#state, ...this.#ended(error) });
      else this.#again();
    }
  }

  /** What was followed once and is absent now has been deleted. */
  #ended({ status, code }: Refused): Partial<State> {
    return status === 404 && this.#state.position ? { isGone: true } : { refused: code || `${status}` };
  }

  #open(ticket: string): void {
    const url = this.#door.url(`conversations/${this.id}/events`);
    url.searchParams.set("ticket", ticket);
    if (this.#state.position) url.searchParams.set("position", this.#state.position);
    const source = new EventSource(url);
    for (const action of ACTIONS) {
      source.addEventListener(action, ({ data }) => this.#hear({ action, payload: JSON.parse(data) }));
    }
    // Left to itself it would come back with the same ticket, which is used up.
    source.onerror = () => {
      source.close();
      this.#again();
    };
    this.#source = source;
  }

  #hear(happening: Happening): void {
    this.#attempts = 0;
    this.#show(applied(this.#state, happening));
    if (this.#state.isGone) this.close();
  }

  #show(state: State): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }

  #again(): void {
    const delay = Math.min(SOONEST * 2 ** this.#attempts++, LATEST);
    this.#timer = setTimeout(() => void this.#follow(), delay * (0.5 + Math.random() / 2));
  }
}
