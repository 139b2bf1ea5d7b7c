// Asks for a token, which stays in this page's memory, and for a conversation; then shows it.

import { StrictMode, useState } from "react";
import type { FormEvent } from "react";
import { createRoot } from "react-dom/client";

import { Chat } from "./Chat.tsx";
import { Door } from "./conversation.ts";

function Page() {
  const [shown, setShown] = useState<{ door: Door; id: string }>();
  const [problem, setProblem] = useState("");

  async function enter(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const door = new Door(location.origin, { Authorization: `Bearer ${fields.get("token")}` });
    try {
      const id = String(fields.get("id")) || (await door.post<{ id: string }>("conversations")).id;
      setShown({ door, id });
    } catch (error) {
      setProblem(String(error));
    }
  }

  if (shown) return <Chat {...shown} />;
  return (
    <form onSubmit={enter}>
      <label>Token <input name="token" type="password" required /></label>
      <label>Conversation <input name="id" placeholder="a new one" /></label>
      <button>Enter</button>
      <p role="alert">{problem}</p>
    </form>
  );
}

createRoot(document.getElementById("root")!).render(<StrictMode><Page /></StrictMode>);
