"""The tables of a comparison in LaTeX, for a paper."""

from collections.abc import Mapping

from pandas import DataFrame

from ..display.page import Table

_SIGNS = {"≥": r"$\geq$", "≤": r"$\leq$", "−": "$-$", "×": r"$\times$", "–": "--", "±": r"$\pm$"}


def latex(tables: Mapping[str, Table]) -> str:
    """Write each table, its title above and its caption below; they need the package booktabs."""
    return "\n".join(_latex(title, table) for title, table in tables.items())


def _latex(title: str, table: Table) -> str:
    shown = DataFrame(list(table.rows), columns=list(table.columns), dtype=str)
    text = DataFrame({"": [f"{title}. {table.caption}"]}).to_latex(
        index=False, header=False, escape=True
    )
    caption = text.split("\\toprule\n")[1].split(r" \\")[0]
    label = f"tab:{title.lower().replace(' ', '-')}"
    written = shown.to_latex(index=False, escape=True, caption=_CAPTION, label=label)
    written = written.replace(_CAPTION, caption)
    for sign, command in _SIGNS.items():
        written = written.replace(sign, command)
    return written


_CAPTION = "CAPTION"
