"""Record what PyTorch computes for convolutions and pools, for the tests to compare.

python tests/record_convolutions.py
    write tests/convolutions.json; needs PyTorch, which nothing else here does

Value, gradients, and gradients of the sum of their squares, each as its sum times
random numbers: a number that is wrong anywhere changes that sum.
"""

import json
import sys
from pathlib import Path

import torch
from test_convolution import SETTINGS, digest, draw, draw_images

FILE = Path(__file__).parent / "convolutions.json"


def list_functions(settings):
    """PyTorch's functions of images and a kernel."""
    y, stride = torch.nn.functional, settings.get("stride")
    padding = settings.get("padding", 0)
    return {
        "conv2d": lambda a, b: y.conv2d(a, b, stride=stride or 1, padding=padding),
        "max_pool2d": lambda a, b: y.max_pool2d(a, 3, stride),
        "avg_pool2d": lambda a, b: y.avg_pool2d(a, 2, stride),
    }


def differentiate(function, numbers, kernel, with_kernel):
    """Value, gradients, second gradients, with the axes in our order."""
    a = torch.tensor(numbers.transpose(0, 3, 1, 2), requires_grad=True)
    b = torch.tensor(kernel.transpose(3, 2, 0, 1), requires_grad=True)
    value, parts = function(a, b), [a, b] if with_kernel else [a]
    turned = value.permute(0, 2, 3, 1)
    dy = torch.tensor(draw(*turned.shape, seed=5))
    first = torch.autograd.grad(turned, parts, dy, create_graph=True)
    total = sum([(each**2).sum() for each in first])
    second = [torch.zeros_like(part) for part in parts]
    if total.requires_grad:
        found = torch.autograd.grad(total, parts, allow_unused=True)
        second = [
            zero if each is None else each
            for each, zero in zip(found, second, strict=True)
        ]
    orders = [(0, 2, 3, 1), (2, 3, 1, 0)]
    made = [turned]
    for group in (first, second):
        made += [e.permute(*o) for e, o in zip(group, orders, strict=False)]
    return [each.detach().numpy() for each in made]


def main():
    """Write the file."""
    found = {"pytorch": torch.__version__}
    for settings in SETTINGS:
        for rows in (0, 3):
            numbers, kernel = draw_images(rows)
            for name, function in list_functions(settings).items():
                arrays = differentiate(function, numbers, kernel, name == "conv2d")
                found[f"{name} {settings} {rows}"] = [digest(each) for each in arrays]
    lines = [f"{json.dumps(key)}: {json.dumps(each)}" for key, each in found.items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{FILE.name}: {len(found) - 1} cases", file=sys.stderr)


if __name__ == "__main__":
    main()
