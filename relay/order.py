"""What a marketplace hands in to open an inquiry: the JSON of `parley inquiry create` and of the API.

Everything is checked here, once, and every mistake is named by its place in the JSON.
"""

from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from .mail.addresses import parse_address
from .zone import TimeZone

Wish = Literal["quote", "price_list", "documentation", "call_back"]


def _address(text: str) -> str:
    address = parse_address(text.strip())
    if address is None:
        raise ValueError("is not a mail address")
    return address.text


def _one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


Email = Annotated[str, Field(max_length=254), AfterValidator(_address)]
# Any tag is taken (BCP 47, or POSIX): who reads a language that is not spoken here is written to in the marketplace's.
Language = Annotated[str, Field(max_length=35, pattern=r"^([A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*)?$")]
Line = Annotated[str, Field(max_length=500), AfterValidator(_one_line)]


class Part(BaseModel):
    """Shared rules: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Product(Part):
    """What the inquiry is about."""

    name: Line = ""
    url: Annotated[str, Field(max_length=2000, pattern=r"^(https?://[^\s<>\"]+)?$")] = ""


class Company(Part):
    """The company that is asked."""

    name: Line = ""


class Person(Part):
    """A participant or observer."""

    email: Email
    name: Line = ""
    company: Line = ""
    phone: Annotated[str, Field(max_length=40, pattern=r"^[0-9+()./ xX-]*$")] = ""
    language: Language = ""
    timezone: TimeZone | Literal[""] = ""


class Order(Part):
    """One inquiry to open."""

    marketplace: str
    reference: Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_one_line)]
    subject: Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_one_line)]
    message: Annotated[str, Field(min_length=1, max_length=100_000)]
    wishes: tuple[Wish, ...] = ()
    product: Product = Product()
    company: Company = Company()
    buyer: Person
    sellers: Annotated[tuple[Person, ...], Field(min_length=1, max_length=50)]
    cc: Annotated[tuple[Person, ...], Field(max_length=50)] = ()
    observers: Annotated[tuple[Person, ...], Field(max_length=50)] = ()

    @field_validator("message")
    @classmethod
    def _text(cls, message: str) -> str:
        text = message.replace("\r\n", "\n").replace("\r", "\n")
        return "".join(char for char in text if char.isprintable() or char in "\n\t").strip("\n")

    @model_validator(mode="after")
    def _one_role_each(self) -> "Order":
        emails = [person.email.lower() for person in (self.buyer, *self.sellers, *self.cc, *self.observers)]
        twice = next((email for email in emails if emails.count(email) > 1), None)
        if twice is not None:
            raise ValueError(f"{twice} is named twice; each person has one role in an inquiry")
        return self


class OrderError(Exception):
    """The JSON cannot be used; the text names each wrong place."""


def read_order(data: object) -> Order:
    """Check the parsed JSON of an inquiry. Raises OrderError."""
    return read_as(Order, data, "inquiry")


P = TypeVar("P", bound=Part)


def read_as(model: type[P], data: object, whole: str) -> P:
    """Check parsed JSON; `whole` is what all of it is called. Raises OrderError."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        lines = (
            f"{'.'.join(str(part) for part in item['loc']) or whole}: {item['msg'].removeprefix('Value error, ')}"
            for item in error.errors()
        )
        raise OrderError("; ".join(lines)) from error
