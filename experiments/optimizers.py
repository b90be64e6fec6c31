"""The update rules, for many runs at once: every run has its own LR and momentum at each step.

PyTorch's optimisers allow one LR for a whole stack of parameters, so the rules are written out
here; tests hold them to `torch.optim` and to a plain loop. For SGD, every way of placing the LR
is the same pair of lines with other coefficients (Goyal et al. 2017, eq. 9 and 10)::

    buffer ← keep · buffer + take · gradient
    θ      ← θ − from_buffer · buffer − from_gradient · gradient
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

ADAM_BETA2 = 0.999
ADAM_EPS = 1e-8
ADAMW_WEIGHT_DECAY = 0.01  # PyTorch's default


def sgd_coefficients(formulation: str, lr: np.ndarray, momentum: np.ndarray) -> np.ndarray:
    """Return the four coefficients of the SGD update at every step.

    Parameters
    ----------
    formulation
        - ``lr-outside``: b ← μb + g; θ ← θ − ηb. PyTorch's SGD.
        - ``lr-inside``: v ← μv + ηg; θ ← θ − v. Keras; Sutskever et al. 2013.
        - ``corrected``: v ← μ(η/η₋₁)v + ηg; θ ← θ − v. Goyal et al. 2017, remark 2.
        - ``wrongly-corrected``: b ← μ(η/η₋₁)b + g; θ ← θ − ηb. The correction applied to the
          form that needs none.
        - ``nesterov``: b ← μb + g; θ ← θ − η(g + μb). PyTorch's SGD with ``nesterov=True``.
    lr, momentum
        η and μ, shape [steps].

    Returns
    -------
    numpy.ndarray
        Shape [4, steps]: keep, take, from_buffer, from_gradient.
    """
    one, none = np.ones_like(lr), np.zeros_like(lr)
    previous = np.concatenate([lr[:1], lr[:-1]])
    # After a step at LR 0 there is no ratio to correct by; the velocity is kept as it is.
    ratio = np.divide(lr, previous, out=np.ones_like(lr), where=previous > 0)
    table = {
        "lr-outside": (momentum, one, lr, none),
        "lr-inside": (momentum, lr, one, none),
        "corrected": (momentum * ratio, lr, one, none),
        "wrongly-corrected": (momentum * ratio, one, lr, none),
        "nesterov": (momentum, one, lr * momentum, lr),
    }
    return np.stack(table[formulation])


def adam_coefficients(
    lr: np.ndarray, beta1: np.ndarray, first_step: int, weight_decay: float
) -> np.ndarray:
    """Return the five coefficients of the Adam update at every step (Kingma & Ba 2015).

    Parameters
    ----------
    lr, beta1
        Shape [steps].
    first_step
        Number of the first of these steps over the whole training, from 1.
    weight_decay
        λ of AdamW (Loshchilov & Hutter 2019): θ is first multiplied by 1 − ηλ; 0 for Adam.

    Returns
    -------
    numpy.ndarray
        Shape [5, steps]: β₁, step size, √(1 − β₂ᵗ), the factor on θ, and 1 − β₁. As in
        `torch.optim.Adam`, the bias correction of the first moment uses this step's β₁.
    """
    t = np.arange(first_step, first_step + len(lr))
    step_size = lr / (1 - beta1**t)
    return np.stack(
        [beta1, step_size, np.sqrt(1 - ADAM_BETA2**t), 1 - lr * weight_decay, 1 - beta1]
    )


@dataclass
class Moments:
    """What an optimiser remembers, [M, D]: first moment (buffer, velocity); Adam's second."""

    first: torch.Tensor
    second: torch.Tensor | None


# (weights, gradient, moments, coefficients of this step) → updates in place
Update = Callable[[torch.Tensor, torch.Tensor, Moments, torch.Tensor], None]


def sgd_step(
    weights: torch.Tensor, gradient: torch.Tensor, moments: Moments, coefficients: torch.Tensor
) -> None:
    """Update `weights` and the buffer in place; `coefficients` is [4, M], the others [M, D]."""
    keep, take, from_buffer, _ = coefficients.unsqueeze(-1)
    moments.first.mul_(keep).addcmul_(gradient, take)
    weights.addcmul_(moments.first, from_buffer, value=-1)


def nesterov_step(
    weights: torch.Tensor, gradient: torch.Tensor, moments: Moments, coefficients: torch.Tensor
) -> None:
    """Update as `sgd_step`, and by the gradient too where a run asks for it."""
    sgd_step(weights, gradient, moments, coefficients)
    weights.addcmul_(gradient, coefficients[3].unsqueeze(-1), value=-1)


def plain_step(
    weights: torch.Tensor, gradient: torch.Tensor, moments: Moments, coefficients: torch.Tensor
) -> None:
    """Update as `sgd_step` where no run keeps anything: the buffer would be the gradient.

    It equals `sgd_step` to the last bit and moves a third of its memory, which on a CPU is time.
    """
    weights.addcmul_(gradient, coefficients[2].unsqueeze(-1), value=-1)


def adam_step(
    weights: torch.Tensor, gradient: torch.Tensor, moments: Moments, coefficients: torch.Tensor
) -> None:
    """Update `weights` and both moments in place; `coefficients` is [5, M], the others [M, D]."""
    beta1, step_size, second_scale, keep_weights, take = coefficients.unsqueeze(-1)
    assert moments.second is not None
    moments.first.mul_(beta1).addcmul_(gradient, take)
    moments.second.mul_(ADAM_BETA2).addcmul_(gradient, gradient, value=1 - ADAM_BETA2)
    denominator = moments.second.sqrt().div_(second_scale).add_(ADAM_EPS)
    weights.mul_(keep_weights).sub_(moments.first.mul(step_size).div_(denominator))
