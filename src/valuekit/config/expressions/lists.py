"""What an expression may hold: functions, operators, types, units, and the codes of a time format.

Owns the allow-lists of SQL, and of Polars' type names. What is not listed is refused. The methods of Polars text are
the keys of the tables in `polars_methods` and `polars_times`.
"""

from __future__ import annotations

from dataclasses import dataclass

SAME = "SAME"
"""Result of a function whose value is of its arguments' kind."""

ANY = "any"
TEXT = "text"
NUMBER = "number"
TIME = "time"
CONSTANT = "constant text"
UNIT = "unit"
PART = "part"
FORMAT = "format"
PATTERN = "pattern"
REPLACEMENT = "replacement"


@dataclass(frozen=True)
class Function:
    """A function that may be called.

    Attributes:
        parameters: what each argument must be; the last `optional` of them may be left out.
        result: a `Kind` by name, or SAME.
        optional: how many of the parameters may be left out.
        variadic: whether the last parameter may be given any number of times.
    """

    parameters: tuple[str, ...]
    result: str
    optional: int = 0
    variadic: bool = False


FUNCTIONS = {
    # text
    "lower": Function((TEXT,), "TEXT"),
    "upper": Function((TEXT,), "TEXT"),
    "trim": Function((TEXT, TEXT), "TEXT", optional=1),
    "ltrim": Function((TEXT, TEXT), "TEXT", optional=1),
    "rtrim": Function((TEXT, TEXT), "TEXT", optional=1),
    "substr": Function((TEXT, NUMBER, NUMBER), "TEXT", optional=1),
    "left": Function((TEXT, NUMBER), "TEXT"),
    "right": Function((TEXT, NUMBER), "TEXT"),
    "length": Function((TEXT,), "INTEGER"),
    "strpos": Function((TEXT, TEXT), "INTEGER"),
    "replace": Function((TEXT, CONSTANT, CONSTANT), "TEXT"),
    "concat": Function((ANY, ANY), "TEXT", variadic=True),
    "contains": Function((TEXT, TEXT), "BOOLEAN"),
    "starts_with": Function((TEXT, TEXT), "BOOLEAN"),
    "ends_with": Function((TEXT, TEXT), "BOOLEAN"),
    "regexp_matches": Function((TEXT, PATTERN), "BOOLEAN"),
    "regexp_replace": Function((TEXT, PATTERN, REPLACEMENT), "TEXT"),
    # numbers
    "abs": Function((NUMBER,), SAME),
    "round": Function((NUMBER, NUMBER), SAME, optional=1),
    "floor": Function((NUMBER,), SAME),
    "ceil": Function((NUMBER,), SAME),
    "trunc": Function((NUMBER,), SAME),
    "sign": Function((NUMBER,), "INTEGER"),
    "ln": Function((NUMBER,), "FLOAT"),
    "log10": Function((NUMBER,), "FLOAT"),
    "exp": Function((NUMBER,), "FLOAT"),
    "sqrt": Function((NUMBER,), "FLOAT"),
    "power": Function((NUMBER, NUMBER), "FLOAT"),
    "isnan": Function((NUMBER,), "BOOLEAN"),
    "isfinite": Function((NUMBER,), "BOOLEAN"),
    # any kind
    "coalesce": Function((ANY,), SAME, variadic=True),
    "nullif": Function((ANY, ANY), SAME),
    "least": Function((ANY,), SAME, variadic=True),
    "greatest": Function((ANY,), SAME, variadic=True),
    # time
    "year": Function((TIME,), "INTEGER"),
    "quarter": Function((TIME,), "INTEGER"),
    "month": Function((TIME,), "INTEGER"),
    "week": Function((TIME,), "INTEGER"),
    "day": Function((TIME,), "INTEGER"),
    "isodow": Function((TIME,), "INTEGER"),
    "hour": Function((TIME,), "INTEGER"),
    "minute": Function((TIME,), "INTEGER"),
    "second": Function((TIME,), "INTEGER"),
    "date_part": Function((PART, TIME), "INTEGER"),
    "date_trunc": Function((UNIT, TIME), "TIMESTAMP"),
    "date_diff": Function((UNIT, TIME, TIME), "INTEGER"),
    "strftime": Function((TIME, FORMAT), "TEXT"),
    "try_strptime": Function((TEXT, FORMAT), "TIMESTAMP"),
}

