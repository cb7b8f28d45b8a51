"""Small changes to a module, one at a time: each a mistake that somebody could make."""

import ast
import builtins
import copy
import difflib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_LONG = 300

_PAIRS = [
    *((ast.Eq, ast.NotEq), (ast.Is, ast.IsNot), (ast.In, ast.NotIn), (ast.Lt, ast.LtE), (ast.Gt, ast.GtE)),
    *((ast.And, ast.Or), (ast.Add, ast.Sub), (ast.Mult, ast.FloorDiv), (ast.BitOr, ast.BitAnd)),
]
_OTHER = {one: two for pair in _PAIRS for one, two in (pair, pair[::-1])} | {ast.Mod: ast.Mult}
_OTHER_CALL = {"any": "all", "all": "any", "min": "max", "max": "min"}
# What returns much the same as it is given; of other builtins nobody would think that they could be left out.
_LIKE_METHODS = {"strip", "lstrip", "rstrip", "lower", "replace", "removeprefix", "removesuffix", "translate"}
_LIKE_BUILTINS = {"abs", "frozenset", "list", "reversed", "round", "set", "sorted", "tuple"}
# Types, and what dataclasses are told.
_SKIPPED_FIELDS = {"annotation", "returns", "decorator_list"}


class Mutant(NamedTuple):
    """A change: its file, the function or class around it, its diff; its line, and the module with it.

    `lines`: those of the statement that changed; None outside of functions, where it runs at import.
    """

    file: str
    where: str
    change: str
    line: int
    lines: range | None
    source: str


class _Place(NamedTuple):
    """Where a node hangs: its holder, the field, the place in a list; and what `Mutant` says of it."""

    holder: ast.AST
    name: str
    index: int | None
    where: str
    line: int
    lines: range | None


def mutants(file: str, source: str) -> Iterator[Mutant]:
    """Make every mutant of a module."""
    tree = ast.parse(source)
    before = ast.unparse(tree).splitlines()
    for holder, name, index, *place in [*_places(tree, _Place(tree, "", None, "", 1, None))]:
        fields, key = (vars(holder), name) if index is None else (vars(holder)[name], index)
        node = fields[key]
        for other in _variants(node):
            fields[key] = other
            after = ast.unparse(ast.fix_missing_locations(tree))
            fields[key] = node
            if change := _change(before, after.splitlines()):
                where, line, lines = place
                yield Mutant(file, where, change, line, lines, after)


def _places(holder: ast.AST, around: _Place, *, called: bool = False) -> Iterator[_Place]:
    """Yield the place of every node; `called`, if it is in a function."""
    for name, value in ast.iter_fields(holder):
        for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if name in _SKIPPED_FIELDS or not isinstance(node, ast.AST) or _changes_nothing(node):
                continue
            where, line, lines = around.where, getattr(node, "lineno", around.line), around.lines
            function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            if function or isinstance(node, ast.ClassDef):
                where = f"{where}.{node.name}".removeprefix(".")
            if function or (called and isinstance(node, ast.stmt)):
                lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
            place = _Place(holder, name, index, where, line, lines)
            yield place
            yield from _places(node, place, called=called or function)


def _change(before: Sequence[str], after: Sequence[str]) -> str:
    """Return the lines that differ, the lines of a long table as far as they do."""
    diff = [*difflib.unified_diff(before, after, lineterm="", n=0)][2:]
    lines = [(text[0], text[1:].strip()) for text in diff if text[0] != "@"]
    texts = [text for _, text in lines]
    if max(map(len, texts), default=0) > _LONG:
        same = _shared(texts), _shared([text[::-1] for text in texts])
        first, last = (max(0, shared - _LONG // 4) for shared in same)
        lines = [(sign, text[first : len(text) - last]) for sign, text in lines]
    return "\n".join(f"{sign} {text}" for sign, text in lines)


def _shared(texts: Sequence[str]) -> int:
    """Count the letters with which all begin."""
    return next((n for n, letters in enumerate(zip(*texts, strict=False)) if len({*letters}) > 1), 0)


def _changes_nothing(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Assert() | ast.Import() | ast.ImportFrom():
            return True
        case ast.keyword(arg="strict") | ast.Subscript(value=ast.Name("Literal")):
            # What zip asserts; a type.
            return True
    return False


def _with(node: ast.AST, **fields: object) -> ast.AST:
    other = copy.copy(node)
    vars(other).update(fields)
    return other


def _without_one(values: Sequence) -> Iterator[list]:
    return ([*values[:i], *values[i + 1 :]] for i in range(len(values)))


def _variants(node: ast.AST) -> Iterator[ast.AST]:  # noqa: C901, PLR0912 - one case for each kind
    if type(node) in _OTHER:
        yield _OTHER[type(node)]()
    match node:
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(value=str(value)):
            # A sentence goes; a name, a sign or a pattern becomes another one.
            yield ast.Constant("" if " " in value.strip() else f"{value}X")
        case ast.Constant(value=bytes(value)):
            yield ast.Constant(value + b"X")
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.BoolOp(values=values):
            yield from (_with(node, values=left) for left in _without_one(values))
        case ast.While():
            yield _with(node, test=ast.Constant(value=False))
        case ast.If() | ast.IfExp():
            yield from (_with(node, test=ast.Constant(value)) for value in (True, False))
        case ast.comprehension(ifs=ifs):
            yield from (_with(node, ifs=left) for left in _without_one(ifs))
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]) | ast.AugAssign() | ast.Expr():
            yield ast.Pass()
        case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
            yield ast.Pass()
        case ast.ExceptHandler(type=caught):
            yield _with(node, body=[ast.Raise()])
            if isinstance(caught, ast.Tuple):
                yield from (_with(node, type=_with(caught, elts=left)) for left in _without_one(caught.elts))
        case ast.Match(cases=cases) if len(cases) > 1:
            yield from (_with(node, cases=left) for left in _without_one(cases))
        case ast.Call():
            yield from _calls(node)


def _calls(node: ast.Call) -> Iterator[ast.AST]:
    """Yield the call with one keyword less, to a neighbour, and not made at all."""
    for left in _without_one(node.keywords):
        if [each.arg for each in node.keywords if each not in left] != ["strict"]:
            yield _with(node, keywords=left)
    match node:
        case ast.Call(func=ast.Name(name)) if name in _OTHER_CALL:
            yield _with(node, func=ast.Name(_OTHER_CALL[name]))
        case ast.Call(func=ast.Name(name), args=[first, *_]) if not isinstance(first, ast.Starred):
            if name in _LIKE_BUILTINS or not (hasattr(builtins, name) or name[0].isupper()):
                yield first
        case ast.Call(func=ast.Attribute(value, attr)) if attr in _LIKE_METHODS:
            yield value
