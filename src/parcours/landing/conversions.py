"""Reads text as what a column is: numbers, money, dates, times, yes and no; null when the text is none of it.

Each function gives an expression tree over a text column. A null beside a text that was there is what rejects a row.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from parcours.engine import zones
from parcours.model.value import minor_digits

YES = ("true", "t", "yes", "y", "1", "oui", "o", "vrai", "v", "on", "x", "ja", "si", "sí")
NO = ("false", "f", "no", "n", "0", "non", "faux", "off", "nein")
UNIX = {"unix": 1_000_000, "unix_ms": 1_000, "unix_us": 1}
SPACES = (" ", "\u00a0", "\u202f", "\u2009")
APOSTROPHES = ("'", "\u2019")
SYMBOLS = " \u00a0\u202f€$£"
# Above this, ten-thousandths of cents no longer fit into the engine's decimals; no ticket is that large.
LARGEST_AMOUNT = 9_000_000_000
LAST_MOMENT = 250_000_000_000_000_000  # micro-seconds: the year 9892
DATE_CODES = "aAdbBmyYjUuGVw"


@dataclass(frozen=True)
class Numbers:
    """How numbers are written. `mixed`: some come as numbers (JSON, Excel), others as text."""

    decimal: str = "."
    thousands: str = ""
    mixed: bool = False


@dataclass(frozen=True)
class Times:
    """How dates and times are written: strptime formats ("" is ISO 8601; several parted by `|`) and in which zone."""

    format: str = ""
    dates: str = ""
    zone: str = "UTC"


def call(name: str, *args: exp.Expression | str | int) -> exp.Expression:
    """A call of a DuckDB function; texts and whole numbers among the arguments are constants."""
    return exp.Anonymous(
        this=name, expressions=[arg.copy() if isinstance(arg, exp.Expression) else exp.convert(arg) for arg in args]
    )


def try_cast(value: exp.Expression, type_: str) -> exp.Expression:
    return exp.TryCast(this=value.copy(), to=exp.DataType.build(type_, dialect="duckdb"))


def number(text: exp.Expression, style: Numbers, type_: str = "DOUBLE") -> exp.Expression:
    """A number; a trailing minus, brackets for a negative one and a currency sign are understood as well."""
    plain = _plain_digits(text, style)
    unusual = _plain_digits(_usual_sign(text), style)
    value = call("coalesce", try_cast(plain, type_), try_cast(unusual, type_))
    # the engine reads 1_000 and words such as 'infinity' as numbers
    odd = call("contains", text, "_")
    if type_ == "DOUBLE":
        value = exp.case().when(call("isfinite", value), value)
    return exp.case().when(odd, exp.null()).else_(value)


def _plain_digits(text: exp.Expression, style: Numbers) -> exp.Expression:
    """The number with a point for the decimal sign and no thousands signs; null when they stand in the wrong places."""
    value = text
    signs = _signs(style.thousands)
    if signs:
        value = (
            exp.case()
            .when(
                exp.or_(*[call("contains", text, sign) for sign in signs]),
                exp.case().when(
                    call("regexp_full_match", text, _grouped(signs, style.decimal)),
                    call("translate", text, "".join(signs), ""),
                ),
            )
            .else_(value)
        )
    if style.decimal == ".":
        return value
    pointed = call("replace", value, style.decimal, ".")
    if style.mixed:
        return exp.case().when(call("contains", value, style.decimal), pointed).else_(value)
    if "." in signs:
        return pointed
    return exp.case().when(exp.not_(call("contains", value, ".")), pointed)


def _signs(thousands: str) -> tuple[str, ...]:
    if not thousands:
        return ()
    if thousands in SPACES or thousands == "space":
        return SPACES
    return APOSTROPHES if thousands in APOSTROPHES else (thousands,)


def _grouped(signs: tuple[str, ...], decimal: str) -> str:
    """Digits in threes: 1 234 567,50. What looks like `12,34` under a thousands comma is no number, not 1234."""
    among = "[" + "".join("\\" + sign if sign in ".-^]\\" else sign for sign in signs) + "]"
    return rf"[+-]?\d{{1,3}}(?:{among}\d{{3}})+(?:[{decimal if decimal != '.' else chr(92) + '.'}]\d*)?"


def _usual_sign(text: exp.Expression) -> exp.Expression:
    """`12,50-`, `(12,50)`, `−12,50` and `12,50 €` as `-12,50` and `12,50`."""
    bare = call("trim", call("replace", text, "\u2212", "-"), SYMBOLS)
    inner = call("trim", call("trim", bare, "-()"), SYMBOLS)
    negative = exp.or_(
        call("ends_with", bare, "-"), exp.and_(call("starts_with", bare, "("), call("ends_with", bare, ")"))
    )
    return exp.case().when(negative, call("concat", "-", inner)).else_(bare)


def money(text: exp.Expression, style: Numbers, *, minor: bool, digits: exp.Expression | int) -> exp.Expression:
    """An amount in whole minor units, half a unit rounded away from zero; `digits`: the decimals of the currency."""
    amount = number(text, style, "DECIMAL(18, 6)")
    if minor or digits == 0:
        return exp.cast(exp.Round(this=amount), "bigint")
    sane = exp.LT(this=exp.Abs(this=amount), expression=exp.Literal.number(LARGEST_AMOUNT))
    return exp.case().when(sane, exp.cast(exp.Round(this=_scaled(amount, digits)), "bigint"))


def money_of(amount: exp.Expression, *, minor: bool, digits: exp.Expression | int) -> exp.Expression:
    """The same from a number that was worked out: what floating point put beside it is rounded off first."""
    scaled = amount if minor else _scaled(amount, digits)
    return exp.cast(exp.Round(this=exp.Round(this=scaled, decimals=exp.Literal.number(6))), "bigint")


def _scaled(amount: exp.Expression, digits: exp.Expression | int) -> exp.Expression:
    if isinstance(digits, int):
        return exp.Mul(this=exp.paren(amount.copy()), expression=exp.Literal.number(10**digits))
    return exp.Mul(this=exp.paren(amount.copy()), expression=exp.paren(digits.copy()))


def factor_of(currency: exp.Expression) -> exp.Expression:
    """10 to the number of decimals of the currency in a column (ISO 4217)."""
    from parcours.model.value import _EXPONENTS

    cases = exp.case()
    code = call("upper", currency)
    for digits in sorted(set(_EXPONENTS.values())):
        codes = sorted(name for name, held in _EXPONENTS.items() if held == digits)
        cases = cases.when(
            exp.In(this=code.copy(), expressions=[exp.Literal.string(each) for each in codes]),
            exp.Literal.number(10**digits),
        )
    return cases.else_(exp.Literal.number(10 ** minor_digits("EUR")))


def whole(text: exp.Expression, style: Numbers) -> exp.Expression:
    """A whole number; 12,0 is one and 12,5 is not."""
    value = number(text, style, "DECIMAL(18, 6)")
    return exp.case().when(
        exp.EQ(this=value, expression=exp.Round(this=value.copy())), exp.cast(value.copy(), "bigint")
    )


def boolean(text: exp.Expression) -> exp.Expression:
    """Yes or no, in the words that exports use."""
    word = call("lower", text)
    listed = [[exp.Literal.string(each) for each in words] for words in (YES, NO)]
    return (
        exp.case()
        .when(exp.In(this=word, expressions=listed[0]), exp.true())
        .when(exp.In(this=word.copy(), expressions=listed[1]), exp.false())
    )


def time(text: exp.Expression, style: Times) -> exp.Expression:
    """A moment in UTC. A time without a zone is one on the wall of `style.zone`."""
    if style.format in UNIX:
        return _since_1970(text, UNIX[style.format])
    if style.format:
        parsed = call("try_strptime", text, _formats(style.format.split("|")))
        return zones.utc_of(parsed, style.zone, "duckdb")
    zulu = exp.or_(call("ends_with", text, "Z"), call("ends_with", text, " UTC"))
    offset = exp.and_(
        exp.GT(this=call("length", text), expression=exp.Literal.number(18)),
        exp.or_(
            *[
                exp.In(this=call("substr", text, -back, 1), expressions=[exp.Literal.string(s) for s in "+-"])
                for back in (6, 5, 3)
            ]
        ),
    )
    moment = try_cast(text, "TIMESTAMP")
    known = (
        exp.case()
        .when(zulu, moment)
        .when(offset, exp.cast(try_cast(text, "TIMESTAMPTZ"), "timestamp"))
        .else_(zones.utc_of(moment.copy(), style.zone, "duckdb"))
    )
    return exp.case().when(_begins_with_digit(text), known)


def date(text: exp.Expression, style: Times) -> exp.Expression:
    """A day as written, without a zone; a time beside it is left off."""
    if style.format in UNIX and not style.dates:
        local = zones.local_time(_since_1970(text, UNIX[style.format]), style.zone, "duckdb")
        return exp.cast(local, "date")
    written = style.dates or style.format
    if written:
        formats = [*written.split("|"), *[_day_of(each) for each in written.split("|")]]
        return exp.cast(call("try_strptime", text, _formats(list(dict.fromkeys(formats)))), "date")
    return exp.case().when(_begins_with_digit(text), exp.cast(try_cast(text, "TIMESTAMP"), "date"))


def _formats(formats: list[str]) -> exp.Expression:
    texts = [exp.Literal.string(each) for each in formats]
    return texts[0] if len(texts) == 1 else exp.Array(expressions=texts)


def _day_of(format_: str) -> str:
    """The part of a format that speaks of the day: `%d/%m/%Y` of `%d/%m/%Y %H:%M`."""
    end = 0
    for position in range(len(format_) - 1):
        if format_[position] == "%" and format_[position + 1] in DATE_CODES:
            end = position + 2
    return format_[:end] or format_


def _since_1970(text: exp.Expression, micros: int) -> exp.Expression:
    if micros == 1:
        moment = try_cast(text, "BIGINT")
    else:
        scaled = exp.Mul(this=try_cast(text, "DOUBLE"), expression=exp.Literal.number(micros))
        moment = try_cast(exp.Round(this=scaled), "BIGINT")
    sane = exp.LT(this=exp.Abs(this=moment.copy()), expression=exp.Literal.number(LAST_MOMENT))
    return exp.case().when(sane, call("make_timestamp", moment))


def _begins_with_digit(text: exp.Expression) -> exp.Expression:
    """Leaves out the engine's own words for moments, as 'epoch' and 'infinity'."""
    return exp.and_(
        exp.GTE(this=text.copy(), expression=exp.Literal.string("0")),
        exp.LT(this=text.copy(), expression=exp.Literal.string(":")),
    )
