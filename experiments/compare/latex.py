"""The tables of a comparison in LaTeX, for a paper."""

from collections.abc import Mapping

from pandas import DataFrame

from ..display.page import Table

_COMMANDS = {sign: rf"\{sign}" for sign in "&%$#_{}"} | {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "≥": r"$\geq$", "≤": r"$\leq$", "−": "$-$", "×": r"$\times$", "–": "--", "±": r"$\pm$",
}  # fmt: skip


def latex(tables: Mapping[str, Table]) -> str:
    """Write each table with its title and caption; they need the package booktabs."""
    return "\n".join(_latex(title, table) for title, table in tables.items())


def _latex(title: str, table: Table) -> str:
    cells = [[escaped(str(cell)) for cell in row] for row in table.rows]
    return DataFrame(cells, columns=[escaped(column) for column in table.columns]).to_latex(
        index=False,
        caption=escaped(f"{title}. {table.caption}"),
        label=f"tab:{title.lower().replace(' ', '-')}",
    )


def escaped(text: str) -> str:
    """Write text so that LaTeX shows it."""
    return text.translate(str.maketrans(_COMMANDS))
