import numpy as np
import pytest
import torch
from spikemodes.learning.training.checkpoint import FILE, Checkpoint, generator


def checkpoint(**changes):
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    rng = np.random.default_rng(3)
    rng.normal(size=5)
    fields = {
        "update": 7,
        "loss": 0.25,
        "twin": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "schedule": torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 9).state_dict(),
        "rng": dict(rng.bit_generator.state),
        "seconds": 1.5,
    }
    return Checkpoint(**{**fields, **changes})


def test_a_checkpoint_survives_being_saved_and_loaded(tmp_path):
    before = checkpoint()
    before.save(tmp_path / "deep" / "checkpoint")
    after = Checkpoint.load(tmp_path / "deep" / "checkpoint")
    assert after is not None
    assert (after.update, after.loss, after.seconds) == (7, 0.25, 1.5)
    assert torch.equal(after.twin["weight"], before.twin["weight"])
    moments = [c.optimizer["state"][0]["exp_avg"] for c in (before, after)]
    assert torch.equal(*moments)
    assert after.schedule == before.schedule


def test_random_numbers_go_on_where_they_stopped(tmp_path):
    rng = np.random.default_rng(5)
    rng.normal(size=11)
    checkpoint(rng=dict(rng.bit_generator.state)).save(tmp_path)
    loaded = Checkpoint.load(tmp_path)
    assert loaded is not None
    np.testing.assert_array_equal(generator(loaded.rng).normal(size=9), rng.normal(size=9))


def test_there_may_be_no_checkpoint_yet(tmp_path):
    assert Checkpoint.load(tmp_path) is None
    assert Checkpoint.load(tmp_path / "none") is None


@pytest.mark.parametrize("kept", [0, 10, 0.3, 0.9])
def test_a_damaged_checkpoint_is_named_and_never_half_loaded(kept, tmp_path):
    checkpoint().save(tmp_path)
    path = tmp_path / FILE
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole)) if kept < 1 else kept])
    with pytest.raises(ValueError, match=r"state\.pt` must be an undamaged checkpoint") as error:
        Checkpoint.load(tmp_path)
    assert "\n" not in str(error.value)


def test_a_checkpoint_of_something_else_is_refused(tmp_path):
    torch.save({"weights": torch.ones(2)}, tmp_path / FILE)
    with pytest.raises(ValueError, match="must be an undamaged checkpoint"):
        Checkpoint.load(tmp_path)


def test_code_in_a_checkpoint_never_runs(tmp_path):
    torch.save({"update": np.random.default_rng(0)}, tmp_path / FILE)
    with pytest.raises(ValueError, match="must be an undamaged checkpoint"):
        Checkpoint.load(tmp_path)


def test_a_failed_save_keeps_the_checkpoint_before(tmp_path):
    checkpoint(update=7).save(tmp_path)
    with pytest.raises(Exception, match="pickle"):
        checkpoint(update=8, twin={"weight": lambda: None}).save(tmp_path)
    kept = Checkpoint.load(tmp_path)
    assert kept is not None
    assert kept.update == 7
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
