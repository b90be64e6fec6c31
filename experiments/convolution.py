"""Convolution 3×3, max-pool 2 and ReLU as one differentiable operation, for many networks at once.

On a CPU the three steps are fused in the loops of kernels.py; elsewhere (a GPU) the same operation
is PyTorch's grouped convolution. ReLU after pooling equals pooling after ReLU, value and gradient:
both are monotone.

Layouts, with M networks, B images, C channels:

- images: [S, B, 30, 30], one batch a seed, with a border of zeros; network m reads batch
  ``seed_of[m]``, and networks of one seed lie side by side, so that they share the window;
- first features: [M, B, 16, 16, C], channels last, border of zeros kept for the next layer;
- second features: [M, B, C·7·7] in PyTorch's flatten order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn import functional

from experiments import kernels


class _First(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, images: Any, first_of: Any, seed_of: Any, weight: Any, bias: Any) -> Any:
        networks, channels = bias.shape
        _, batch, side, _ = images.shape
        pooled = (side - 2) // 2
        out = images.new_zeros(networks, batch, pooled + 2, pooled + 2, channels)
        argmax = torch.empty(networks, batch, pooled, pooled, channels, dtype=torch.uint8)
        last = weight.reshape(networks * channels, 3, 3).permute(1, 2, 0).contiguous()
        kernels.first_forward(
            images.numpy(),
            first_of.numpy(),
            last.numpy(),
            bias.reshape(-1).numpy(),
            out.numpy(),
            argmax.numpy(),
        )
        ctx.save_for_backward(images, seed_of, argmax)
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        images, seed_of, argmax = ctx.saved_tensors
        networks, channels = argmax.shape[0], argmax.shape[-1]
        d_weight = images.new_zeros(networks, 9, channels)
        d_bias = images.new_zeros(networks, channels)
        kernels.first_backward(
            grads[0].contiguous().numpy(),
            images.numpy(),
            seed_of.numpy(),
            argmax.numpy(),
            d_weight.numpy(),
            d_bias.numpy(),
        )
        d_weight = d_weight.transpose(1, 2).reshape(networks, channels, 1, 3, 3)
        return None, None, None, d_weight, d_bias


class _Second(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, features: Any, weight: Any, bias: Any) -> Any:
        networks, outputs, inputs = weight.shape[:3]
        batch, side = features.shape[1:3]
        pooled = (side - 2) // 2
        out = features.new_empty(networks, batch, outputs, pooled, pooled)
        argmax = torch.empty(networks, batch, pooled, pooled, outputs, dtype=torch.uint8)
        # [M, C, in, dy, dx] -> [M, dy, dx·in, C]: a row of the window is contiguous.
        rows = weight.permute(0, 3, 4, 2, 1).reshape(networks, 3, 3 * inputs, outputs).contiguous()
        kernels.second_kernels(inputs, outputs)[0](
            features.numpy(), rows.numpy(), bias.numpy(), out.numpy(), argmax.numpy()
        )
        ctx.save_for_backward(features, rows, argmax)
        return out.reshape(networks, batch, -1)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        features, rows, argmax = ctx.saved_tensors
        networks, batch, pooled = argmax.shape[:3]
        inputs, outputs = features.shape[-1], argmax.shape[-1]
        weight = rows.permute(0, 3, 1, 2).contiguous()
        d_weight = torch.zeros_like(weight)
        d_bias = features.new_zeros(networks, outputs)
        d_in = torch.zeros_like(features)
        kernels.second_kernels(inputs, outputs)[1](
            grads[0].reshape(networks, batch, outputs, pooled, pooled).contiguous().numpy(),
            features.numpy(),
            weight.numpy(),
            argmax.numpy(),
            d_weight.numpy(),
            d_bias.numpy(),
            d_in.numpy(),
        )
        d_weight = d_weight.reshape(networks, outputs, 3, 3, inputs).permute(0, 1, 4, 2, 3)
        return d_in, d_weight, d_bias


def features(
    images: torch.Tensor,
    first_of: torch.Tensor,
    seed_of: torch.Tensor,
    parameters: Sequence[torch.Tensor],
) -> torch.Tensor:
    """Both convolution blocks of M networks.

    Parameters
    ----------
    images
        [S, B, 30, 30]: a batch for each seed, zero border included.
    first_of, seed_of
        int64 [S+1] and [M]: the networks of seed s are ``first_of[s]`` up to ``first_of[s+1]``.
    parameters
        Weights [M, C₁, 1, 3, 3], bias [M, C₁], weights [M, C₂, C₁, 3, 3], bias [M, C₂].

    Returns
    -------
    torch.Tensor
        [M, B, C₂·7·7], differentiable in the parameters.
    """
    weight1, bias1, weight2, bias2 = parameters
    if images.device.type == "cpu":
        return _Second.apply(
            _First.apply(images, first_of, seed_of, weight1, bias1), weight2, bias2
        )
    return grouped_features(images, seed_of, parameters)


def grouped_features(
    images: torch.Tensor, seed_of: torch.Tensor, parameters: Sequence[torch.Tensor]
) -> torch.Tensor:
    """Compute `features` with PyTorch's grouped convolution, one group a network (any device)."""
    weight1, bias1, weight2, bias2 = parameters
    networks, batch = len(bias1), images.shape[1]
    x = images[seed_of].transpose(0, 1)  # [B, M, 30, 30]
    x = functional.conv2d(x, weight1.flatten(0, 1), bias1.flatten(), groups=networks)
    x = functional.relu(functional.max_pool2d(x, 2))
    x = functional.conv2d(x, weight2.flatten(0, 1), bias2.flatten(), padding=1, groups=networks)
    x = functional.relu(functional.max_pool2d(x, 2))
    return x.reshape(batch, networks, -1).transpose(0, 1)
