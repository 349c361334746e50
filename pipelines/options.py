"""Options: how a job goes about its whole input, as `POST /jobs {options}` says."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr

from pipelines.analytics.checks.settings import QualityOptions
from pipelines.known import Known


class MlOptions(Known):
    """What models are to do with the data."""

    what: ClassVar[str] = "option of ml"

    enabled: Annotated[StrictBool, Field(description="False: no model is trained.")] = True
    target: Annotated[
        StrictStr | None,
        Field(description="The column to predict; without it, one is looked for.", min_length=1),
    ] = None
    rows: Annotated[
        StrictInt, Field(description="Rows to learn from, at most.", ge=100, le=5000)
    ] = 2000


class JobOptions(Known):
    """All that may be decided; else a misspelt `privacy` would mask nothing."""

    what: ClassVar[str] = "option"

    group: Annotated[
        StrictBool, Field(description="Like members of an archive become one table.")
    ] = True
    ml: MlOptions = MlOptions()
    quality: QualityOptions = QualityOptions()
    privacy: Annotated[
        Literal["none", "mask"],
        Field(description="`mask`: no values of personal columns but in input/ and tables/."),
    ] = "none"
