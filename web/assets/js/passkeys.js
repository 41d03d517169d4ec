// Passkeys: the two ceremonies of WebAuthn. A form with data-passkey says which one, and
// has the address of its options; what the browser answers goes back with the form.
const REFRESH_MS = 4 * 60 * 1000; // A challenge is good for five minutes.

const isAble = Boolean(window.PublicKeyCredential?.parseCreationOptionsFromJSON);
let pending; // A browser takes one request at a time.

function tell(form, problem) {
  for (const words of form.querySelectorAll("[data-passkey-problem]")) {
    words.hidden = words.dataset.passkeyProblem !== problem;
  }
}

async function ask(form, mediation) {
  pending?.abort();
  pending = new AbortController();
  const { signal } = pending;
  const { passkey, options } = form.dataset;
  const body = new FormData(form);
  const answer = await fetch(options, { method: "POST", body, signal });
  // The form itself is told what is wrong, and may ask for a proof.
  if (!answer.ok || answer.redirected) return mediation ? undefined : form.requestSubmit();
  const json = await answer.json();
  const credential =
    passkey === "create"
      ? await navigator.credentials.create({
          publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(json),
          signal,
        })
      : await navigator.credentials.get({
          publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(json),
          mediation,
          signal,
        });
  form.elements.credential.value = JSON.stringify(credential);
  form.requestSubmit();
}

// The browser offers passkeys in the field for the email, while nobody is asked yet.
async function offer(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  form.dataset.offered = "";
  await ask(form, "conditional").catch(() => {});
}

async function start(form) {
  delete form.dataset.offered;
  tell(form, "");
  try {
    await ask(form);
  } catch (error) {
    if (error.name === "AbortError") return;
    tell(form, error.name === "InvalidStateError" ? "registered" : "cancelled");
    if ("autofill" in form.dataset) offer(form);
  }
}

// Forms come with the page, or later with a dialog.
function prepare(form) {
  form.dataset.ready = "";
  document.getElementById(`${form.id}-no-script`).hidden = true;
  document.getElementById(`${form.id}-no-passkeys`).hidden = isAble;
  if (!isAble) return;
  form.hidden = false;
  if ("autofill" in form.dataset) {
    offer(form);
    setInterval(() => {
      if (!document.hidden && "offered" in form.dataset) offer(form);
    }, REFRESH_MS);
  }
}

function prepareAll() {
  document.querySelectorAll("form[data-passkey]:not([data-ready])").forEach(prepare);
}
document.addEventListener("htmx:after:swap", prepareAll);
document.addEventListener("click", (event) => {
  const form = event.target.closest("button")?.closest("form[data-passkey]");
  if (form) start(form);
});
prepareAll();

// Password managers forget what has been removed here, and show the present names.
for (const { dataset } of document.querySelectorAll("[data-passkey-signals]")) {
  for (const [signal, about] of Object.entries(JSON.parse(dataset.passkeySignals))) {
    window.PublicKeyCredential?.[signal]?.(about).catch(() => {});
  }
}
