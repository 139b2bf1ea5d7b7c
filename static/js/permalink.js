// A link to one message leads to the stretch around it; the address then says the conversation and the place in it.

(() => {
  const messages = document.getElementById("messages");
  if (!messages) return;
  const { url, at } = messages.dataset;

  if (at) {
    history.replaceState(history.state, "", `${url}#message-${at}`);
    document.getElementById(`message-${at}`)?.classList.add("is-linked");
  } else {
    lead();
  }
  addEventListener("hashchange", lead);

  /** To the message that the address names. */
  function lead() {
    const id = /^#message-[0-9a-f-]{36}$/.exec(location.hash)?.[0].slice(1);
    if (!id) return;
    const message = document.getElementById(id);
    if (!message) return location.replace(`${url}at/${id.replace("message-", "")}/`);
    document.querySelector("#messages > .is-linked")?.classList.remove("is-linked");
    message.classList.add("is-linked");
  }
})();
