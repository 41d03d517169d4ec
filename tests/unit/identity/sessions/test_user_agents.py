import pytest

from services.identity.sessions.user_agents import read_user_agent

_LIKE = "AppleWebKit/537.36 (KHTML, like Gecko)"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15"


@pytest.mark.parametrize(
    ("header", "browser", "system"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox",
            "Linux",
        ),
        (
            (
                f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_LIKE} Chrome/140.0.0.0 "
                "Safari/537.36 Edg/140.0.0.0"
            ),
            "Edge",
            "Windows",
        ),
        (
            (
                f"Mozilla/5.0 (Linux; Android 10; K) {_LIKE} Chrome/140.0.0.0 Mobile "
                "Safari/537.36"
            ),
            "Chrome",
            "Android",
        ),
        (
            (
                f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_LIKE} "
                "Version/19.0 Safari/605.1.15"
            ),
            "Safari",
            "macOS",
        ),
        (f"{_IPHONE} CriOS/140.0 Mobile/15E148 Safari/604.1", "Chrome", "iOS"),
        (
            (
                f"Mozilla/5.0 (X11; Linux x86_64) {_LIKE} HeadlessChrome/140.0.0.0 "
                "Safari/537.36"
            ),
            "Chrome",
            "Linux",
        ),
        ("curl/8.0", "", ""),
        ("", "", ""),
    ],
)
def test_the_last_of_a_browsers_ancestors_is_its_name(
    header: str, browser: str, system: str
) -> None:
    assert read_user_agent(header) == (browser, system)
