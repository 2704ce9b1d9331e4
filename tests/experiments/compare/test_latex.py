"""Tables in LaTeX."""

from spikemodes.experiments.compare.latex import escaped, latex
from spikemodes.experiments.display import Table


def test_a_table_has_its_title_caption_and_cells():
    table = Table("5 seeds & all", ("method", "accuracy"), (("x_y", "0.5 (≥ 0.4)"), ("z", "–")))
    text = latex({"How well": table})
    assert r"\caption{How well. 5 seeds \& all}" in text
    assert r"\label{tab:how-well}" in text
    assert r"x\_y & 0.5 ($\geq$ 0.4) \\" in text
    assert r"z & -- \\" in text


def test_signs_of_latex_are_escaped_once():
    assert escaped("a\\b {50 %}") == r"a\textbackslash{}b \{50 \%\}"
