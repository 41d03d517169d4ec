"""Where the card's form comes from, and what its page may load for it.

The fields are Stripe's own, in frames from its address: a card's number goes from the
browser to Stripe, and never to us. No other page may load anything from there.
"""

from urllib.parse import urlsplit

from web.settings import CARD_SCRIPT_URL
from web.site.security import ForeignSources

_STRIPE = ForeignSources(
    scripts="https://js.stripe.com https://*.js.stripe.com",
    frames="https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com",
    connections="https://api.stripe.com",
)
"""As https://docs.stripe.com/security/guide says, without its maps."""


def sources_of(script_url: str) -> ForeignSources:
    """What the page may load for Stripe's script, or for a stand-in of it."""
    if script_url == CARD_SCRIPT_URL:
        return _STRIPE
    parts = urlsplit(script_url)
    origin = f"{parts.scheme}://{parts.netloc}"
    return ForeignSources(origin, origin, origin)
