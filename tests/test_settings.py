"""Settings come whole from the environment, and public means safe unless said otherwise."""

from __future__ import annotations

import pytest

from core.errors import SettingsError
from core.settings import PUBLIC_DEFAULTS, Settings


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.from_environment({}) == Settings()


@pytest.mark.parametrize("environment", [{"PUBLIC": "true"}, {"SPACE_ID": "someone/framemood"}])
def test_public_switches_off_what_strangers_could_abuse(environment: dict[str, str]) -> None:
    settings = Settings.from_environment(environment)
    assert settings.public
    assert not (settings.allow_urls or settings.allow_api or settings.allow_records)
    assert settings.max_upload_mb < Settings().max_upload_mb
    assert settings.session_limit_s > 0
    assert settings.sessions_per_visitor > 0
    assert {name: getattr(settings, name) for name in PUBLIC_DEFAULTS} == PUBLIC_DEFAULTS


def test_what_is_said_outright_holds_in_public_too() -> None:
    environment = {"PUBLIC": "1", "ALLOW_API": "yes", "MAX_UPLOAD_MB": "7"}
    settings = Settings.from_environment(environment)
    assert settings.allow_api
    assert settings.max_upload_mb == 7
    assert not settings.allow_urls


def test_a_space_may_be_private() -> None:
    settings = Settings.from_environment({"SPACE_ID": "someone/framemood", "PUBLIC": "off"})
    assert not settings.public
    assert settings.allow_urls
    assert settings.proxy_hops == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC", "perhaps"),
        ("SESSION_LIMIT_S", "-1"),
        ("PROXY_HOPS", "many"),
        ("LOG_FORMAT", "xml"),
        ("MAX_UPLOAD_MB", "0"),
    ],
)
def test_a_bad_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment({name: value})


def test_secrets_are_not_shown() -> None:
    assert "hush" not in repr(Settings.from_environment({"METRICS_TOKEN": "hush"}))
