"""One run in the plainest PyTorch: the oracle that the tests hold train.py to.

`torch.nn` modules, `torch.optim`, `torch.optim.lr_scheduler`, one loop, `.item()` where a number
is wanted. Only what PyTorch does not have is written out: SGD with the LR inside its velocity.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.nn import functional

from experiments import models, schedules
from experiments.groups import Data, epoch_order
from experiments.optimizers import ADAM_BETA2
from experiments.records import TEST_METRICS
from experiments.settings import Run
from experiments.train import EVAL_BATCH, val_every


class VelocitySGD(torch.optim.Optimizer):
    """SGD with the LR inside the velocity, or with a correction of the buffer on LR changes.

    Sources: Sutskever et al. 2013 and Goyal et al. 2017, equation 10, remark 2.
    """

    def __init__(self, params: Any, lr: float, momentum: float, formulation: str) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})
        self.formulation = formulation
        self.previous_lr = lr

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update every parameter once."""
        group = self.param_groups[0]
        lr, momentum = group["lr"], group["momentum"]
        ratio = lr / self.previous_lr if self.previous_lr > 0 else 1.0
        for parameter in group["params"]:
            buffer = self.state[parameter].setdefault("buffer", torch.zeros_like(parameter))
            match self.formulation:
                case "lr-inside":
                    buffer.copy_(momentum * buffer + lr * parameter.grad)
                    parameter -= buffer
                case "corrected":
                    buffer.copy_(momentum * ratio * buffer + lr * parameter.grad)
                    parameter -= buffer
                case "wrongly-corrected":
                    buffer.copy_(momentum * ratio * buffer + parameter.grad)
                    parameter -= lr * buffer
        self.previous_lr = lr


def build_optimizer(run: Run, parameters: list[torch.nn.Parameter]) -> torch.optim.Optimizer:
    """Return PyTorch's optimiser for the run, or the one above."""
    if run.optimizer == "sgd":
        if run.formulation in ("lr-outside", "nesterov"):
            nesterov = run.formulation == "nesterov" and run.momentum > 0
            return torch.optim.SGD(parameters, run.base_lr, run.momentum, nesterov=nesterov)
        return VelocitySGD(parameters, run.base_lr, run.momentum, run.formulation)
    kind = torch.optim.Adam if run.optimizer == "adam" else torch.optim.AdamW
    return kind(parameters, run.base_lr, betas=(run.momentum, ADAM_BETA2))


def evaluate(
    network: torch.nn.Module, images: torch.Tensor, labels: torch.Tensor
) -> tuple[float, float]:
    """Return mean loss and accuracy over images [N, 30, 30] and their labels [N]."""
    loss = correct = 0.0
    with torch.no_grad():
        for at in range(0, len(labels), EVAL_BATCH):
            truth = labels[at : at + EVAL_BATCH]
            out = network(_batch(images[at : at + EVAL_BATCH]))
            loss += functional.cross_entropy(out, truth, reduction="sum").item()
            correct += (out.argmax(1) == truth).sum().item()
    return loss / len(labels), correct / len(labels)


def _batch(images: torch.Tensor) -> torch.Tensor:
    return images[:, None, 1:-1, 1:-1]  # the plain network pads for itself


def _flat(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    return torch.cat([tensor.detach().reshape(-1) for tensor in tensors])


def _buffer(optimizer: torch.optim.Optimizer, parameters: list[torch.nn.Parameter]) -> torch.Tensor:
    names = ("momentum_buffer", "exp_avg", "buffer")
    found = [
        next((optimizer.state[p][name] for name in names if name in optimizer.state[p]), None)
        for p in parameters
    ]
    # Without momentum PyTorch keeps no buffer; it would hold the gradient.
    kept = [p.grad if b is None else b for p, b in zip(parameters, found, strict=True)]
    return _flat([tensor for tensor in kept if tensor is not None])


def train(run: Run, data: Data) -> Iterator[dict[str, float]]:
    """Train one run, yielding a row for each step and, with ``"epoch"``, for each epoch.

    The rows hold the metrics of `records.METRICS` and `records.STEP_METRICS`; `val_loss` of a
    step only where the run records it.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(run.seed)
        network = models.plain(run.model)
    network = network.to(data.train_images.dtype)
    parameters = list(network.parameters())
    optimizer = build_optimizer(run, parameters)
    batches = data.steps(run.batch_size)
    scheduler: Any = schedules.build(run, optimizer, batches)
    unit = schedules.SCHEDULES[run.schedule].unit
    step, previous = 0, None
    for epoch in range(1, run.epochs + 1):
        if unit == "epoch-first":
            scheduler.step()
        first_lr = optimizer.param_groups[0]["lr"]
        losses, norms, correct = [], [], 0
        for chosen in epoch_order(run.seed, epoch, data.size).split(run.batch_size):
            step += 1
            lr = optimizer.param_groups[0]["lr"]
            labels = data.train_labels[chosen]
            out = network(_batch(data.train_images[chosen]))
            loss = functional.cross_entropy(out, labels)
            optimizer.zero_grad()
            loss.backward()
            gradient = _flat([p.grad for p in parameters if p.grad is not None])
            before = _flat(parameters)
            optimizer.step()
            change = _flat(parameters) - before
            if unit == "step" and step < run.epochs * batches:
                scheduler.step()
            losses.append(loss.item())
            norms.append(gradient.norm().item())
            correct += (out.argmax(1) == labels).sum().item()
            buffer = _buffer(optimizer, parameters)
            row = {
                "step": step,
                "lr": lr,
                "batch_loss": losses[-1],
                "grad_norm": norms[-1],
                "buffer_norm": buffer.norm().item(),
                "update_norm": change.norm().item(),
                "cos_grad_buffer": functional.cosine_similarity(gradient, buffer, dim=0).item(),
            }
            if previous is not None:
                row["cos_updates"] = functional.cosine_similarity(change, previous, dim=0).item()
            since = step - run.record_from
            if run.record_from <= step <= run.record_to and since % val_every(run) == 0:
                row["val_loss"] = evaluate(network, data.val_images, data.val_labels)[0]
            previous = change
            yield row
        val_loss, val_accuracy = evaluate(network, data.val_images, data.val_labels)
        if unit == "epoch":
            scheduler.step()
        elif unit == "metric":
            scheduler.step(val_accuracy if scheduler.mode == "max" else val_loss)
        test = (
            evaluate(network, data.test_images, data.test_labels) if len(data.test_labels) else ()
        )
        yield {
            "epoch": epoch,
            "lr": first_lr,
            "train_loss": sum(losses) / len(losses),
            "train_accuracy": correct / data.size,
            "val_loss": val_loss,
            "val_accuracy": val_accuracy,
            "grad_norm": sum(norms) / len(norms),
            **dict(zip(TEST_METRICS, test, strict=False)),
        }
