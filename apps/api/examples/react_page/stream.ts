// What a conversation is, kept up to date: a stream of events, applied in their order, resumed by position.
// It needs no framework: useConversation.ts has it drawn by React, watch.ts writes it to a terminal.

export type Status = "queued" | "streaming" | "complete" | "stopped" | "interrupted" | "failed";

/** A message without its text. */
export interface Facts {
  id: string;
  parent_id: string | null;
  role: "user" | "assistant" | "system";
  status: Status;
  model: string;
  error: string | null;
  length: number;
}

export interface Message extends Facts {
  text: string;
}

export interface Waiting {
  id: string;
  text: string;
}

/** Never changed in place: another value is another state. */
export interface State {
  /** Where the stream goes on; empty before anything is known. */
  position: string;
  title: string;
  /** The active path, oldest first. */
  messages: readonly Message[];
  /** What was sent while an answer ran. */
  waiting: readonly Waiting[];
  isGone: boolean;
  /** Why it may be followed no more; empty while it may. */
  refused: string;
}

interface Told {
  position: string;
}

export type Happening =
  | { action: "snapshot"; payload: Told & { conversation: { title: string }; messages: Message[] } }
  | { action: "message"; payload: Told & { message: Message } }
  | { action: "streaming_start"; payload: Told & { message: Facts; start: number } }
  | { action: "streaming"; payload: Told & { message_id: string; start: number; text: string } }
  | { action: "complete_streaming"; payload: Told & { message: Facts } }
  | { action: "queue"; payload: Told & { waiting: Waiting[] } }
  | { action: "conversation"; payload: Told & { conversation: { title: string } } }
  | { action: "conversation_deleted"; payload: Told };

export const ACTIONS: readonly Happening["action"][] = [
  "snapshot", "message", "streaming_start", "streaming", "complete_streaming", "queue", "conversation",
  "conversation_deleted",
];

export const NOTHING: State = { position: "", title: "", messages: [], waiting: [], isGone: false, refused: "" };

/** The state behind an event. Applied twice, an event does no harm. */
export function applied(before: State, { action, payload }: Happening): State {
  const state = { ...before, position: payload.position };
  switch (action) {
    case "snapshot":
      return { ...state, title: payload.conversation.title, messages: payload.messages, waiting: [] };
    case "message":
      return { ...state, messages: placed(state.messages, payload.message) };
    case "streaming_start":
    case "complete_streaming":
      return { ...state, messages: placed(state.messages, withText(state, payload.message)) };
    case "streaming":
      return { ...state, messages: grown(state.messages, payload.message_id, payload.start, payload.text) };
    case "queue":
      return { ...state, waiting: payload.waiting };
    case "conversation":
      return { ...state, title: payload.conversation.title };
    case "conversation_deleted":
      return { ...state, isGone: true };
  }
}

function withText(state: State, facts: Facts): Message {
  return { ...facts, text: state.messages.find(({ id }) => id === facts.id)?.text ?? "" };
}

/** In place of what was known of it, or below its parent, where the path then ends. */
function placed(messages: readonly Message[], message: Message): readonly Message[] {
  const at = messages.findIndex(({ id }) => id === message.id);
  if (at >= 0) return [...messages.slice(0, at), message, ...messages.slice(at + 1)];
  const parent = messages.findIndex(({ id }) => id === message.parent_id);
  if (parent < 0 && messages.length) return messages; // it stands above what we have
  return [...messages.slice(0, parent + 1), message];
}

/** With this text behind its first `start` code points, in place of whatever was there. */
function grown(messages: readonly Message[], id: string, start: number, text: string): Message[] {
  return messages.map((message) => (message.id === id ? { ...message, text: cut(message.text, start) + text } : message));
}

/** Its first code points; JavaScript itself counts those beyond the basic plane twice. */
function cut(text: string, points: number): string {
  if (points >= text.length) return text;
  let units = 0;
  for (let left = points; left > 0 && units < text.length; left--) units += text.codePointAt(units)! > 0xffff ? 2 : 1;
  return text.slice(0, units);
}
