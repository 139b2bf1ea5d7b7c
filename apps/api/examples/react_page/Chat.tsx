// A page that shows one conversation as it is written, and sends.

import { useState } from "react";
import type { FormEvent } from "react";

import type { Door } from "./conversation.ts";
import type { Message } from "./stream.ts";
import { useConversation } from "./useConversation.ts";

export function Chat({ door, id }: { door: Door; id: string }) {
  const [{ title, messages, waiting, isGone, refused }, conversation] = useConversation(door, id);
  const running = messages.find(isRunning);

  if (isGone) return <p>This conversation was deleted.</p>;
  return (
    <main>
      <h1>{title || "New conversation"}</h1>
      <ol>
        {messages.map((message) => <Entry key={message.id} message={message} />)}
        {waiting.map(({ id, text }) => <li key={id}>{text} (waits for the answer)</li>)}
      </ol>
      {refused && <p role="alert">The server does not let this page follow the conversation: {refused}</p>}
      <Composer send={(text, key) => conversation.send(text, key)} />
      {running && <button onClick={() => void conversation.stop(running.id)}>Stop</button>}
    </main>
  );
}

function Entry({ message }: { message: Message }) {
  return (
    <li aria-busy={isRunning(message)}>
      <strong>{message.role === "user" ? "You" : message.model}</strong>
      <p style={{ whiteSpace: "pre-wrap" }}>{message.text}</p>
      {message.status === "stopped" && <p>Stopped.</p>}
      {message.error && <p role="alert">This answer ended early: {message.error}</p>}
    </li>
  );
}

/** A message that has to be sent again keeps its key: it is stored once. */
function Composer({ send }: { send: (text: string, key: string) => Promise<void> }) {
  const [text, setText] = useState("");
  const [key, setKey] = useState(() => crypto.randomUUID());
  const [problem, setProblem] = useState("");

  async function submit(event: FormEvent) {
    event.preventDefault();
    try {
      await send(text, key);
      setText("");
      setKey(crypto.randomUUID());
      setProblem("");
    } catch (error) {
      setProblem(String(error));
    }
  }

  return (
    <form onSubmit={submit}>
      <label>Message <textarea value={text} onChange={({ target }) => setText(target.value)} required /></label>
      <button>Send</button>
      <p role="status">{problem}</p>
    </form>
  );
}

function isRunning({ status }: Message): boolean {
  return status === "queued" || status === "streaming";
}
