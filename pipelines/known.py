"""Known: what a caller may decide, by name; a misspelt name is an error, not a wish unheard."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator


class Known(BaseModel):
    """Names that are not known are refused, with those that are."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    what: ClassVar[str] = "setting"

    @model_validator(mode="before")
    @classmethod
    def _only_known(cls, given: Any) -> Any:
        if isinstance(given, dict):
            aliases = {name: field.alias or name for name, field in cls.model_fields.items()}
            odd = [str(name)[:60] for name in given if name not in {*aliases, *aliases.values()}]
            if odd:
                known = ", ".join(aliases.values())
                raise ValueError(f"no {cls.what} is called {odd[0]!r}; there are: {known}")
        return given