SYNONYMS = {
    "substring": "substr",
    "len": "length",
    "char_length": "length",
    "character_length": "length",
    "position": "strpos",
    "instr": "strpos",
    "prefix": "starts_with",
    "suffix": "ends_with",
    "ceiling": "ceil",
    "pow": "power",
    "weekofyear": "week",
    "dayofmonth": "day",
    "datepart": "date_part",
    "datetrunc": "date_trunc",
    "datediff": "date_diff",
    "strptime": "try_strptime",
}
"""Other names of listed functions; written out they get the first name. `strptime` thus gives NULL, not an error."""

COMPARISONS = {
    "=": "COMPARE_EQUAL",
    "<>": "COMPARE_NOTEQUAL",
    "<": "COMPARE_LESSTHAN",
    ">": "COMPARE_GREATERTHAN",
    "<=": "COMPARE_LESSTHANOREQUALTO",
    ">=": "COMPARE_GREATERTHANOREQUALTO",
    "IS DISTINCT FROM": "COMPARE_DISTINCT_FROM",
    "IS NOT DISTINCT FROM": "COMPARE_NOT_DISTINCT_FROM",
}
"""SQL to the node type of DuckDB's parser."""

ARITHMETIC = frozenset({"+", "-", "*", "/", "//", "%", "||"})

LIKES = {
    "~~": "LIKE",
    "!~~": "NOT LIKE",
    "~~*": "ILIKE",
    "!~~*": "NOT ILIKE",
    "like_escape": "LIKE",
    "ilike_escape": "ILIKE",
}
"""The parser's operator names to SQL."""

CAST_TARGETS = {
    "VARCHAR": "VARCHAR",
    "TEXT": "VARCHAR",
    "STRING": "VARCHAR",
    "BIGINT": "BIGINT",
    "INTEGER": "INTEGER",
    "INT": "INTEGER",
    "DOUBLE": "DOUBLE",
    "BOOLEAN": "BOOLEAN",
    "BOOL": "BOOLEAN",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP",
    "DATETIME": "TIMESTAMP",
}

UNITS = frozenset({"microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"})

PARTS = UNITS | {"isodow", "isoyear", "doy"}

INTERVALS = {f"to_{unit}s": unit.upper() for unit in UNITS}
"""What the parser makes of `INTERVAL '3' DAY`."""

TIME_CODES = frozenset("aAbBdfgHIjmMpSyY%")
"""The letters that may follow `%` in a time format; not `Z` and `z`: they need zone data and give other types."""

POLARS_TYPES = {
    "Int8": "INTEGER",
    "Int16": "INTEGER",
    "Int32": "INTEGER",
    "Int64": "BIGINT",
    "UInt8": "INTEGER",
    "UInt16": "INTEGER",
    "UInt32": "BIGINT",
    "UInt64": "BIGINT",
    "Float64": "DOUBLE",
    "String": "VARCHAR",
    "Utf8": "VARCHAR",
    "Boolean": "BOOLEAN",
    "Date": "DATE",
    "Datetime": "TIMESTAMP",
}

PYTHON_TYPES = {"int": "BIGINT", "float": "DOUBLE", "str": "VARCHAR", "bool": "BOOLEAN"}
"""Names that Polars takes for its own types."""

POLARS_UNITS = {
    "1s": "second",
    "1m": "minute",
    "1h": "hour",
    "1d": "day",
    "1w": "week",
    "1mo": "month",
    "1q": "quarter",
    "1y": "year",
}
"""What `dt.truncate` may cut to."""
