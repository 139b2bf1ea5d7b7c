// Tells the server the time zone of this browser, before the socket opens; times are drawn by the server.

(() => {
  const messages = document.getElementById("messages");
  if (!messages) return;
  const { zone, zoneChosen } = messages.dataset;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!here || zoneChosen !== undefined || zone === here) return;

  colloquy.remember("zone", here);
  if (messages.querySelector(":scope > .message")) drawAnew(location.href);

  /**
   * The first page of all, or the first after a journey, shows the times of elsewhere.
   * @param {string} address of this page, before any script changes it
   */
  async function drawAnew(address) {
    const response = await fetch(address).catch(() => null);
    if (!response?.ok || response.redirected) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("messages");
    if (fresh.dataset.zone === zone) return; // one that the server does not know
    messages.dataset.zone = fresh.dataset.zone;
    htmx.swap(messages, fresh.innerHTML, { swapStyle: "innerHTML" }, { contextElement: messages });
    colloquy.tell("changed");
  }
})();
