"""Store configuration: where the object store is. Apart from the store, which loads boto3."""

import shutil
from dataclasses import dataclass, field

MIN_FREE_BYTES = 256 << 20  # the embedded server writes no more below this
FULL_BYTES = MIN_FREE_BYTES + (64 << 20)


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """Where the object store is and who we are there. Secrets stay out of its repr.

    An empty `endpoint` means AWS; empty keys mean boto3's own credential chain.
    `public_endpoint` is what clients outside reach, when it differs. `data_folder` is where the
    server keeps its data, if that is on this machine.
    """

    bucket: str
    endpoint: str = ""
    region: str = "us-east-1"
    access_key: str = ""
    secret_key: str = field(default="", repr=False)
    public_endpoint: str = ""
    data_folder: str = ""

    def disk_is_full(self) -> bool:
        """Whether the server's disk, if we can see it, has too little space left to be written to.

        SeaweedFS does not say so itself: a full disk is its InternalError, like any other failure.
        """
        try:
            return bool(self.data_folder) and shutil.disk_usage(self.data_folder).free < FULL_BYTES
        except OSError:
            return False
