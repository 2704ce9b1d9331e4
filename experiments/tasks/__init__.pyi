from .arrays.task import Arrays as Arrays
from .context_switch import ContextSwitch as ContextSwitch
from .digits.task import Digits as Digits
from .endless import EndlessPattern as EndlessPattern
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
    TaskOnEnd as TaskOnEnd,
    TaskWithoutTrials as TaskWithoutTrials,
    TunedTask as TunedTask,
)
from .selective_integration import SelectiveIntegration as SelectiveIntegration
from .signals import Lorenz as Lorenz, Sines as Sines
from .traced_classes import with_targets as with_targets
