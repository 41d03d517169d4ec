// Passwords can be shown while they are typed. Their fields may come with a fragment, so
// the document listens for all of them.
document.documentElement.classList.add("scripted");

function show(button, shown) {
  const field = document.getElementById(button.dataset.reveal);
  if (!field) return;
  field.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-reveal]");
  if (button) show(button, button.getAttribute("aria-pressed") !== "true");
});

// Sent as a password, or browsers would offer it again as a text.
document.addEventListener("submit", (event) => {
  const buttons = event.target.querySelectorAll("[data-reveal][aria-pressed=true]");
  for (const button of buttons) show(button, false);
});
