from .page import (
    Figure as Figure,
    Report as Report,
    Section as Section,
    Table as Table,
    Tile as Tile,
)
from .progress import Display as Display, Lines as Lines
