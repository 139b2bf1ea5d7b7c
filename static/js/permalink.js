// A link to one message leads to the stretch around it; the address then says the conversation and the place in it.

(() => {
  const messages = document.getElementById("messages");
  if (!messages) return;
  const { url, at } = messages.dataset;
  const name = /^#message-[0-9a-f-]{36}$/.exec(location.hash)?.[0].slice(1);

  if (at) {
    history.replaceState(history.state, "", `${url}#message-${at}`);
    document.getElementById(`message-${at}`)?.classList.add("is-linked");
  } else if (name) {
    lead(name);
  }
  addEventListener("hashchange", () => {
    const linked = /^#message-[0-9a-f-]{36}$/.exec(location.hash)?.[0].slice(1);
    if (linked) lead(linked);
  });

  /** @param {string} id of a message's element */
  function lead(id) {
    const message = document.getElementById(id);
    if (!message) return location.replace(`${url}at/${id.replace("message-", "")}/`);
    document.querySelector("#messages > .is-linked")?.classList.remove("is-linked");
    message.classList.add("is-linked");
  }
})();
