"""Store configuration: where the object store is; apart, as whoever holds it need not load boto3."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """Where the object store is and who we are there. Secrets stay out of its repr.

    An empty `endpoint` means AWS; empty keys mean boto3's own credential chain.
    `public_endpoint` is what clients outside reach, when it differs.
    """

    bucket: str
    endpoint: str = ""
    region: str = "us-east-1"
    access_key: str = ""
    secret_key: str = field(default="", repr=False)
    public_endpoint: str = ""
