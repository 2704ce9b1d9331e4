from .config.spec import Spec as Spec, parse_spec as parse_spec
from .pipeline.directory import RunDirectory as RunDirectory
from .pipeline.summary import Summary as Summary
from .steps import Run as Run, run as run
