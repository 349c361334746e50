"""Settings: the only reader of the environment. Read once, handed down as one frozen value."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from connectors.chat_model import ChatConfig
from connectors.store_config import StoreConfig
from pipelines.containers.limits import Limits


class Settings(BaseSettings):
    """Every setting, with its default; `MF_` in the environment or in `.env`."""

    model_config = SettingsConfigDict(
        env_prefix="MF_", env_file=".env", extra="ignore", frozen=True, env_nested_delimiter="__"
    )

    host: str = Field("127.0.0.1", description="Address that the API listens on; loopback only.")
    port: int = Field(8000, description="Public port of the API.")
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
    cors_origins: tuple[str, ...] = Field(
        ("http://localhost:3000", "http://127.0.0.1:3000"),
        description="Origins whose pages may call the API and use presigned URLs.",
    )
    allowed_hosts: tuple[str, ...] = Field(
        (), description="Names beside localhost's that the API answers to; * for any."
    )
    upload_ttl_s: int = Field(900, description="How long an upload URL is valid.")
    download_ttl_s: int = Field(600, description="How long a download URL is valid.")
    single_put_bytes: int = Field(5 << 30, description="Largest upload by a single PUT.")
    runners: int = Field(2, description="Jobs that run at once.")
    ray_cpus: int = Field(0, description="CPUs that the embedded Ray may use; 0 takes all.")
    lease_s: float = Field(15.0, description="A run whose lease is older is given to another.")
    heartbeat_s: float = Field(2.0, description="How often a run extends its lease.")
    poll_s: float = Field(0.5, description="How often the supervisor looks at the job table.")
    max_attempts: int = Field(10, description="Attempts of a job, whatever the reason.")
    max_crashes: int = Field(2, description="Deaths of runners in one phase that end a job.")
    job_timeout_s: float = Field(6 * 3600, description="Longest time that one attempt may run.")
    inline_bytes: int = Field(
        48 << 20, description="Inputs up to this size are read inside the runner, not by Ray Data."
    )
    retention_days: float = Field(
        30.0, description="Ended jobs older than this are removed; 0 off."
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
    chat_timeout_s: float = Field(30.0, description="How long the chat model may take.")
    limits: Limits = Field(Limits(), description="Limits on inputs, e.g. MF_LIMITS__MAX_COLUMNS.")

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
