// Writes a conversation to the terminal as it comes, by the modules that the page is made of; no React.
//
//     COLLOQUY_TOKEN=colloquy_… node --experimental-eventsource watch.ts https://chat.example.org CONVERSATION

import { Conversation, Door } from "./conversation.ts";

const [address, id] = process.argv.slice(2);
const token = process.env.COLLOQUY_TOKEN;
if (!address || !id || !token) throw new Error("COLLOQUY_TOKEN, an address and a conversation are needed");

const conversation = new Conversation(new Door(address, { Authorization: `Bearer ${token}` }), id);
const written = new Map<string, { length: number; isOver: boolean }>(); // of each message

conversation.listen(() => {
  const { messages, isGone, refused } = conversation.state();
  for (const { id, role, status, text } of messages) {
    const before = written.get(id);
    const isOver = status !== "queued" && status !== "streaming";
    if (!before && role === "user") process.stdout.write("> ");
    process.stdout.write(text.slice(before?.length ?? 0) + (isOver && !before?.isOver ? "\n\n" : ""));
    written.set(id, { length: text.length, isOver });
  }
  if (!isGone && !refused) return;
  console.error(refused || "The conversation was deleted.");
  process.exitCode = 1; // nothing is open any more, so that it ends here
});
