"""What an installed package has, which an editable one has anyway."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SETUPTOOLS = PROJECT["tool"]["setuptools"]
OPTIONAL = PROJECT["project"]["optional-dependencies"]
TOP = {name: ROOT / folder for name, folder in SETUPTOOLS["package-dir"].items()}


def folders() -> list[str]:
    """Packages as the folders have them."""
    return [
        ".".join([name, *module.parent.relative_to(top).parts])
        for name, top in TOP.items()
        for module in top.rglob("*.py")
    ]


def test_every_folder_with_modules_is_a_package_that_is_listed():
    assert sorted(SETUPTOOLS["packages"]) == sorted(set(folders()))
    for top in TOP.values():
        for module in top.rglob("*.py"):
            assert (module.parent / "__init__.py").is_file(), module.parent


def test_every_file_is_a_module_or_listed_as_data():
    (patterns,) = SETUPTOOLS["package-data"].values()
    for top in TOP.values():
        for path in top.rglob("*.*"):
            if path.suffix not in {".py", ".md"} and "__pycache__" not in path.parts:
                assert any(path.match(pattern) for pattern in patterns), path


def test_users_type_checkers_read_the_annotations():
    for top in TOP.values():
        assert (top / "py.typed").is_file()


def test_the_citation_is_that_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["project"]["version"]


def test_what_is_imported_is_declared():
    declared = {
        re.split(r"[<>=\[ ]", line)[0].lower().replace("_", "-")
        for line in (
            *PROJECT["project"]["dependencies"],
            *(line for extra in OPTIONAL.values() for line in extra),
        )
    }
    providers = packages_distributions()
    for top in TOP.values():
        for module in top.rglob("*.py"):
            for name in third_party(module.read_text(encoding="utf-8")):
                names = {d.lower().replace("_", "-") for d in providers.get(name, ())}
                assert names & declared, f"{module} imports {name}, which nothing declares"


def third_party(source: str) -> set[str]:
    """Name the packages that a module imports, at its top or later."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add((node.module or "").partition(".")[0])
    return names - sys.stdlib_module_names - {"spikemodes"}
