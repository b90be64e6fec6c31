"""CUDA graphs: a training step recorded once and replayed, so that Python is out of the loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

WARM_UPS = 3  # PyTorch asks for a few eager runs on a side stream before a capture


def captured(
    step: Callable[..., None],
    inputs: Sequence[torch.Tensor],
    state: Sequence[torch.Tensor | None],
) -> Callable[..., None]:
    """Return `step` as a CUDA graph; on a CPU, where there are none, `step` itself.

    Parameters
    ----------
    step
        Takes tensors shaped like `inputs` and changes `state` in place, nothing else.
    inputs
        Examples of the arguments.
    state
        Every tensor that the step changes; warming up must leave no trace in them.
    """
    if inputs[0].device.type != "cuda":
        return step
    kept = [None if tensor is None else tensor.clone() for tensor in state]
    static = [tensor.clone() for tensor in inputs]
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(WARM_UPS):
            step(*static)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step(*static)
    for tensor, value in zip(state, kept, strict=True):
        if tensor is not None and value is not None:
            tensor.copy_(value)

    def replay(*arguments: torch.Tensor) -> None:
        for place, argument in zip(static, arguments, strict=True):
            place.copy_(argument)
        graph.replay()

    return replay
