import pytest
from spikemodes.experiments.sweep.plan import read_plan, value_of


@pytest.fixture
def plan_of(tmp_path):
    def read(text):
        path = tmp_path / "grid.yaml"
        path.write_text(text)
        return read_plan(path)

    return read


def test_every_combination_is_a_cell_on_the_same_base(plan_of):
    plan = plan_of("{base: {train: {updates: 7}}, grid: {network.modes: [1, 3], seed: [0, 1]}}")
    specs = [cell.spec for cell in plan.cells]
    assert [(s.network.modes, s.seed) for s in specs] == [(1, 0), (1, 1), (3, 0), (3, 1)]
    assert {s.train.updates for s in specs} == {7}
    assert plan.varied == ("network.modes", "seed")
    assert plan.until == "validate"


def test_a_list_of_grids_is_their_union(plan_of):
    plan = plan_of("grid: [{seed: [0, 1]}, {network.parameterisation: [dense], seed: [0]}]")
    assert [cell.name for cell in plan.cells] == [
        "seed=0",
        "seed=1",
        "network.parameterisation=dense,seed=0",
    ]
    kinds = [value_of(cell.spec, "network.parameterisation") for cell in plan.cells]
    assert kinds == ["modes", "modes", "dense"]


def test_names_are_those_of_directories_and_stay_when_a_grid_grows(plan_of):
    names = [c.name for c in plan_of("grid: {network.neuron.tau_mem: [20 ms, 30 ms]}").cells]
    assert names == ["network.neuron.tau_mem=20-ms", "network.neuron.tau_mem=30-ms"]
    grown = plan_of("grid: {network.neuron.tau_mem: [10 ms, 20 ms, 30 ms]}").cells
    assert set(names) < {cell.name for cell in grown}


def test_a_component_stands_for_its_name(plan_of):
    (cell,) = plan_of("grid: {train.surrogate: [atan]}").cells
    assert value_of(cell.spec, "train.surrogate") == "atan"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("grid: {}", "`grid` must list values of at least one key: got none."),
        ("base: {seed: 1}", "`grid` must list values of at least one key: got none."),
        ("grid: {seed: []}", "`grid.seed` must list at least one value: got []."),
        ("grid: {network.modes: 3}", "must be a list of values: got 3. Write it in brackets"),
        ("grid: {network.modes: 3}", "`grid.network.modes` must be"),
        ("grid: [{seed: 3}]", "`grid.0.seed` must be a list of values: got 3."),
        ("grid: {seed: [[1, 2]]}", "`grid.seed` must list plain values, numbers or text"),
        ("grid: 3", "`grid` must be a valid list: got 3."),
        ("grid: [3]", "`grid.0` must be a valid dictionary: got 3."),
        ("{grid: {seed: [1]}, base: null}", "`base` must be a valid dictionary: got None."),
        ("[1, 2]", "must hold keys"),
        ("grid: &g {seed: *g}", "hold each other without end"),
        ("grid: {network.mods: [3]}", "Did you mean network.modes?"),
        ("gird: {network.modes: [3]}", "Did you mean grid?"),
        ("grid: {seed: [0, 0]}", "seed=0 is there 2 times."),
        ("{grid: {seed: [0]}, until: dawn}", "`until` must be 'train', 'validate' or 'report'"),
        ("grid: {network.modes: [1, 1000]}", "`network.modes` must be no more than `neurons`"),
        ("grid: [", "must be readable YAML"),
    ],
)
def test_bad_plans_are_one_line(plan_of, text, message):
    with pytest.raises(ValueError, match="grid") as error:
        plan_of(text)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
