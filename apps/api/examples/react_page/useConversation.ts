// A conversation as a React hook: drawn anew with every event, closed when nothing shows it any more.

import { useMemo, useSyncExternalStore } from "react";

import { Conversation } from "./conversation.ts";
import type { Door } from "./conversation.ts";
import type { State } from "./stream.ts";

export function useConversation(door: Door, id: string): [State, Conversation] {
  const conversation = useMemo(() => new Conversation(door, id), [door, id]);
  return [useSyncExternalStore(conversation.listen, conversation.state), conversation];
}
