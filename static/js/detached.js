// A page without a socket hears of nothing. It asks, whenever it has done something and while a reply is being written.

const ASK_AFTER = 10_000; // ms without a socket, and between two questions

const messages = document.getElementById("messages");
if (messages) start();

function start() {
  let timer = setTimeout(ask, ASK_AFTER);
  let isDue = false;

  document.addEventListener("colloquy:open", () => { clearTimeout(timer); timer = 0; isDue = false; });
  document.addEventListener("colloquy:lost", () => { timer ||= setTimeout(ask, ASK_AFTER); });
  document.addEventListener("colloquy:detached", () => { isDue = true; ask(); });
  document.addEventListener("htmx:afterRequest", ({ detail }) => { isDue ||= detail.successful && detail.requestConfig.verb === "post"; });

  async function ask() {
    clearTimeout(timer);
    timer = setTimeout(ask, ASK_AFTER);
    if (!isDue && colloquy.running().length === 0) return;
    const response = await fetch(location.href).catch(() => null);
    if (response?.redirected) return location.reload(); // signed out
    if (!response?.ok || !timer) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    htmx.swap("#messages", page.getElementById("messages").innerHTML, { swapStyle: "innerHTML" }, { contextElement: messages });
    isDue = false;
    colloquy.tell("changed");
  }
}
