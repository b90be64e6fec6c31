"""Convolution 3×3, max-pool 2 and ReLU as one operation, for many networks at once.

On a CPU the three steps are fused in a Numba kernel. Nearly all the time of these small CNNs
goes into moving intermediate images, and the fused kernel moves none: it computes the four
pixels of a pooling window in registers, keeps the largest and remembers which one it was. The
backward pass then visits only the pixels that won, a quarter of them at most. Elsewhere (a GPU)
the same operation is PyTorch's grouped convolution.

ReLU after pooling equals pooling after ReLU, value and gradient: both are monotone. Ties go to
the first pixel of the window, as in PyTorch.

Layouts, with M networks, B images, C channels:

- images: [S, B, 30, 30], one batch a seed, with a border of zeros; network m reads batch
  ``seed_of[m]``, and networks of one seed lie side by side, so that they share the window;
- first features: [M, B, 16, 16, C], channels last, border of zeros kept for the next layer;
- second features: [M, B, C·7·7] in PyTorch's flatten order.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numba
import numpy as np
import torch
from torch.nn import functional

# Sums may be reordered and fused; NaN and infinity keep their meaning, so runs may diverge.
_jit = numba.njit(fastmath={"contract", "reassoc", "nsz"}, error_model="numpy", cache=True)

# What the argmax holds where ReLU cut the pixel off: no gradient flows.
_CUT = 4


@_jit
def _keep_largest(a0: Any, a1: Any, a2: Any, a3: Any, winner: Any) -> None:
    """Leave in `a0` the ReLU of the largest of four, and in `winner` which of them it was."""
    for o in range(a0.shape[0]):
        value = a0[o]
        which = np.int32(0)
        if a1[o] > value:
            value = a1[o]
            which = np.int32(1)
        if a2[o] > value:
            value = a2[o]
            which = np.int32(2)
        if a3[o] > value:
            value = a3[o]
            which = np.int32(3)
        if value <= 0:  # false for NaN, which must come through
            value = a0.dtype.type(0)
            which = np.int32(_CUT)
        a0[o] = value
        winner[o] = which


@_jit
def _first_forward(
    images: Any, first_of: Any, weight: Any, bias: Any, out: Any, argmax: Any
) -> None:
    """Fill `out` and `argmax`; `weight` is [3, 3, M·C], `first_of` bounds each seed's runs."""
    batch = images.shape[1]
    rows, columns, channels = argmax.shape[2:]
    for s in range(images.shape[0]):
        lo, hi = first_of[s] * channels, first_of[s + 1] * channels
        a0 = np.empty(hi - lo, out.dtype)
        a1, a2, a3 = np.empty_like(a0), np.empty_like(a0), np.empty_like(a0)
        winner = np.empty(hi - lo, np.int32)
        start = bias[lo:hi]
        for b in range(batch):
            for py in range(rows):
                for px in range(columns):
                    for o in range(hi - lo):
                        v = start[o]
                        a0[o] = v
                        a1[o] = v
                        a2[o] = v
                        a3[o] = v
                    for dy in range(3):
                        upper = images[s, b, 2 * py + dy, 2 * px : 2 * px + 4]
                        lower = images[s, b, 2 * py + dy + 1, 2 * px : 2 * px + 4]
                        u0, u1, u2, u3 = upper[0], upper[1], upper[2], upper[3]
                        l0, l1, l2, l3 = lower[0], lower[1], lower[2], lower[3]
                        w0 = weight[dy, 0, lo:hi]
                        w1 = weight[dy, 1, lo:hi]
                        w2 = weight[dy, 2, lo:hi]
                        for o in range(hi - lo):
                            p, q, r = w0[o], w1[o], w2[o]
                            a0[o] += u0 * p + u1 * q + u2 * r
                            a1[o] += u1 * p + u2 * q + u3 * r
                            a2[o] += l0 * p + l1 * q + l2 * r
                            a3[o] += l1 * p + l2 * q + l3 * r
                    _keep_largest(a0, a1, a2, a3, winner)
                    for m in range(first_of[s], first_of[s + 1]):
                        at = m * channels - lo
                        out_pixel = out[m, b, py + 1, px + 1]
                        argmax_pixel = argmax[m, b, py, px]
                        for o in range(channels):
                            out_pixel[o] = a0[at + o]
                        for o in range(channels):
                            argmax_pixel[o] = winner[at + o]


@_jit
def _first_backward(
    grad: Any, images: Any, seed_of: Any, argmax: Any, d_weight: Any, d_bias: Any
) -> None:
    """Fill `d_weight` [M, 9, C] and `d_bias` [M, C]; both come in as zeros."""
    batch, rows, columns, channels = argmax.shape[1:]
    for m in range(argmax.shape[0]):
        dw, db = d_weight[m], d_bias[m]
        for b in range(batch):
            image = images[seed_of[m], b]
            for py in range(rows):
                for px in range(columns):
                    grad_pixel = grad[m, b, py + 1, px + 1]
                    winner = argmax[m, b, py, px]
                    for o in range(channels):
                        which = winner[o]
                        if which < _CUT:
                            g = grad_pixel[o]
                            db[o] += g
                            y = 2 * py + (which >> 1)
                            x = 2 * px + (which & 1)
                            for dy in range(3):
                                for dx in range(3):
                                    dw[3 * dy + dx, o] += g * image[y + dy, x + dx]


