import torch
from torch import (
    abs, cos, exp, log, matmul, maximum, mean, minimum, relu, reshape, sigmoid, sin,
    sqrt, tanh,
)  # fmt: skip
from torch.nn.functional import softplus

name = "PyTorch"


def sum(a, axis=None, keepdims=False):
    return torch.sum(a, dim=axis, keepdim=keepdims)


def max(a, axis=None):
    return torch.amax(a, dim=() if axis is None else axis)


def logsumexp(a, axis=None):
    return torch.logsumexp(a, tuple(range(a.ndim)) if axis is None else axis)


def softmax(a):
    return torch.softmax(a, -1)


def cross_entropy(scores, labels):
    return torch.nn.functional.cross_entropy(scores, torch.tensor(labels))


def transpose(a):
    return a.mT


def tensors(inputs, learn=True):
    return [torch.tensor(x, dtype=torch.float64, requires_grad=learn) for x in inputs]


def slopes(function):
    return lambda *xs: torch.autograd.grad(
        function(*xs), xs, create_graph=True, materialize_grads=True
    )


def value(function, inputs):
    return function(*tensors(inputs)).detach().numpy()


def gradients(function, inputs):
    return [g.detach().numpy() for g in slopes(function)(*tensors(inputs))]


def train(loss, parameters, batches, rate):
    ws = tensors(parameters)
    optimizer = torch.optim.SGD(ws, lr=rate)
    for batch in batches:
        optimizer.zero_grad()
        loss(*ws, *tensors(batch, False)).backward()
        optimizer.step()
    return [w.detach().numpy() for w in ws]
