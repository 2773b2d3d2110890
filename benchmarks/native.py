"""Frozen dataclasses written out, so that mypyc makes their values as fast as its own classes.

mypyc compiles a dataclass, but runs the constructor that `dataclasses` makes for it as Python. Here
that constructor is put into the source before it is compiled, field by field, and
`changed(value, name=...)` becomes a method that calls it. Nothing else of the source changes. What
is lost is the error at run time where a field is set: mypy has checked the source for that.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

KEPT = "cisterna/quantity/kept.py"
_KEPT = "class Kept:\n    pass\n\n\nKEPT = Kept()\n"
_IMPORTS = "from typing import Union\nfrom cisterna.quantity.kept import KEPT, Kept\n"


def write_out(root: Path, names: list[str]) -> list[str]:
    """Write out the dataclasses of these files below a root, in place; gives what to compile."""
    (root / KEPT).write_text(_KEPT, "utf-8")
    for name in names:
        file = root / name
        file.write_text(written_out(file.read_text("utf-8")), "utf-8")
    return [*names, KEPT]


def written_out(source: str) -> str:
    """A module's source with its frozen dataclasses written out."""
    tree = _Written().visit(ast.parse(source))
    after_docstring = 1 if ast.get_docstring(tree) else 0
    tree.body[after_docstring:after_docstring] = ast.parse(_IMPORTS).body
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    kind: ast.expr
    default: ast.expr | None


class _Written(ast.NodeTransformer):
    """`known` holds the fields of each class so far, for those that inherit them."""

    def __init__(self) -> None:
        self.known: dict[str, list[_Field]] = {}

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """`changed(value, name=...)` becomes a method of the value."""
        self.generic_visit(node)
        if ast.unparse(node.func) != "changed":
            return node
        return ast.Call(ast.Attribute(node.args[0], "_changed", ast.Load()), [], node.keywords)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """What a frozen value sets of itself once is set as of any other."""
        self.generic_visit(node)
        call = node.value
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "object.__setattr__":
            me, name, value = call.args
            return ast.parse(f"{ast.unparse(me)}.{ast.literal_eval(name)} = {ast.unparse(value)}")
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Its constructor, and how a value with some fields changed is made."""
        self.generic_visit(node)
        maker = next((m for m in node.decorator_list if _is_frozen(m)), None)
        if not isinstance(maker, ast.Call):
            return node
        kept = [k for k in maker.keywords if k.arg not in ("frozen", "slots")]
        maker.keywords = [*kept, *_keywords("init=False, unsafe_hash=True")]
        inherited = [f for base in node.bases for f in self.known.get(ast.unparse(base), [])]
        given = self.known[node.name] = [*inherited, *_given(node)]
        checked = any(
            isinstance(s, ast.FunctionDef) and s.name == "__post_init__" for s in node.body
        )
        node.body.append(_constructor(given, checked))
        if given and not inherited:
            node.body.append(_changed(node.name, given))
        return node


def _is_frozen(maker: ast.expr) -> bool:
    return ast.unparse(maker).startswith("dataclass(frozen=True")


def _keywords(text: str) -> list[ast.keyword]:
    call = ast.parse(f"f({text})", mode="eval").body
    return call.keywords if isinstance(call, ast.Call) else []


def _given(node: ast.ClassDef) -> Iterator[_Field]:
    """The fields that are given when a value is made."""
    for each in node.body:
        if not isinstance(each, ast.AnnAssign):
            continue
        default = each.value
        if isinstance(default, ast.Call) and ast.unparse(default.func) == "field":
            said = {k.arg: k.value for k in default.keywords}
            if "init" in said:
                continue
            default = said.get("default")
        yield _Field(ast.unparse(each.target), each.annotation, default)


def _constructor(given: list[_Field], checked: bool) -> ast.stmt:
    asked = [f"{f.name}: {ast.unparse(f.kind)}" + _default(f) for f in given]
    lines = [f"self.{f.name} = {f.name}" for f in given] + ["self.__post_init__()"] * checked
    return _function(f"def __init__({', '.join(['self', *asked])}) -> None:", lines)


def _default(field: _Field) -> str:
    return "" if field.default is None else f" = {ast.unparse(field.default)}"


def _changed(name: str, given: list[_Field]) -> ast.stmt:
    asked = [f"{f.name}: Union[{ast.unparse(f.kind)}, Kept] = KEPT" for f in given]
    parts = [f"self.{f.name} if isinstance({f.name}, Kept) else {f.name}" for f in given]
    head = f"def _changed(self, *, {', '.join(asked)}) -> '{name}':"
    return _function(head, [f"return {name}({', '.join(parts)})"])


def _function(head: str, lines: list[str]) -> ast.stmt:
    return ast.parse("\n    ".join([head, *(lines or ["pass"])])).body[0]
