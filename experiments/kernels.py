"""The compiled loops of convolution.py: convolution 3×3, max-pool 2 and ReLU in one pass.

Nearly all the time of these small CNNs goes into moving intermediate images, and a fused loop moves
none: it computes the four pixels of a pooling window in registers, keeps the largest and remembers
which one it was. The backward pass then visits only the pixels that won, a quarter of them at most.
Ties go to the first pixel of the window, as in PyTorch. The layouts of the arrays are those of
convolution.py. No torch here, only NumPy arrays.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numba
import numpy as np

# Sums may be reordered and fused; NaN and infinity keep their meaning, so runs may diverge.
_jit = numba.njit(fastmath={"contract", "reassoc", "nsz"}, error_model="numpy", cache=True)

# What the argmax holds where ReLU cut the pixel off: no gradient flows.
CUT = 4


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
            which = np.int32(CUT)
        a0[o] = value
        winner[o] = which


@_jit
def first_forward(
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
def first_backward(
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
                        if which < CUT:
                            g = grad_pixel[o]
                            db[o] += g
                            y = 2 * py + (which >> 1)
                            x = 2 * px + (which & 1)
                            for dy in range(3):
                                for dx in range(3):
                                    dw[3 * dy + dx, o] += g * image[y + dy, x + dx]


@cache
def second_kernels(inputs: int, outputs: int) -> tuple[Any, Any]:
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
                            if which < CUT:
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
