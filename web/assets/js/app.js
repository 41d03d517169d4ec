// All the script there is but card.js. Every page and form works without it, but for
// passkeys; it keeps the blocks fresh and says so when it can't.
import htmx from "htmx.org/dist/htmx.esm.js";

// The extensions expect htmx as a global, which the module above has made.
import "htmx.org/dist/ext/hx-ptag.js";
import "./passkeys.js";
import "./reveal.js";
import "./uploads.js";

const POLL = "every";
const SHOWN = "tab-shown";
const TAG = "HX-PTag";

// A tab that nobody looks at asks for nothing; when it is looked at again, its
// blocks catch up at once instead of at their next turn. Where something in the page
// just changed, a tag must not keep a block from being read: the server may not have
// heard of it yet.
document.addEventListener("htmx:config:request", (event) => {
  const { request, sourceEvent } = event.detail.ctx;
  if (sourceEvent?.type === POLL && document.hidden) {
    event.preventDefault();
  }
  if (![POLL, SHOWN].includes(sourceEvent?.type)) {
    delete request.headers[TAG];
  }
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) htmx.trigger(document.body, SHOWN);
});

// A block that could not be fetched keeps what it shows, so the page has to say
// that its figures may be old, or those of a company one no longer acts for.
function show(id, visible) {
  const notice = document.getElementById(id);
  if (notice) notice.hidden = !visible;
}
document.addEventListener("htmx:error", () => show("unreachable", true));
document.addEventListener("htmx:after:request", (event) => {
  const { status } = event.detail.ctx.response;
  show("unreachable", status >= 500);
  if (status === 409) show("other-company", true);
});

// The menus are popovers, which close by themselves, but not when the focus is
// moved out of them with the Tab key.
document.addEventListener("focusout", (event) => {
  const menu = event.target.closest("[popover]:popover-open");
  if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) {
    menu.hidePopover();
  }
});

// A page can be printed from the browser's menu; only a script can offer a button for it.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// A key can be copied by hand; a script spares that.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", () => navigator.clipboard.writeText(button.dataset.copy));
}
// A dialog that the server answers with is opened; a form that waited for a proof is
// sent on. Without a script, both are pages with a button.
function showAnswer() {
  document.querySelector("#dialog dialog:not([open])")?.showModal();
  document.querySelector("form[data-send-on]")?.requestSubmit();
}
document.addEventListener("htmx:after:swap", showAnswer);
document.addEventListener("click", (event) => {
  event.target.closest("[data-close]")?.closest("dialog")?.close();
});
showAnswer();
