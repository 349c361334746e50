"""Options: how a job goes about its whole input, as `POST /jobs {options}` says."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool


class JobOptions(BaseModel):
    """What is known here is checked; what is not is stored, and shown, and changes nothing."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    group: Annotated[
        StrictBool, Field(description="Like members of an archive become one table.")
    ] = True
