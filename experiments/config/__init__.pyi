from .neurons import NEURONS as NEURONS
from .spec import Spec as Spec, parse_spec as parse_spec, parse_task as parse_task
