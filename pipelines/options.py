"""Options: how a job goes about its whole input, as `POST /jobs {options}` says."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from pipelines.analytics.checks.settings import QualityOptions


class MlOptions(BaseModel):
    """What models are to do with the data."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    enabled: Annotated[StrictBool, Field(description="False: no model is trained.")] = True
    target: Annotated[
        StrictStr | None,
        Field(description="The column to predict; without it, one is looked for.", min_length=1),
    ] = None
    rows: Annotated[
        StrictInt, Field(description="Rows to learn from, at most.", ge=100, le=5000)
    ] = 2000


class JobOptions(BaseModel):
    """What is known here is checked; what is not is stored, and shown, and changes nothing."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    group: Annotated[
        StrictBool, Field(description="Like members of an archive become one table.")
    ] = True
    ml: MlOptions = MlOptions()
    quality: QualityOptions = QualityOptions()
    privacy: Annotated[
        Literal["none", "mask"],
        Field(description="`mask`: no values of personal columns but in input/ and tables/."),
    ] = "none"
