"""YAML files are read safely, and what cannot be read is said with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parcours.model.value import Place
from parcours.project.faults import Faults
from parcours.project.nodes import LARGEST, parse_yaml, place_by_path, read_yaml


def said(text: str) -> list[str]:
    faults = Faults()
    parse_yaml(text, "a.yaml", faults)
    return [str(fault) for fault in faults.found]


def read(text: str) -> object:
    faults = Faults()
    node = parse_yaml(text, "a.yaml", faults)
    assert not faults.found
    return node


def test_plain_values_are_read_as_yaml_1_2_does() -> None:
    assert read("a: 1\nb: [1.5, true, ~, no, on]\nc: {d: text}\ne: 1_000") == {
        "a": 1, "b": [1.5, True, None, "no", "on"], "c": {"d": "text"}, "e": 1000,
    }  # fmt: skip


def test_a_text_over_several_lines_is_one_text() -> None:
    assert read("a: >-\n  one\n  two\nb: |\n  three\n  four\n") == {"a": "one two", "b": "three\nfour\n"}


def test_a_postcode_keeps_its_leading_zero() -> None:
    assert read("postcode: 01000\nplain: 1000") == {"postcode": "01000", "plain": 1000}


def test_every_value_knows_its_line() -> None:
    node = parse_yaml("who:\n  all:\n    - a: {at_least: 2}\n    - b: 1\n", "a.yaml", Faults())
    here = Place("a.yaml", 1)
    assert place_by_path(node, ("who", "all", 1, "b"), here) == Place("a.yaml", 4)
    assert place_by_path(node, ("who", "all", 0, "a", "at_least"), here) == Place("a.yaml", 3)
    assert place_by_path(node, ("who", "nothing", "here"), here) == Place("a.yaml", 1)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "a.yaml:1: this file is empty. Delete it, or write its first line, as in 'segment: my_best'."),
        ("# only a comment\n", "a.yaml:1: this file is empty. "
         "Delete it, or write its first line, as in 'segment: my_best'."),
        ("- a\n- b\n", "a.yaml:1: this file is not a list of 'key: value' lines."),
        ("a: 1\nb: 2\na: 3\n", "a.yaml:3: 'a' is written twice. It stands on line 1 already."),
        ("a:\n\t- b\n", "a.yaml:2: a tab stands where only spaces may. Indent with spaces."),
        ("a: b: c\n", "a.yaml:1: not readable as YAML: mapping values are not allowed here. "
         "Put a text that contains ': ' between quotes."),
        ("a: 1\n---\nb: 2\n", "a.yaml:2: a second document starts here. Put each into its own file."),
        ("a: !!python/object:os.system x\n", "a.yaml:1: tags such as '!!python/object:os.system' are not read. "
         "Remove it."),
        ("a: {b: 1}\n<<: {c: 1}\n", "a.yaml:2: '<<' is not read here. Write the keys out."),
        ("[a]: 1\n", "a.yaml:1: a key must be a word."),
        ("a: \x07\n", "a.yaml:1: not readable: unacceptable character #x0007: special characters are not allowed. "
         "Remove that character."),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_with_its_line(text: str, fault: str) -> None:
    assert said(text) == [fault]


def test_a_file_that_is_not_utf8_is_said_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes("a: 1\nb: été\n".encode("cp1252"))
    faults = Faults()
    assert read_yaml(tmp_path / "a.yaml", "a.yaml", faults) is None
    assert [str(fault) for fault in faults.found] == ["a.yaml:2: this line is not UTF-8. Save the file as UTF-8."]


def test_a_byte_order_mark_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_yaml(tmp_path / "a.yaml", "a.yaml", Faults()) == {"a": 1}


def test_a_file_beyond_the_size_limit_is_not_even_opened(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"#" * (LARGEST + 1))
    faults = Faults()
    read_yaml(tmp_path / "a.yaml", "a.yaml", faults)
    assert [str(fault) for fault in faults.found] == [
        "a.yaml:1: this file is too large. A project file has at most 1 MB."
    ]


def test_aliases_may_not_multiply_without_end() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert said("\n".join(lines)) == [
        "a.yaml:1: this file says too much. At most 100000 values are read, aliases counted."
    ]


def test_an_alias_of_itself_ends() -> None:
    assert said("a: &a [*a]\n") == ["a.yaml:1: this file is nested too deep. At most 40 levels are read."]


def test_a_modest_alias_is_read() -> None:
    assert read("a: &a [1]\nb: *a\n") == {"a": [1], "b": [1]}


def test_deep_nesting_is_refused_without_a_traceback() -> None:
    assert said("a: " + "[" * 5000 + "]" * 5000) == [
        "a.yaml:1: this file is nested too deep. At most 40 levels are read."
    ]


@settings(max_examples=400, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200) | st.text(alphabet=" \t\n:-[]{}&*!|>%@'\"a1#?,<=."))
def test_no_text_whatever_gives_a_traceback(text: str) -> None:
    faults = Faults()
    node = parse_yaml(text, "a.yaml", faults)
    assert node is not None or faults.found
    assert all(1 <= fault.place.line <= text.count("\n") + len(text) + 1 for fault in faults.found)
