"""Networks of either signature read crops into eight logits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from core.errors import ModelError
from core.frame.emotion import EmotionClassifier
from core.frame.emotion_net import FerplusVgg, FramemoodNet, prepare
from core.settings import Settings
from core.types import FERPLUS_EMOTIONS


def write_network(path: Path, name: str, side_px: int, output: str) -> Path:
    """A network whose logit k is the mean of the crop times k: any signature, known answers."""
    weights = np.arange(8, dtype=np.float32).reshape(1, 8)
    nodes = [
        helper.make_node("ReduceMean", [name], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("MatMul", ["mean", "weights"], [output]),
    ]
    shape = [1, 1, side_px, side_px]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, [1, 8])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(path))
    return path


def test_the_vgg_of_ferplus_gets_gray_crops_of_64_px_in_0_to_255(tmp_path: Path) -> None:
    network = FerplusVgg(write_network(tmp_path / "v.onnx", "Input3", 64, "Plus692_Output_0"))
    crops = [np.full((90, 90, 3), 200, np.uint8), np.full((20, 20), 100, np.uint8)]
    reading = network.read(crops)
    assert reading.disturbance is None
    assert reading.logits.shape == (2, len(FERPLUS_EMOTIONS))
    np.testing.assert_allclose(reading.logits[:, 1], [200, 100], atol=0.5)
    np.testing.assert_allclose(reading.logits[:, 7], 7 * reading.logits[:, 1], rtol=1e-5)


@pytest.mark.parametrize("kind", [FerplusVgg, FramemoodNet])
def test_a_network_of_another_signature_is_refused(kind: type, tmp_path: Path) -> None:
    path = write_network(tmp_path / "x.onnx", "pixels", 32, "out")
    with pytest.raises(ModelError, match="pixels"):
        kind(path)


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"not a network")
    with pytest.raises(ModelError, match="verify"):
        FramemoodNet(path)


def test_a_network_that_was_not_fetched_says_how_to_fetch_it(tmp_path: Path) -> None:
    settings = Settings(emotion_model="emotion-ferplus-8", models_dir=tmp_path)
    with pytest.raises(ModelError, match="fetch emotion-ferplus-8"):
        EmotionClassifier(settings)


def test_a_crop_keeps_its_light() -> None:
    assert prepare(np.full((7, 9), 77, np.uint8)).mean() == pytest.approx(77)
