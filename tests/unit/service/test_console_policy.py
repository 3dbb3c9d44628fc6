"""What the console's page may load, as its content policy says."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from service.console.pages import content_policy
from service.http.tokens import secret_after
from service.settings import Settings


def directives(policy: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in (part.split() for part in policy.split("; "))}


def test_without_a_style_of_its_own_the_page_speaks_to_its_origin_alone() -> None:
    found = directives(content_policy(None))
    assert found["default-src"] == ["'none'"]
    assert found["script-src"] == found["style-src"] == found["connect-src"] == ["'self'"]
    assert not [source for sources in found.values() for source in sources if "unsafe" in source]


def test_a_map_style_opens_its_own_host_and_no_other() -> None:
    found = directives(content_policy("https://tiles.example.com:8443/style.json?v=1"))
    assert found["connect-src"] == ["'self'", "https://tiles.example.com:8443"]
    assert "https://tiles.example.com:8443" in found["img-src"]
    assert found["script-src"] == ["'self'"]


def test_a_style_address_cannot_add_to_the_policy() -> None:
    for url in ("https://x; script-src *", "ftp://x/style", "https://x y/", "javascript:alert(1)"):
        with pytest.raises(ValidationError):
            Settings(environment="test", map_style_url=url)
    assert Settings(environment="test", map_style_url="").map_style_url is None


def test_the_secret_that_follows_depends_on_the_one_before_and_on_the_key() -> None:
    following = secret_after("one", key="k")
    assert following == secret_after("one", key="k")
    assert len({following, secret_after("two", key="k"), secret_after("one", key="l")}) == 3
    assert len(following) == 43
