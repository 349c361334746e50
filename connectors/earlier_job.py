"""Earlier job: the input of a job that is there already, to be read once more."""

from typing import Annotated

from pydantic import AliasChoices, BaseModel, ConfigDict, Field


class EarlierJob(BaseModel):
    """What another job has read, without another upload."""

    model_config = ConfigDict(frozen=True)

    kind: str
    from_job: Annotated[
        str,
        Field(
            validation_alias=AliasChoices("fromJob", "from_job"),
            pattern=r"^[A-Za-z0-9._~:@-]{1,128}$",
            description="Id of the job whose input is read again.",
        ),
    ]