@cache
def _second_kernels(inputs: int, outputs: int) -> tuple[Any, Any]:
    """Compile the second layer for its channel counts: known lengths make it twice as fast."""
    row = 3 * inputs

    @_jit
    def forward(features: Any, weight: Any, bias: Any, out: Any, argmax: Any) -> None:
        """Fill `out` [M, B, C, 7, 7] and `argmax`; `weight` is [M, 3, 3·inputs, C]."""
        batch, rows, columns = argmax.shape[1:4]
        a0 = np.empty(outputs, out.dtype)
        a1, a2, a3 = np.empty_like(a0), np.empty_like(a0), np.empty_like(a0)
        winner = np.empty(outputs, np.int32)
        for m in range(argmax.shape[0]):
            for b in range(batch):
                image = features[m, b].reshape(features.shape[2], features.shape[3] * inputs)
                for py in range(rows):
                    for px in range(columns):
                        for o in range(outputs):
                            v = bias[m, o]
                            a0[o] = v
                            a1[o] = v
                            a2[o] = v
                            a3[o] = v
                        for dy in range(3):
                            upper = image[2 * py + dy]
                            lower = image[2 * py + dy + 1]
                            # Three products for each load and store of a sum: the store is
                            # what bounds this loop.
                            for third in range(inputs):
                                j = 3 * third
                                x = 2 * px * inputs + j
                                x0, x1, x2 = upper[x], upper[x + 1], upper[x + 2]
                                z0, z1, z2 = lower[x], lower[x + 1], lower[x + 2]
                                x += inputs
                                y0, y1, y2 = upper[x], upper[x + 1], upper[x + 2]
                                t0, t1, t2 = lower[x], lower[x + 1], lower[x + 2]
                                w0 = weight[m, dy, j]
                                w1 = weight[m, dy, j + 1]
                                w2 = weight[m, dy, j + 2]
                                for o in range(outputs):
                                    p, q, r = w0[o], w1[o], w2[o]
                                    a0[o] += x0 * p + x1 * q + x2 * r
                                    a1[o] += y0 * p + y1 * q + y2 * r
                                    a2[o] += z0 * p + z1 * q + z2 * r
                                    a3[o] += t0 * p + t1 * q + t2 * r
                        _keep_largest(a0, a1, a2, a3, winner)
                        argmax_pixel = argmax[m, b, py, px]
                        for o in range(outputs):
                            out[m, b, o, py, px] = a0[o]
                        for o in range(outputs):
                            argmax_pixel[o] = winner[o]

    @_jit
    def backward(
        grad: Any, features: Any, weight: Any, argmax: Any, d_weight: Any, d_bias: Any, d_in: Any
    ) -> None:
        """Fill `d_weight` [M, C, 3, 3·inputs], `d_bias`, `d_in`; all come in as zeros."""
        batch, rows, columns = argmax.shape[1:4]
        side = features.shape[3] * inputs
        for m in range(argmax.shape[0]):
            for b in range(batch):
                image = features[m, b].reshape(features.shape[2], side)
                d_image = d_in[m, b].reshape(features.shape[2], side)
                for py in range(rows):
                    for px in range(columns):
                        for o in range(outputs):
                            which = argmax[m, b, py, px, o]
                            if which < _CUT:
                                g = grad[m, b, o, py, px]
                                d_bias[m, o] += g
                                y = 2 * py + (which >> 1)
                                x = (2 * px + (which & 1)) * inputs
                                for dy in range(3):
                                    window = image[y + dy, x : x + row]
                                    d_window = d_image[y + dy, x : x + row]
                                    w = weight[m, o, dy]
                                    dw = d_weight[m, o, dy]
                                    for j in range(row):
                                        dw[j] += g * window[j]
                                        d_window[j] += g * w[j]

    return forward, backward


class _First(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, images: Any, first_of: Any, seed_of: Any, weight: Any, bias: Any) -> Any:
        networks, channels = bias.shape
        _, batch, side, _ = images.shape
        pooled = (side - 2) // 2
        out = images.new_zeros(networks, batch, pooled + 2, pooled + 2, channels)
        argmax = torch.empty(networks, batch, pooled, pooled, channels, dtype=torch.uint8)
        last = weight.reshape(networks * channels, 3, 3).permute(1, 2, 0).contiguous()
        _first_forward(
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
        _first_backward(
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
        _second_kernels(inputs, outputs)[0](
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
        _second_kernels(inputs, outputs)[1](
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
