# sympy is untyped or types its results too coarsely: everything from it counts as Any.
from typing import Any

def __getattr__(name: str) -> Any: ...
