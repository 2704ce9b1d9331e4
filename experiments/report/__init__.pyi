from .registry import SECTIONS as SECTIONS
from .reported import Reported as Reported, SectionMaker as SectionMaker
