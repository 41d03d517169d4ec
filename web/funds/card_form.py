"""Where the card's form comes from, and what its page may load for it.

The fields are Stripe's own, in frames from its address: a card's number goes from the
browser to Stripe, and never to us. No other page may load anything from there.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from shared.settings import SettingError, Settings
from web.site.security import ForeignSources

SCRIPT_URL = "https://js.stripe.com/v3/"
_STRIPE = ForeignSources(
    scripts="https://js.stripe.com https://*.js.stripe.com",
    frames="https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com",
    connections="https://api.stripe.com",
)
"""As https://docs.stripe.com/security/guide says, without its maps."""


@dataclass(frozen=True)
class CardScript:
    url: str
    sources: ForeignSources


def read_card_script(settings: Settings) -> CardScript:
    """Stripe's script, or at a loopback address the stand-in of ``STRIPE_JS_URL``.

    Raises:
        SettingError: a stand-in on a public address.
    """
    url = settings.environment.get("STRIPE_JS_URL") or SCRIPT_URL
    if url == SCRIPT_URL:
        return CardScript(url, _STRIPE)
    if not settings.is_loopback:
        raise SettingError("STRIPE_JS_URL: a stand-in for Stripe; refused here")
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    return CardScript(url, ForeignSources(origin, origin, origin))
