// Passkeys: has the browser ask for one, and posts its answer with the form that wants it.

const SAYS = { NotAllowedError: "cancelled", AbortError: "cancelled", InvalidStateError: "known" };

for (const form of document.querySelectorAll("form[data-passkey]")) start(form);

/** @param {HTMLFormElement} form */
function start(form) {
  const note = form.querySelector(".form-note");
  const button = form.querySelector("button[type='submit']");
  if (!("credentials" in navigator && "PublicKeyCredential" in window)) {
    button.disabled = true;
    return say("unsupported");
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    say("waiting");
    try {
      form.elements.namedItem("credential").value = JSON.stringify(await answer(form));
      form.submit();
    } catch (error) {
      say(SAYS[error.name] ?? "failed");
      button.disabled = false;
    }
  });

  /** @param {string} what */
  function say(what) {
    note.textContent = note.dataset[what];
  }
}

/** @param {HTMLFormElement} form */
async function answer(form) {
  if (form.dataset.passkey === "create") return webauthnJSON.create(creation(form));
  return webauthnJSON.get(form.dataset.options ? options(form) : await offered(form));
}

/**
 * A passkey that signs in alone has to be found without a name, and to make sure who holds it.
 * @param {HTMLFormElement} form
 */
function creation(form) {
  const wanted = options(form);
  const isAlone = form.elements.namedItem("passwordless").checked;
  const selection = wanted.publicKey.authenticatorSelection;
  selection.residentKey = isAlone ? "required" : "discouraged";
  selection.requireResidentKey = isAlone;
  if (isAlone) selection.userVerification = "required";
  return wanted;
}

/** @param {HTMLFormElement} form */
function options(form) {
  return JSON.parse(document.getElementById(form.dataset.options).textContent);
}

/**
 * What the server asks of whoever has not said yet who they are.
 * @param {HTMLFormElement} form
 */
async function offered(form) {
  const response = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`no options: ${response.status}`);
  return (await response.json()).request_options;
}
