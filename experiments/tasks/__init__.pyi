from .arrays.task import Arrays as Arrays
from .context_switch import ContextSwitch as ContextSwitch
from .digits.task import Digits as Digits
from .go_nogo import GoNoGo as GoNoGo
from .neurogym.task import NeuroGym as NeuroGym, neurogym_task as neurogym_task
from .pattern import PatternGeneration as PatternGeneration
from .registry import (
    TASKS as TASKS,
    CautiousTask as CautiousTask,
    IllustratedTask as IllustratedTask,
    NamedData as NamedData,
    ObservedTask as ObservedTask,
    PsychometricTask as PsychometricTask,
    ReverseCorrelatedTask as ReverseCorrelatedTask,
    StretchedTask as StretchedTask,
    TaskEntry as TaskEntry,
    TunedTask as TunedTask,
)
from .selective_integration import SelectiveIntegration as SelectiveIntegration
from .signals import Lorenz as Lorenz, Sines as Sines
from .traced_classes import with_targets as with_targets
