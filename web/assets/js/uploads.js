// A file that is too large is refused before it is sent. The form says in data-upload what
// is wrong then, and its field in data-max-bytes how large a file may be.
function check(field) {
  const isTooLarge = [...field.files].some((file) => file.size > Number(field.dataset.maxBytes));
  field.setCustomValidity(isTooLarge ? field.form.dataset.upload : "");
  return field.reportValidity();
}

document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-max-bytes]")) check(event.target);
});

document.addEventListener("submit", (event) => {
  const field = event.target.querySelector?.("[data-max-bytes]");
  if (field && !check(field)) event.preventDefault();
});
