"""Our SQL words: functions of the restricted dialect that each engine spells its own way.

A macro is written like a function (`days_between(a, b)`) and replaced in the parsed tree before the SQL is emitted,
so that a query has one text and gives the same rows on every engine.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp, parse_one

from parcours.engine import zones

Spelling = Callable[..., exp.Expression]


def _template(text: str, dialect: str) -> Spelling:
    """A spelling written as SQL with `a`, `b`, `c` standing for the arguments."""
    tree = parse_one(text, read=dialect)

    def spell(*args: exp.Expression) -> exp.Expression:
        given = dict(zip("abcd", args))

        def put(node: exp.Expression) -> exp.Expression:
            if isinstance(node, exp.Column) and not node.table and node.name in given:
                return exp.paren(given[node.name].copy(), copy=False)
            return node

        spelt = tree.copy().transform(put)
        return exp.paren(spelt, copy=False) if isinstance(spelt, exp.Binary) else spelt

    return spell


def _both(duckdb: str, spark: str) -> dict[str, Spelling]:
    return {"duckdb": _template(duckdb, "duckdb"), "spark": _template(spark, "spark")}


def _local(wrap_duckdb: str, wrap_spark: str) -> dict[str, Spelling]:
    """A spelling over the local time `a` of a UTC moment in a zone given as text."""
    wraps = _both(wrap_duckdb, wrap_spark)

    def speller(dialect: str) -> Spelling:
        return lambda moment, zone: wraps[dialect](zones.local_time(moment, zone.name, dialect))

    return {dialect: speller(dialect) for dialect in wraps}


def _utc(dialect: str) -> Spelling:
    return lambda moment, zone: zones.utc_of(moment, zone.name, dialect)


MACROS: dict[str, dict[str, Spelling]] = {
    # whole days from the first date to the second (dates, never timestamps: engines count those differently)
    "days_between": _both(
        "date_diff('day', CAST(a AS DATE), CAST(b AS DATE))", "datediff(CAST(b AS DATE), CAST(a AS DATE))"
    ),
    # a UTC time in the zone named by a literal: local_date(ts, 'Europe/Paris'); and back: utc_of(wall, zone)
    "local_time": _local("a", "a"),
    "local_date": _local("CAST(a AS DATE)", "CAST(a AS DATE)"),
    "local_hour": _local("CAST(hour(a) AS BIGINT)", "CAST(hour(a) AS BIGINT)"),
    "utc_of": {"duckdb": _utc("duckdb"), "spark": _utc("spark")},
    # 1 is Monday
    "local_weekday": _local("CAST(isodow(a) AS BIGINT)", "CAST(weekday(a) + 1 AS BIGINT)"),
    "weekday_of": _both("CAST(isodow(CAST(a AS DATE)) AS BIGINT)", "CAST(weekday(CAST(a AS DATE)) + 1 AS BIGINT)"),
    "month_of": _both("strftime(CAST(a AS DATE), '%Y-%m')", "date_format(CAST(a AS DATE), 'yyyy-MM')"),
    "add_days": _both(
        "CAST(CAST(a AS DATE) + CAST(b AS INTEGER) AS DATE)", "date_add(CAST(a AS DATE), CAST(b AS INT))"
    ),
    "seconds_between": _both(
        "date_diff('second', date_trunc('second', CAST(a AS TIMESTAMP)), date_trunc('second', CAST(b AS TIMESTAMP)))",
        "unix_timestamp(CAST(b AS TIMESTAMP)) - unix_timestamp(CAST(a AS TIMESTAMP))",
    ),
    "add_seconds": _both(
        "CAST(a AS TIMESTAMP) + to_seconds(b)", "CAST(a AS TIMESTAMP_NTZ) + make_dt_interval(0, 0, 0, b)"
    ),
    # a number that orders rows by a time (microseconds), then by a 63-bit row number: never the same for two rows
    "moment_key": _both(
        "CAST(epoch_us(CAST(a AS TIMESTAMP)) AS HUGEINT) * CAST(9223372036854775808 AS HUGEINT) + b",
        "CAST(unix_micros(CAST(a AS TIMESTAMP)) AS DECIMAL(38, 0)) * CAST(9223372036854775808 AS DECIMAL(19, 0)) + b",
    ),
    # a number that orders by a whole amount, then by another number between 0 and 10^18
    "amount_key": _both(
        "CAST(a AS HUGEINT) * CAST(1000000000000000000 AS HUGEINT) + b",
        "CAST(a AS DECIMAL(38, 0)) * CAST(1000000000000000000 AS DECIMAL(19, 0)) + b",
    ),
    # 63 bits of MD5: the same on every engine and in every version, unlike the engines' own hash(). They are the low
    # ones of the first eight bytes read backwards, which DuckDB gives twice as fast as it reads hexadecimal text.
    "hash63": _both(
        "CAST(md5_number(a) & 9223372036854775807 AS BIGINT)",
        "CAST(conv(substring(md5(a), 15, 2), 16, 10) AS BIGINT) % 128 * 72057594037927936 "
        "+ CAST(conv(concat(substring(md5(a), 13, 2), substring(md5(a), 11, 2), substring(md5(a), 9, 2), "
        "substring(md5(a), 7, 2), substring(md5(a), 5, 2), substring(md5(a), 3, 2), substring(md5(a), 1, 2)), "
        "16, 10) AS BIGINT)",
    ),
    "hash_bucket": _both(
        "CAST(CAST('0x' || substr(md5(a), 1, 15) AS BIGINT) % b AS BIGINT)",
        "CAST(CAST(conv(substring(md5(a), 1, 15), 16, 10) AS BIGINT) % b AS BIGINT)",
    ),
    "json_text": _both("json_extract_string(a, b)", "get_json_object(a, b)"),
    # a text as JSON writes it, in quotes
    "json_quoted": _both(
        "CAST(to_json(CAST(a AS VARCHAR)) AS VARCHAR)", "regexp_extract(to_json(array(a)), '^.(.*).$', 1)"
    ),
    "percentile": _both("quantile_cont(a, b)", "percentile(a, b)"),
    "whole": _both("CAST(a AS BIGINT)", "CAST(a AS BIGINT)"),
}


def expand(tree: exp.Expression, dialect: str) -> exp.Expression:
    """A copy of the tree with every macro replaced by the engine's own spelling."""
    return _expanded(tree.copy(), dialect)


def _expanded(tree: exp.Expression, dialect: str) -> exp.Expression:
    """The tree itself, changed in place: the innermost macros first, so that no argument is gone through twice."""
    calls = [node for node in tree.walk(bfs=False) if isinstance(node, exp.Anonymous) and node.name.lower() in MACROS]
    for call in reversed(calls):
        spelt = MACROS[call.name.lower()][dialect](*call.expressions)
        if call is tree:
            tree = spelt
        else:
            call.replace(spelt)
    return tree
