// Asks the browser for leave to notify when notifications are switched on, never before, and says where it stands.

const choice = document.querySelector("input[name='notify']");
const state = document.getElementById("notification-state");
if (choice instanceof HTMLInputElement && state) start(choice, state);

/**
 * @param {HTMLInputElement} choice
 * @param {HTMLElement} state
 */
function start(choice, state) {
  const isSupported = "Notification" in window;
  show(!isSupported ? "unsupported" : Notification.permission === "default" ? "asked" : Notification.permission);

  choice.addEventListener("change", async () => {
    if (!choice.checked || !isSupported) return;
    const answer = await Notification.requestPermission();
    show(answer === "default" ? "dismissed" : answer);
    choice.checked = answer === "granted";
  });

  /** @param {string} what */
  function show(what) {
    state.textContent = state.dataset[what];
    state.hidden = false;
  }
}
