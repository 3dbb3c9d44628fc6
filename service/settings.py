"""Settings: everything a deployment may choose, read once from the environment (prefix `DIBS_`).

A secret has a default only for development and tests: production that would run with it is refused
at start.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

DEVELOPMENT_SECRET = "development-only-secret-change-me-please"  # noqa: S105 (refused in production)
"""The signing key of a laptop. Known to everybody who reads this file, so refused in production."""

Names = Annotated[tuple[str, ...], NoDecode]
"""A list, written with commas."""


class Settings(BaseSettings):
    """The service's settings. Raises pydantic's ValidationError, naming the variable, when one is
    wrong.
    """

    model_config = SettingsConfigDict(
        env_prefix="DIBS_",
        env_file=".env",
        extra="ignore",
        frozen=True,
        validate_by_name=True,
        validate_by_alias=True,
    )

    environment: Literal["development", "test", "production"] = "development"
    database_url: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("DIBS_DATABASE_URL", "DATABASE_URL"),
        description="PostgreSQL with PostGIS; DATABASE_URL works too",
    )
    secret_key: SecretStr = Field(default=SecretStr(DEVELOPMENT_SECRET), min_length=32)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"

    database_pool: int = Field(
        default=20, ge=1, le=200, description="connections kept by one process"
    )
    body_limit_bytes: int = Field(default=256 * 1024, ge=1024)
    json_depth_limit: int = Field(default=32, ge=4, le=200)

    access_token_s: int = Field(default=600, ge=30, le=3600)
    refresh_token_s: int = Field(default=30 * 24 * 3600, ge=3600)
    session_check_s: float = Field(
        default=5.0, ge=0.0, le=5.0, description="how stale a revocation may be"
    )
    cheap_password_hashes: bool = Field(
        default=False, description="seeded people share one cheap hash"
    )

    sign_in_limit: str = Field(
        default="20/minute", description="per address; empty switches it off"
    )
    sign_up_limit: str = "20/minute"
    post_limit: str = Field(default="30/minute", description="per client")
    estimate_limit: str = Field(default="10/minute", description="per client")
    ask_limit: str = Field(default="20/minute", description="why, per tasker")
    subscribe_limit: str = Field(default="20/minute", description="push devices, per person")
    ticket_limit: str = Field(default="60/minute", description="stream tickets, per person")
    unlimited_addresses: Names = Field(default=(), description="peers the rate limits do not count")
    trusted_proxies: Names = Field(
        default=(), description="peers whose X-Forwarded-For counts; none: those of this machine"
    )
    metrics_peers: Names = Field(
        default=(), description="addresses or networks that may read /metrics beside this machine"
    )
    allowed_origins: Names = Field(
        default=(), description="browser origins that may open the stream"
    )
    map_style_url: str | None = Field(
        default=None,
        pattern=r"^https?://[A-Za-z0-9.:\[\]-]+(/[!-~]*)?$",
        description="a MapLibre style for the console's map; it and its tiles on one host",
    )

    idempotency_kept_s: int = Field(default=24 * 3600, ge=60)
    events_kept_s: int = Field(
        default=7 * 24 * 3600,
        ge=60,
        le=30 * 24 * 3600,
        description="they hold addresses; a tasker sees that of completed work for 30 days",
    )
    decisions_kept_s: int = Field(default=90 * 24 * 3600, ge=3600)
    presence_log_kept_s: int = Field(default=30 * 24 * 3600, ge=3600)

    lease_s: float = Field(
        default=5.0, gt=0.5, le=60, description="a dead dispatcher is replaced after this"
    )
    poll_s: float = Field(
        default=1.0, gt=0.01, le=60, description="the fall-back when no wake-up arrives"
    )
    dispatch_metrics_port: int | None = Field(
        default=None, ge=1, le=65535, description="`dibs dispatch` serves /metrics here"
    )
    presence_silent_s: int = Field(
        default=900, ge=60, description="who was not heard of for this long goes offline"
    )
    no_show_grace_s: int = Field(
        default=1800, ge=0, description="after the planned start without one"
    )
    router: Literal["none", "valhalla", "osrm"] = Field(
        default="none", description="who tells dispatchers travel times; none: the great circle"
    )
    router_url: str = Field(default="", description="its http address")
    router_limit_s: float = Field(
        default=1.0, gt=0, le=10, description="the longest a round waits for it"
    )
    failed_models: Path = Field(
        default=Path(".data/failed-models"),
        description="the folder in which models that the solver failed on are kept for replay",
    )
    vapid_private_key: SecretStr | None = Field(
        default=None, description="what pushes are signed with; none: no pushes (dibs push keys)"
    )
    vapid_contact: str = Field(
        default="", description="whom push services may write to: mailto:... or https://..."
    )
    push_private_addresses: bool = Field(
        default=False, description="push to http and to any address, to develop against"
    )
    whatif_jobs: int = Field(
        default=1, ge=0, le=64, description="processes that play one what-if; 0: the runner itself"
    )
    drain_s: float = Field(default=10.0, ge=0, le=120)

    @model_validator(mode="before")
    @classmethod
    def _split_lists(cls, values: dict[str, object]) -> dict[str, object]:
        for name in ("unlimited_addresses", "trusted_proxies", "metrics_peers", "allowed_origins"):
            given = values.get(name)
            if isinstance(given, str):
                values[name] = tuple(part.strip() for part in given.split(",") if part.strip())
        return values

    @field_validator("map_style_url", mode="before")
    @classmethod
    def _none_where_empty(cls, value: object) -> object:
        return value or None

    @field_validator("metrics_peers")
    @classmethod
    def _addresses_or_networks(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            ip_network(value, strict=False)
        return values

    @model_validator(mode="after")
    def _no_development_defaults_in_production(self) -> Self:
        if self.environment == "production":
            if self.secret_key.get_secret_value() == DEVELOPMENT_SECRET:
                raise ValueError("DIBS_SECRET_KEY must be set in production")
            if self.cheap_password_hashes:
                raise ValueError("DIBS_CHEAP_PASSWORD_HASHES is refused in production")
            if self.push_private_addresses:
                raise ValueError("DIBS_PUSH_PRIVATE_ADDRESSES is refused in production")
        return self

    @model_validator(mode="after")
    def _a_router_has_an_address(self) -> Self:
        if self.router != "none" and not self.router_url.startswith(("http://", "https://")):
            raise ValueError(f"DIBS_ROUTER={self.router} needs an http address: DIBS_ROUTER_URL")
        return self

    @model_validator(mode="after")
    def _pushes_say_whom_to_write_to(self) -> Self:
        if self.vapid_private_key and not self.vapid_contact.startswith(("mailto:", "https://")):
            raise ValueError("DIBS_VAPID_PRIVATE_KEY needs DIBS_VAPID_CONTACT: mailto:you@...")
        return self

    def url(self) -> str:
        """The database's URL as given (`DIBS_DATABASE_URL`, then `DATABASE_URL`). Raises
        ValueError if none is.
        """
        if self.database_url:
            return self.database_url.get_secret_value()
        raise ValueError("no database: set DATABASE_URL, or start one with `dibs db up`")


@lru_cache
def settings() -> Settings:
    """The process's settings, read once."""
    return Settings()
