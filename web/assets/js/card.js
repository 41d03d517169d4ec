// The page that a card is asked for on, and no other, loads this, after Stripe's own
// script. The fields are Stripe's, in frames of its own: what is typed into them, and
// 3-D Secure, is between the browser and Stripe.
const form = document.getElementById("card-form");
const problem = document.getElementById("card-problem");
const button = form.querySelector("button[type=submit]");

function tell(words) {
  problem.textContent = words;
  problem.hidden = !words;
}

function savedCard() {
  return form.querySelector("input[name=card]:checked")?.value || null;
}

// Inside its frame Stripe can't see our styles.
function lookOf(element) {
  const { color, fontFamily } = getComputedStyle(element);
  return { base: { color, fontFamily, fontSize: "16px" } };
}

function showFields() {
  document.getElementById("new-card").hidden = Boolean(savedCard());
}

function start() {
  const stripe = window.Stripe(form.dataset.key);
  const field = document.getElementById("card-field");
  const card = stripe.elements().create("card", { style: lookOf(field) });
  card.mount(field);
  form.hidden = false;
  form.addEventListener("change", showFields);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    tell("");
    const saved = savedCard();
    const payment = saved ? { payment_method: saved } : { payment_method: { card } };
    if (!saved && form.elements.save?.checked) payment.setup_future_usage = "on_session";
    const { error } = await stripe.confirmCardPayment(form.dataset.secret, payment);
    if (error) {
      tell(error.message);
      button.disabled = false;
    } else {
      // What came of it we hear from Stripe itself.
      window.location.assign(form.dataset.next);
    }
  });
  showFields();
}

if (window.Stripe) start();
else tell(form.dataset.unreachable);
