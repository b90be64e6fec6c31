"""The articles' training loop as they wrote it: the slow baseline of `make bench`.

A DataLoader turns each image into a tensor, one at a time; every step asks for `.item()`.
"""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader

from experiments import models

BATCH = 64


def seconds_per_epoch(folder: Path, device: str, at_least: float, resident: bool) -> float:
    """Train CNN 8-16 for about `at_least` seconds and return the seconds a full epoch takes.

    Parameters
    ----------
    folder
        Where MNIST lies.
    device
        ``"cpu"`` or ``"cuda"``.
    at_least
        How long to measure training; validation is measured as long again, at most.
    resident
        False for the articles' loop; True with the data as tensors on the device instead of a
        DataLoader, and all else the same.
    """
    from torchvision import datasets, transforms

    torch.manual_seed(0)
    network = models.plain("cnn-8-16").to(device)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    criterion = nn.CrossEntropyLoss()

    def batches(train: bool):  # type: ignore[no-untyped-def]
        images = datasets.MNIST(folder, train=train, transform=transforms.ToTensor())
        if not resident:
            return DataLoader(images, batch_size=BATCH, shuffle=train)
        x = (images.data[:, None] / 255).to(device)
        y = images.targets.to(device)
        order = torch.randperm(len(y), device=device) if train else torch.arange(len(y))
        return [(x[chosen], y[chosen]) for chosen in order.split(BATCH)]

    def timed(train: bool) -> float:
        loader = batches(train)
        network.train(train)
        loss_sum, correct, done = 0.0, 0, 0
        began = time.perf_counter()
        for images, labels in loader:
            images, labels = images.to(device), labels.to(device)
            with torch.set_grad_enabled(train):
                out = network(images)
                loss = criterion(out, labels)
            if train:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            loss_sum += loss.item()
            correct += (out.argmax(1) == labels).sum().item()
            done += 1
            if time.perf_counter() - began > at_least:
                break
        return (time.perf_counter() - began) / done * len(loader)

    timed(True) if device == "cuda" else None  # the first steps on a GPU choose algorithms
    return timed(True) + timed(False)
