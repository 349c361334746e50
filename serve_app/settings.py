"""Settings: the only reader of the environment. Read once, handed down as one frozen value."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from connectors.chat_model import ChatConfig
from connectors.errors import Misconfigured
from connectors.store_config import StoreConfig
from pipelines.containers.limits import Limits

WEEK_S = 7 * 24 * 3600  # S3 signs nothing for longer
MAY_BE_NONE = {"max_depth", "ratio_free_bytes"}

Finite = Annotated[float, Field(allow_inf_nan=False)]


class Settings(BaseSettings):
    """Every setting, with its default; `MF_` in the environment or in `.env`."""

    model_config = SettingsConfigDict(
        env_prefix="MF_", env_file=".env", extra="ignore", frozen=True, env_nested_delimiter="__"
    )

    host: str = Field("127.0.0.1", description="Address that the API listens on; loopback only.")
    port: int = Field(8000, ge=1, le=65535, description="Public port of the API.")
    home: Path = Field(Path(".metricfoundry"), description="Folder of the embedded servers' data.")
    s3_endpoint: str = Field("", description="S3 server; empty starts the embedded one.")
    s3_public_endpoint: str = Field("", description="S3 address for clients, where it differs.")
    s3_region: str = Field("us-east-1", description="Region that requests are signed for.")
    s3_bucket: str = Field("metricfoundry", description="Bucket for all artifacts.")
    s3_access_key: str = Field("", description="Empty uses boto3's credential chain.")
    s3_secret_key: SecretStr = Field(SecretStr(""), description="Secret of the access key.")
    s3_data_folder: str = Field(
        "", description="Where the S3 server's data lies, if here: tells a full disk from a fault."
    )
    database_url: str = Field("", description="PostgreSQL URL; empty uses SQLite under home.")
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        ("http://localhost:3000", "http://127.0.0.1:3000"),
        description="Origins whose pages may call the API and use presigned URLs, with commas.",
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Names beside localhost's that the API answers to, with commas; * for any."
    )
    upload_ttl_s: int = Field(900, ge=1, le=WEEK_S, description="How long an upload URL is valid.")
    download_ttl_s: int = Field(
        600, ge=1, le=WEEK_S, description="How long a download URL is valid."
    )
    single_put_bytes: int = Field(5 << 30, ge=1, description="Largest upload by a single PUT.")
    runners: int = Field(2, ge=1, description="Jobs that run at once.")
    ray_cpus: int = Field(0, ge=0, description="CPUs that the embedded Ray may use; 0 takes all.")
    lease_s: Finite = Field(
        15.0, gt=0, description="A run whose lease is older is given to another."
    )
    heartbeat_s: Finite = Field(2.0, ge=0, description="How often a run extends its lease.")
    poll_s: Finite = Field(
        0.5, ge=0, description="How often the supervisor looks at the job table."
    )
    max_attempts: int = Field(10, ge=1, description="Attempts of a job, whatever the reason.")
    max_crashes: int = Field(2, ge=1, description="Deaths of runners in one phase that end a job.")
    job_timeout_s: Finite = Field(
        6 * 3600, gt=0, description="Longest time that one attempt may run."
    )
    inline_bytes: int = Field(
        48 << 20,
        ge=0,
        description="Inputs up to this size are read inside the runner, not by Ray Data.",
    )
    retention_days: Finite = Field(
        30.0,
        ge=0,
        le=36_500,
        description="Ended jobs older than this are removed; 0 off.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Log level."
    )
    chat_url: str = Field(
        "",
        description="Base URL of a chat model (OpenAI's protocol) that retells reports; or none.",
    )
    chat_model: str = Field("", description="Name of the chat model.")
    chat_key: SecretStr = Field(SecretStr(""), description="Key of the chat model's server.")
    chat_timeout_s: Finite = Field(30.0, gt=0, description="How long the chat model may take.")
    limits: Limits = Field(Limits(), description="Limits on inputs, e.g. MF_LIMITS__MAX_COLUMNS.")

    @field_validator("cors_origins", "allowed_hosts", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        """A list with commas, or one in JSON."""
        if not isinstance(value, str):
            return value
        if value.lstrip().startswith("["):
            try:
                return json.loads(value)
            except ValueError:
                raise ValueError("should be JSON, or a list with commas") from None
        return [entry for each in value.split(",") if (entry := each.strip())]

    @field_validator("home")
    @classmethod
    def _expanded(cls, home: Path) -> Path:
        """As a shell would have it, which does not see `.env`."""
        return Path(os.path.expanduser(home))  # noqa: PTH111 - an unknown ~user is a name like any

    def chat_config(self) -> ChatConfig | None:
        if not self.chat_url:
            return None
        key = self.chat_key.get_secret_value()
        return ChatConfig(self.chat_url, self.chat_model, key, self.chat_timeout_s)

    def store_config(self) -> StoreConfig:
        return StoreConfig(
            bucket=self.s3_bucket,
            endpoint=self.s3_endpoint,
            region=self.s3_region,
            access_key=self.s3_access_key,
            secret_key=self.s3_secret_key.get_secret_value(),
            public_endpoint=self.s3_public_endpoint,
            data_folder=self.s3_data_folder,
        )


def load(**given: Any) -> Settings:
    """The settings: those that are given, else of the environment, else of `.env`, else the usual.

    Raises Misconfigured, naming each that does not fit by its variable.
    """
    try:
        settings = Settings(**given)
    except ValidationError as error:
        wrong = [f"{_variable(each['loc'])}: {each['msg']}" for each in error.errors()]
        raise _misconfigured(wrong) from error
    except SettingsError as error:
        name = next(name for name in Settings.model_fields if f'"{name}"' in str(error))
        raise _misconfigured([f"{_variable([name])} is not JSON"]) from error
    if wrong := list(_conflicts(settings)):
        raise _misconfigured(wrong)
    return settings


def _conflicts(settings: Settings) -> Iterator[str]:
    for name, value in asdict(settings.limits).items():
        least = 0 if name in MAY_BE_NONE else 1
        if value < least:
            yield f"{_variable(['limits', name])} should be {least} or more"
    if settings.lease_s <= settings.heartbeat_s:
        yield "MF_LEASE_S should be above MF_HEARTBEAT_S"
    home = settings.home.absolute()
    if home.exists() and not home.is_dir():
        yield f"MF_HOME: {home} is a file, not a folder"


def _misconfigured(wrong: Iterable[str]) -> Misconfigured:
    return Misconfigured(f"a setting does not fit: {'; '.join(wrong)}")


def _variable(path: Sequence[str | int]) -> str:
    """The variable that sets it; entries of a list have none of their own."""
    return "MF_" + "__".join(each for each in path if isinstance(each, str)).upper()
