"""What the package offers, with types for editors and checkers."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from os import PathLike
from subprocess import CompletedProcess
from typing import (
    Any,
    NoReturn,
    Protocol,
    TypeAlias,
    TypeVar,
    overload,
    type_check_only,
)

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, DTypeLike

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "Animation",
    "Clipped",
    "Falling",
    "GradientReport",
    "Graph",
    "GraphError",
    "KeyValueCache",
    "Momentum",
    "Node",
    "Op",
    "Optimizer",
    "Picture",
    "Program",
    "RMSProp",
    "Summary",
    "Table",
    "Tensor",
    "Variable",
    "abs",
    "absolute_error",
    "accuracy",
    "add",
    "ames_housing",
    "animate",
    "argmax",
    "argmin",
    "argsort",
    "attention",
    "attention_weights",
    "avg_pool2d",
    "batch_norm",
    "batches",
    "binary_accuracy",
    "binary_cross_entropy",
    "book_style",
    "broadcast_to",
    "cast",
    "causal_mask",
    "check_gradients",
    "checkpoint",
    "clip",
    "clip_by_global_norm",
    "clip_by_value",
    "compile",
    "compiled_step",
    "concatenate",
    "confusion_matrix",
    "conv2d",
    "conv2d_transpose",
    "convolution",
    "copy_to_ranks",
    "cos",
    "cosine",
    "costs",
    "cross_entropy",
    "cumsum",
    "decode",
    "dense",
    "derivative",
    "digits",
    "divide",
    "dot",
    "draw",
    "dropout",
    "einsum",
    "elu",
    "embedding",
    "encode",
    "equal",
    "evaluator",
    "exp",
    "expand_dims",
    "explore",
    "expm1",
    "first_names",
    "flip",
    "floor",
    "floor_divide",
    "forward",
    "from_onnx",
    "gelu",
    "gpt",
    "grad",
    "gradients",
    "greater",
    "greater_equal",
    "gru",
    "he",
    "hstack",
    "isfinite",
    "isinf",
    "isnan",
    "jit",
    "jvp",
    "layer_norm",
    "leaky_relu",
    "less",
    "less_equal",
    "linear",
    "load",
    "load_parameters",
    "log",
    "log1p",
    "log_softmax",
    "logical_and",
    "logical_not",
    "logical_or",
    "logsumexp",
    "loop_text",
    "matmul",
    "max",
    "max_pool2d",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mnist",
    "moveaxis",
    "multiply",
    "negative",
    "no_grad",
    "noise",
    "norm",
    "normal",
    "not_equal",
    "ones_like",
    "op",
    "pad",
    "pad_sequences",
    "parallel_step",
    "picture",
    "pixels",
    "play",
    "plot",
    "power",
    "prod",
    "ravel",
    "recurrent",
    "relu",
    "remainder",
    "repeat",
    "reshape",
    "rint",
    "rms_norm",
    "run_ranks",
    "sample_tokens",
    "save",
    "save_parameters",
    "script",
    "self_attention",
    "sigmoid",
    "sign",
    "silu",
    "simplify",
    "sin",
    "size",
    "softmax",
    "softplus",
    "sort",
    "split",
    "sqrt",
    "square",
    "squared_error",
    "squeeze",
    "stack",
    "std",
    "step",
    "step_decay",
    "subtract",
    "sum",
    "sum_over_ranks",
    "sum_to",
    "sum_windows",
    "swapaxes",
    "table",
    "take",
    "take_along_axis",
    "tanh",
    "to_onnx",
    "topological_order",
    "train_step",
    "train_test_split",
    "transformer_block",
    "transpose",
    "tril",
    "triu",
    "uniform",
    "unroll",
    "update_step",
    "value_and_grad",
    "var",
    "vmap",
    "vstack",
    "warm_up",
    "where",
    "windows",
    "world",
    "xavier",
    "zero",
    "zeros",
    "zeros_like",
]  # fmt: skip

_Operand: TypeAlias = Node | ArrayLike
_Shape: TypeAlias = tuple[int | None, ...]
_Feed: TypeAlias = Mapping[Variable, ArrayLike]
_NamedFeed: TypeAlias = (
    Mapping[Variable, ArrayLike]
    | Mapping[str, ArrayLike]
    | Mapping[Variable | str, ArrayLike]
)
_Column: TypeAlias = Callable[..., Node | None] | None
_Axis: TypeAlias = int | tuple[int, ...] | None
_Start: TypeAlias = Callable[[np.random.Generator, tuple[int, ...]], ArrayLike]

# node.py

class GraphError(ValueError): ...

class Node:
    op: Op | None
    parents: tuple[Node, ...]
    attributes: Mapping[str, Any]
    name: str | None
    shape: _Shape
    dtype: np.dtype[Any] | type
    latest: Any
    trainable: bool
    eager: bool
    __pandas_priority__: int
    @staticmethod
    def record(op: Op, arguments: Any, attributes: Mapping[str, Any]) -> Node: ...
    @staticmethod
    def constant(value: _Operand) -> Node: ...
    def __init__(
        self,
        op: Op | None,
        parents: tuple[Node, ...] = ...,
        attributes: Mapping[str, Any] = ...,
        name: str | None = None,
    ) -> None: ...
    @property
    def value(self) -> Any: ...
    def __add__(self, other: _Operand) -> Node: ...
    def __radd__(self, other: _Operand) -> Node: ...
    def __sub__(self, other: _Operand) -> Node: ...
    def __rsub__(self, other: _Operand) -> Node: ...
    def __mul__(self, other: _Operand) -> Node: ...
    def __rmul__(self, other: _Operand) -> Node: ...
    def __truediv__(self, other: _Operand) -> Node: ...
    def __rtruediv__(self, other: _Operand) -> Node: ...
    def __pow__(self, other: _Operand) -> Node: ...
    def __rpow__(self, other: _Operand) -> Node: ...
    def __matmul__(self, other: _Operand) -> Node: ...
    def __rmatmul__(self, other: _Operand) -> Node: ...
    def __neg__(self) -> Node: ...
    def __abs__(self) -> Node: ...
    def __floordiv__(self, other: _Operand) -> Node: ...
    def __rfloordiv__(self, other: _Operand) -> Node: ...
    def __mod__(self, other: _Operand) -> Node: ...
    def __rmod__(self, other: _Operand) -> Node: ...
    def __pos__(self) -> Node: ...
    def __lt__(self, other: _Operand) -> Node: ...
    def __le__(self, other: _Operand) -> Node: ...
    def __gt__(self, other: _Operand) -> Node: ...
    def __ge__(self, other: _Operand) -> Node: ...
    @property
    def T(self) -> Node: ...
    @property
    def ndim(self) -> int: ...
    @property
    def size(self) -> Any: ...
    def sum(self, axis: _Axis = None, keepdims: bool = False) -> Node: ...
    def mean(self, axis: _Axis = None, keepdims: bool = False) -> Node: ...
    def max(self, axis: _Axis = None, keepdims: bool = False) -> Node: ...
    def min(self, axis: _Axis = None, keepdims: bool = False) -> Node: ...
    def var(
        self, axis: _Axis = None, keepdims: bool = False, ddof: float = 0
    ) -> Node: ...
    def std(
        self, axis: _Axis = None, keepdims: bool = False, ddof: float = 0
    ) -> Node: ...
    def reshape(self, *shape: int | tuple[int, ...]) -> Node: ...
    def item(self) -> Any: ...
    def __getitem__(self, key: Any) -> Node: ...
    def __bool__(self) -> NoReturn: ...
    def __array_ufunc__(
        self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **settings: Any
    ) -> Any: ...
    def __array_function__(
        self, function: Any, types: Any, arguments: Any, settings: Any
    ) -> Any: ...

class Variable(Node):
    held: Any
    def __init__(
        self,
        value: ArrayLike | None = None,
        name: str | None = None,
        shape: int | Iterable[int | None] = ...,
        dtype: DTypeLike | None = None,
        trainable: bool = False,
    ) -> None: ...
    @property
    def value(self) -> Any: ...
    @value.setter
    def value(self, value: ArrayLike) -> None: ...

class Op:
    name: str
    symbol: str
    arity: int | None
    compute: Callable[..., Any]
    shape: Callable[..., _Shape] | None
    dtype: Callable[..., Any] | None
    pure: bool
    predecessor: Op | None
    def __init__(
        self,
        compute: Callable[..., Any],
        symbol: str | None = None,
        shape: Callable[..., _Shape] | None = None,
        dtype: Callable[..., Any] | None = None,
        pure: bool = True,
    ) -> None: ...
    @overload
    def __call__(self, a: Node, /, *arguments: _Operand, **attributes: Any) -> Node: ...
    @overload
    def __call__(
        self, a: ArrayLike, b: Node, /, *arguments: _Operand, **attributes: Any
    ) -> Node: ...
    @overload
    def __call__(self, *arguments: ArrayLike, **attributes: Any) -> Any: ...

@overload
def op(compute: Callable[..., Any], **rules: Any) -> Op: ...
@overload
def op(compute: None = None, **rules: Any) -> Callable[[Callable[..., Any]], Op]: ...

add: Op
subtract: Op
multiply: Op
divide: Op
negative: Op
power: Op
matmul: Op

# comparisons.py

equal: Op
not_equal: Op
less: Op
less_equal: Op
greater: Op
greater_equal: Op
logical_and: Op
logical_or: Op
logical_not: Op

# drawing.py

class Picture:
    svg: str | None
    text: str
    alt: str
    def __init__(self, svg: str | None, text: str, alt: str) -> None: ...
    def save(self, path: str | PathLike[str]) -> None: ...

def draw(
    outputs: Node | Sequence[Node],
    backward: Node
    | Sequence[Node]
    | Mapping[Node, Node]
    | Mapping[Variable, Node] = ...,
    update: Node | Sequence[Node] | Mapping[Variable, Node] = ...,
    *,
    labels: Mapping[Node, str] = ...,
    values: bool = False,
    shapes: bool = False,
    overlay: bool = False,
    separate: bool = False,
    fold: bool | str | Sequence[str] = ...,
    limit: int = 500,
) -> Picture: ...
def book_style() -> None: ...
def picture(figure: Figure, alt: str) -> Picture: ...

# tables.py

class Table:
    head: list[str]
    rows: list[list[str]]
    def __init__(self, head: list[str], rows: list[list[str]]) -> None: ...
    @property
    def alignments(self) -> list[str]: ...

def table(
    head: Sequence[str],
    rows: Iterable[Iterable[object]],
    formats: str | Sequence[str] = "",
) -> Table: ...

# evaluation.py

def topological_order(outputs: Node | Sequence[Node]) -> list[Node]: ...
def evaluator(outputs: Node | Sequence[Node]) -> Callable[..., None]: ...
@overload
def forward(outputs: Node, feed: _Feed = ..., check_finite: bool = False) -> Any: ...
@overload
def forward(
    outputs: Sequence[Node], feed: _Feed = ..., check_finite: bool = False
) -> list[Any]: ...

# autodiff.py

def derivative(op: Op, *columns: _Column) -> None: ...
def zero(dy: Node, y: Node, *parents: Node) -> None: ...
@overload
def gradients(
    y: Node,
    wrt: Node,
    dy: _Operand | None = None,
    trace: list[tuple[Node, int, Node | None]] | None = None,
) -> Node: ...
@overload
def gradients(
    y: Node,
    wrt: Sequence[Node],
    dy: _Operand | None = None,
    trace: list[tuple[Node, int, Node | None]] | None = None,
) -> list[Node]: ...

ones_like: Op
zeros_like: Op
sum_to: Op
broadcast_to: Op
size: Op

# gradcheck.py

class GradientReport:
    rows: list[tuple[str, int, tuple[int, ...], float, float, float]]
    tolerance: float
    def __init__(
        self,
        rows: list[tuple[str, int, tuple[int, ...], float, float, float]],
        tolerance: float,
    ) -> None: ...
    @property
    def passed(self) -> bool: ...
    def __bool__(self) -> bool: ...

def check_gradients(
    y: Node,
    feed: _Feed = ...,
    wrt: Variable | Sequence[Variable] | None = None,
    step: float | None = None,
    tolerance: float | None = None,
) -> GradientReport: ...

# animation.py

class Animation(Picture):
    tracks: Sequence[tuple[str | int, str, Sequence[str | None]]]
    words: Sequence[str]
    seconds: float
    def __init__(
        self,
        still: Picture,
        tracks: Sequence[tuple[str | int, str, Sequence[str | None]]],
        words: Sequence[str],
        seconds: float = 0.1,
    ) -> None: ...

def animate(
    figure: Figure,
    update: Callable[[int], str],
    frames: int,
    alt: str,
    seconds: float = 0.1,
) -> Animation: ...

# player.py

def play(
    y: Node,
    feed: _Feed = ...,
    wrt: Node | Sequence[Node] = ...,
    *,
    labels: Mapping[Node, str] = ...,
    shapes: bool = False,
    seconds: float = 2.0,
    limit: int = 50,
) -> Animation: ...

# loop_texts.py

def loop_text(op: Op, text: str) -> None: ...

# loop_writer.py

def script(
    inputs: Variable | Sequence[Variable],
    outputs: Node | Sequence[Node],
    feed: _Feed = ...,
) -> str: ...

# figure_panels.py

@type_check_only
class _Panel(Protocol):
    def list_nodes(self) -> Iterable[Node]: ...

def plot(
    figure: Figure,
    alt: str,
    follow: Mapping[Any, tuple[Any, Any]] = ...,
    *,
    drag: Iterable[Any] = ...,
    trail: Iterable[Any] = ...,
    contour: Mapping[Any, tuple[Node, tuple[Variable, Variable]]] = ...,
) -> _Panel: ...
def pixels(
    node: Node,
    alt: str,
    wide: int | None = None,
    title: str = "",
    top: float | None = None,
    pen: bool = False,
) -> _Panel: ...

# figures.py

@type_check_only
class _Explore(Picture):
    program: str

def explore(
    y: Node,
    feed: _Feed = ...,
    wrt: Node | Sequence[Node] = ...,
    *,
    knobs: Mapping[Variable, tuple[Any, ...] | list[str]] = ...,
    update: Mapping[Variable, Node] = ...,
    panels: Iterable[_Panel] = ...,
    labels: Mapping[Node, str] = ...,
    summary: str = "",
    graph: bool | None = None,
    seconds: float = 0.1,
) -> _Explore: ...

# training.py

abs: Op
sign: Op
mean: Op
square: Op

def absolute_error(y: Node, t: _Operand) -> Node: ...
def squared_error(y: Node, t: _Operand) -> Node: ...

class SGD:
    rate: _Operand
    parameters: Variable | Sequence[Variable] | None
    def __init__(
        self,
        rate: _Operand,
        parameters: Variable | Sequence[Variable] | None = None,
    ) -> None: ...
    def updates(
        self,
        loss: Node,
        parameters: Variable | Sequence[Variable] | None = None,
        slopes: Sequence[Node] | None = None,
    ) -> dict[Variable, Node]: ...
    def find_slopes(
        self,
        loss: Node,
        parameters: Variable | Sequence[Variable] | None = None,
        slopes: Sequence[Node] | None = None,
    ) -> list[tuple[Variable, Node]]: ...

@type_check_only
class _Optimizer(Protocol):
    def updates(self, loss: Node) -> Mapping[Variable, Node]: ...

@type_check_only
class _Step(Protocol):
    def __call__(self, feed: _Feed = ..., check_finite: bool = False) -> Any: ...

def train_step(
    loss: Node,
    optimizer: _Optimizer,
    updates: Mapping[Variable, Node] = ...,
    feed: _Feed = ...,
) -> _Step: ...

# activations.py

step: Op
relu: Op
leaky_relu: Op
exp: Op
log: Op
expm1: Op
log1p: Op
tanh: Op
sin: Op
cos: Op
sigmoid: Op
softplus: Op
elu: Op

@overload
def silu(a: Node) -> Node: ...
@overload
def silu(a: ArrayLike) -> Any: ...

# data.py

_Key = TypeVar("_Key")
_Rng: TypeAlias = int | np.random.Generator

def ames_housing() -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]: ...
def train_test_split(
    columns: Mapping[_Key, ArrayLike], held_out: float = 0.2, rng: _Rng = 0
) -> tuple[dict[_Key, np.ndarray[Any, Any]], dict[_Key, np.ndarray[Any, Any]]]: ...
def batches(
    feed: Mapping[_Key, ArrayLike], size: int, rng: _Rng | None = None
) -> Iterator[dict[_Key, np.ndarray[Any, Any]]]: ...

# graph.py

@type_check_only
class _MakeStep(Protocol):
    def __call__(
        self,
        loss: Node,
        optimizer: _Optimizer,
        /,
        *,
        updates: Mapping[Variable, Node],
        feed: _Feed,
    ) -> _Step: ...

class Graph:
    output: Node
    loss: Node | None
    training: Variable | None
    updates: Mapping[Variable, Node]
    nodes: list[Node]
    variables: list[Variable]
    history: dict[str, list[float]]
    rng: np.random.Generator | None
    def __init__(
        self,
        output: Node,
        loss: Node | None = None,
        training: Variable | None = None,
        updates: Mapping[Variable, Node] = ...,
    ) -> None: ...
    @property
    def inputs(self) -> list[Variable]: ...
    @property
    def parameters(self) -> list[Variable]: ...
    def __getitem__(self, name: str) -> Variable: ...
    def __contains__(self, key: object) -> bool: ...
    def predict(self, feed: _NamedFeed = ..., batch: int | None = None) -> Any: ...
    def evaluate(self, feed: _NamedFeed = ..., batch: int | None = None) -> float: ...
    def apply(
        self,
        feed: Mapping[Variable, _Operand]
        | Mapping[str, _Operand]
        | Mapping[Variable | str, _Operand],
    ) -> Node: ...
    def fit(
        self,
        feed: _NamedFeed,
        optimizer: _Optimizer,
        epochs: int,
        batch: int = 32,
        validation: _NamedFeed | None = None,
        patience: int | None = None,
        rng: _Rng | None = None,
        progress: Callable[[range], Iterable[int]] | None = None,
        step: _MakeStep = ...,
        metrics: Mapping[str, Node | Callable[[Any, Any], Any]] = ...,
    ) -> dict[str, list[float]]: ...
    def initialize(
        self,
        rng: _Rng = 0,
        start: Callable[[np.random.Generator, tuple[int, ...]], ArrayLike]
        | None = None,
    ) -> None: ...
    def summary(self, fold: bool = True) -> Summary: ...

class Summary:
    heads: tuple[str, ...]
    rows: list[tuple[str, str, str, str]]
    total: str
    def __init__(self, rows: list[tuple[str, str, str, str]], total: str) -> None: ...

# fitting.py

class Falling(SGD):
    rate: Variable
    keep: float
    def __init__(
        self,
        rate: float,
        keep: float,
        parameters: Variable | Sequence[Variable] | None = None,
    ) -> None: ...

# arrays.py

transpose: Op
expand_dims: Op
squeeze: Op
sum: Op
sqrt: Op
max: Op
min: Op
maximum: Op
minimum: Op
where: Op
logsumexp: Op
reshape: Op
flip: Op
cumsum: Op

@overload
def var(
    a: Node, axis: _Axis = None, keepdims: bool = False, ddof: float = 0
) -> Node: ...
@overload
def var(
    a: ArrayLike, axis: _Axis = None, keepdims: bool = False, ddof: float = 0
) -> Any: ...
@overload
def std(
    a: Node, axis: _Axis = None, keepdims: bool = False, ddof: float = 0
) -> Node: ...
@overload
def std(
    a: ArrayLike, axis: _Axis = None, keepdims: bool = False, ddof: float = 0
) -> Any: ...
@overload
def prod(a: Node, axis: _Axis = None, keepdims: bool = False) -> Node: ...
@overload
def prod(a: ArrayLike, axis: _Axis = None, keepdims: bool = False) -> Any: ...
def clip(
    a: _Operand,
    a_min: _Operand | None = None,
    a_max: _Operand | None = None,
    *,
    min: _Operand | None = None,
    max: _Operand | None = None,
) -> Any: ...
def take(a: _Operand, indices: _Operand, axis: int | None = None) -> Any: ...
def concatenate(arrays: Sequence[_Operand], axis: int | None = 0) -> Any: ...
def stack(arrays: Sequence[_Operand], axis: int = 0) -> Any: ...
@overload
def split(
    ary: Node, indices_or_sections: int | Sequence[int], axis: int = 0
) -> list[Node]: ...
@overload
def split(
    ary: ArrayLike, indices_or_sections: int | Sequence[int], axis: int = 0
) -> list[Any]: ...
def cast(a: _Operand, dtype: DTypeLike) -> Any: ...

# products.py, rounding.py, further_ops.py, sorting.py, contractions.py

floor: Op
rint: Op
floor_divide: Op
remainder: Op
isnan: Op
isinf: Op
isfinite: Op
argmax: Op
argmin: Op
argsort: Op

def tril(m: _Operand, k: int = 0) -> Any: ...
def triu(m: _Operand, k: int = 0) -> Any: ...
def repeat(
    a: _Operand, repeats: int | Sequence[int], axis: int | None = None
) -> Any: ...
def norm(
    x: _Operand,
    ord: float | str | None = None,
    axis: _Axis = None,
    keepdims: bool = False,
) -> Any: ...
@overload
def gelu(a: Node) -> Node: ...
@overload
def gelu(a: ArrayLike) -> Any: ...
def ravel(a: _Operand) -> Any: ...
def swapaxes(a: _Operand, axis1: int, axis2: int) -> Any: ...
def moveaxis(
    a: _Operand, source: int | Sequence[int], destination: int | Sequence[int]
) -> Any: ...
def vstack(tup: Sequence[_Operand]) -> Any: ...
def hstack(tup: Sequence[_Operand]) -> Any: ...
def take_along_axis(arr: _Operand, indices: _Operand, axis: int | None = -1) -> Any: ...
def sort(a: _Operand, axis: int | None = -1) -> Any: ...
def einsum(
    subscripts: str, *operands: _Operand, optimize: bool | str = False
) -> Any: ...
def dot(a: _Operand, b: _Operand) -> Any: ...

# layers.py

noise: Op

def zeros(
    rng: np.random.Generator | None, shape: tuple[int, ...]
) -> np.ndarray[Any, np.dtype[np.float64]]: ...
def normal(
    rng: np.random.Generator, shape: tuple[int, ...], spread: float = 0.01
) -> np.ndarray[Any, np.dtype[np.float64]]: ...
def uniform(
    rng: np.random.Generator, shape: tuple[int, ...], reach: float = 0.5
) -> np.ndarray[Any, np.dtype[np.float64]]: ...
def xavier(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    fans: tuple[int, int] | None = None,
) -> np.ndarray[Any, np.dtype[np.float64]]: ...
def he(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    fans: tuple[int, int] | None = None,
) -> np.ndarray[Any, np.dtype[np.float64]]: ...
def dense(
    x: _Operand,
    units: int,
    activation: Callable[[Node], Node] | None = None,
    name: str = "dense",
    start: _Start = ...,
    rng: _Rng = 0,
) -> Node: ...
def dropout(
    x: _Operand, rate: float, key: _Operand, training: _Operand, name: str | None = None
) -> Node: ...
def layer_norm(x: _Operand, name: str = "norm", epsilon: float = 1e-5) -> Node: ...

# classification.py

softmax: Op
log_softmax: Op

def digits() -> dict[str, np.ndarray[Any, np.dtype[np.uint8]]]: ...
def mnist() -> dict[str, np.ndarray[Any, np.dtype[np.uint8]]]: ...
@overload
def cross_entropy(
    logits: Node,
    labels: _Operand,
    weights: _Operand | None = None,
    per_row: bool = False,
) -> Node: ...
@overload
def cross_entropy(
    logits: ArrayLike,
    labels: Node,
    weights: _Operand | None = None,
    per_row: bool = False,
) -> Node: ...
@overload
def cross_entropy(
    logits: ArrayLike,
    labels: ArrayLike,
    weights: _Operand | None = None,
    per_row: bool = False,
) -> Any: ...
@overload
def binary_cross_entropy(
    logits: Node,
    labels: _Operand,
    weights: _Operand | None = None,
    per_row: bool = False,
) -> Node: ...
@overload
def binary_cross_entropy(
    logits: ArrayLike,
    labels: Node,
    weights: _Operand | None = None,
    per_row: bool = False,
) -> Node: ...
@overload
def binary_cross_entropy(
    logits: ArrayLike,
    labels: ArrayLike,
    weights: _Operand | None = None,
    per_row: bool = False,
) -> Any: ...
def binary_accuracy(logits: ArrayLike, labels: ArrayLike) -> float: ...
def accuracy(predictions: ArrayLike, labels: ArrayLike) -> float: ...
def confusion_matrix(
    predictions: ArrayLike, labels: ArrayLike, classes: int | None = None
) -> np.ndarray[Any, np.dtype[np.intp]]: ...

# optimizers.py

_Schedule: TypeAlias = Callable[[Any], Any]

class Optimizer(SGD):
    rate: Any
    states: dict[tuple[Node, Variable | None, str], Variable]
    def __init__(
        self,
        rate: _Operand | _Schedule,
        parameters: Variable | Sequence[Variable] | None = None,
    ) -> None: ...
    def __getstate__(self) -> dict[str, Any]: ...
    def __setstate__(self, state: dict[str, Any]) -> None: ...
    def find_state(self, loss: Node, w: Variable, name: str) -> Variable: ...
    def find_count(self, loss: Node) -> Variable: ...
    def find_rate(self, loss: Node) -> tuple[Any, dict[Variable, Node]]: ...

class Momentum(Optimizer):
    momentum: float
    nesterov: bool
    def __init__(
        self,
        rate: _Operand | _Schedule,
        momentum: float = 0.9,
        nesterov: bool = False,
        parameters: Variable | Sequence[Variable] | None = None,
    ) -> None: ...

class RMSProp(Optimizer):
    alpha: float
    epsilon: float
    def __init__(
        self,
        rate: _Operand | _Schedule = 0.01,
        alpha: float = 0.99,
        epsilon: float = 1e-8,
        parameters: Variable | Sequence[Variable] | None = None,
    ) -> None: ...

class Adam(Optimizer):
    beta1: float
    beta2: float
    epsilon: float
    def __init__(
        self,
        rate: _Operand | _Schedule = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        parameters: Variable | Sequence[Variable] | None = None,
    ) -> None: ...

class AdamW(Adam):
    decay: float
    def __init__(
        self,
        rate: _Operand | _Schedule = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        decay: float = 0.01,
        parameters: Variable | Sequence[Variable] | None = None,
    ) -> None: ...

def step_decay(count: Any, rate: Any, every: int, factor: float = 0.1) -> Any: ...
def cosine(count: Any, rate: Any, steps: int, end: float = 0.0) -> Any: ...
def warm_up(count: Any, steps: int) -> Any: ...
def clip_by_value(slopes: Iterable[Any], limit: _Operand) -> list[Any]: ...
def clip_by_global_norm(slopes: Iterable[Any], limit: _Operand) -> list[Any]: ...

class Clipped:
    optimizer: Any
    limit: Any
    clip_slopes: Callable[..., Sequence[Any]]
    def __init__(
        self,
        optimizer: _Optimizer,
        limit: _Operand,
        clip_slopes: Callable[..., Sequence[Any]] = ...,
    ) -> None: ...
    def find_slopes(
        self,
        loss: Node,
        parameters: Variable | Sequence[Variable] | None = None,
        slopes: Sequence[Node] | None = None,
    ) -> list[tuple[Variable, Node]]: ...
    def updates(
        self,
        loss: Node,
        parameters: Variable | Sequence[Variable] | None = None,
        slopes: Sequence[Node] | None = None,
    ) -> dict[Variable, Node]: ...

# convolution.py

pad: Op
windows: Op
sum_windows: Op

def conv2d(
    x: _Operand,
    kernel: _Operand,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    layout: str = "nhwc",
) -> Any: ...
def conv2d_transpose(
    x: _Operand,
    kernel: _Operand,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    size: int | tuple[int, int] | None = None,
    layout: str = "nhwc",
) -> Any: ...
def max_pool2d(
    x: _Operand,
    size: int | tuple[int, int] = 2,
    stride: int | tuple[int, int] | None = None,
    layout: str = "nhwc",
) -> Any: ...
def avg_pool2d(
    x: _Operand,
    size: int | tuple[int, int] = 2,
    stride: int | tuple[int, int] | None = None,
    layout: str = "nhwc",
) -> Any: ...
def convolution(
    x: _Operand,
    units: int,
    size: int | tuple[int, int] = 3,
    activation: Callable[[Node], Node] | None = None,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] | None = None,
    layout: str = "nhwc",
    name: str = "convolution",
    start: _Start = ...,
    rng: _Rng = 0,
) -> Node: ...
def batch_norm(
    x: _Operand,
    training: _Operand,
    name: str = "norm",
    layout: str = "nhwc",
    keep: float = 0.9,
    epsilon: float = 1e-5,
) -> tuple[Node, dict[Variable, Node]]: ...

# sequences.py

def first_names() -> list[str]: ...
def encode(text: str, alphabet: str = ...) -> np.ndarray[Any, np.dtype[np.intp]]: ...
def decode(tokens: ArrayLike, alphabet: str = ...) -> str: ...
def pad_sequences(
    sequences: Sequence[ArrayLike], length: int | None = None
) -> tuple[
    np.ndarray[Any, np.dtype[np.intp]], np.ndarray[Any, np.dtype[np.float64]]
]: ...
def embedding(
    tokens: _Operand,
    count: int,
    width: int,
    name: str = "embedding",
    start: _Start = ...,
    rng: _Rng = 0,
) -> Node: ...
def recurrent(
    x: _Operand,
    h: _Operand,
    activation: Callable[[Node], Node] = ...,
    name: str = "cell",
    start: _Start = ...,
    rng: _Rng = 0,
) -> Node: ...
def gru(
    x: _Operand,
    h: _Operand,
    name: str = "cell",
    start: _Start = ...,
    rng: _Rng = 0,
) -> Node: ...
def unroll(
    cell: Graph,
    x: Variable,
    h: Variable,
    sequence: _Operand,
    start: _Operand | None = None,
) -> Node: ...
def sample_tokens(
    logits: ArrayLike, temperature: float = 1.0, rng: _Rng = 0
) -> Any: ...

# transformer.py

def attention_weights(
    q: _Operand, k: _Operand, mask: _Operand | None = None
) -> Any: ...
def attention(
    q: _Operand, k: _Operand, v: _Operand, mask: _Operand | None = None
) -> Any: ...
def causal_mask(length: int) -> np.ndarray[Any, np.dtype[np.bool_]]: ...
def rms_norm(x: _Operand, name: str = "norm", epsilon: float = 1e-5) -> Node: ...
def linear(
    x: _Operand,
    units: int,
    name: str = "linear",
    start: _Start = ...,
    rng: _Rng = 0,
    parameters: dict[str, Variable] | None = None,
) -> Node: ...
def self_attention(
    x: _Operand,
    heads: int,
    mask: _Operand | None = None,
    name: str = "attention",
    start: _Start = ...,
    rng: _Rng = 0,
    parameters: dict[str, Variable] | None = None,
    cache: KeyValueCache | None = None,
) -> Node: ...
def transformer_block(
    x: _Operand,
    heads: int,
    mask: _Operand | None = None,
    name: str = "block",
    start: _Start = ...,
    rng: _Rng = 0,
    parameters: dict[str, Variable] | None = None,
    cache: KeyValueCache | None = None,
) -> Node: ...
def gpt(
    tokens: Node,
    vocabulary: int,
    width: int = 16,
    heads: int = 4,
    layers: int = 1,
    context: int = 16,
    start: _Start = ...,
    rng: _Rng = 0,
    parameters: dict[str, Variable] | None = None,
    cache: KeyValueCache | None = None,
) -> Node: ...

class KeyValueCache:
    place: Variable
    places: np.ndarray[Any, np.dtype[np.int64]]
    updates: dict[Variable, Node]
    mask: Node

    def __init__(self, context: int) -> None: ...
    def extend(self, x: Node, name: str) -> Node: ...
    def clear(self) -> None: ...

def update_step(
    output: Node, updates: Mapping[Variable, Node]
) -> Callable[..., Any]: ...

# simplification.py

@overload
def simplify(outputs: Node) -> Node: ...
@overload
def simplify(outputs: Sequence[Node]) -> list[Node]: ...

# programs.py

class Program:
    inputs: list[Variable]
    updates: Mapping[Variable, Node]
    def __init__(
        self,
        inputs: Variable | Sequence[Variable],
        outputs: Node | Sequence[Node],
        updates: Mapping[Variable, Node] = ...,
        target: str = "numpy",
    ) -> None: ...
    def __call__(self, *arrays: ArrayLike) -> Any: ...
    @property
    def source(self) -> str: ...

# compiler.py

def compile(
    inputs: Variable | Sequence[Variable],
    outputs: Node | Sequence[Node],
    updates: Mapping[Variable, Node] = ...,
    target: str = ...,
) -> Program: ...
def compiled_step(
    loss: Node,
    optimizer: _Optimizer,
    updates: Mapping[Variable, Node] = ...,
    feed: _Feed = ...,
    target: str = ...,
) -> _Step: ...

# cost_model.py

def costs(outputs: Node | Sequence[Node], rows: int | None = None) -> Table: ...

class Tensor(Node):
    grad: Tensor | None
    requires_grad: bool
    saved: Sequence[Any]
    recording: bool
    def __init__(
        self,
        data: ArrayLike,
        requires_grad: bool = False,
        dtype: DTypeLike | None = None,
        name: str | None = None,
    ) -> None: ...
    @property
    def is_leaf(self) -> bool: ...
    @property
    def data(self) -> np.ndarray: ...
    def backward(
        self,
        gradient: ArrayLike | Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
    ) -> None: ...
    def detach(self) -> Tensor: ...
    def numpy(self) -> np.ndarray: ...
    def __array__(
        self, dtype: DTypeLike | None = None, copy: bool | None = None
    ) -> np.ndarray: ...
    def __bool__(self) -> bool: ...  # type: ignore[override]
    def __float__(self) -> float: ...
    def __int__(self) -> int: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Tensor]: ...
    def __iadd__(self, other: Node | ArrayLike) -> Tensor: ...
    def __isub__(self, other: Node | ArrayLike) -> Tensor: ...
    def __imul__(self, other: Node | ArrayLike) -> Tensor: ...
    def __itruediv__(self, other: Node | ArrayLike) -> Tensor: ...
    def __ipow__(self, other: Node | ArrayLike) -> Tensor: ...
    def __imatmul__(self, other: Node | ArrayLike) -> Tensor: ...
    def __ifloordiv__(self, other: Node | ArrayLike) -> Tensor: ...
    def __imod__(self, other: Node | ArrayLike) -> Tensor: ...

def no_grad() -> AbstractContextManager[None]: ...
def value_and_grad(
    function: Callable[..., Any], argnums: int | tuple[int, ...] = 0
) -> Callable[..., tuple[Any, Any]]: ...
def grad(
    function: Callable[..., Any], argnums: int | tuple[int, ...] = 0
) -> Callable[..., Any]: ...
def jit(function: Callable[..., Any]) -> Callable[..., Any]: ...
def jvp(
    function: Callable[..., Any], arguments: Sequence[Any], tangents: Sequence[Any]
) -> tuple[Any, Any]: ...
def checkpoint(function: Callable[..., Any]) -> Callable[..., Any]: ...
def vmap(
    function: Callable[..., Any],
    in_axes: int | Sequence[int | None] | None = 0,
    out_axes: int = 0,
) -> Callable[..., Any]: ...
def save(
    path: str | PathLike[str], graph: Graph, optimizer: _Optimizer | None = None
) -> None: ...
def load(path: str | PathLike[str], optimizer: _Optimizer | None = None) -> Graph: ...
def save_parameters(path: str | PathLike[str], graph: Graph) -> None: ...
def load_parameters(path: str | PathLike[str], graph: Graph) -> None: ...
def from_onnx(
    model: str | PathLike[str] | bytes | Any,
    fixed: Mapping[str, ArrayLike] = ...,
    shapes: Mapping[str, _Shape] = ...,
) -> list[Node]: ...
def to_onnx(
    outputs: Node | Sequence[Node],
    fixed: Mapping[Variable, ArrayLike] = ...,
    inputs: Iterable[Variable] = (),
    names: Sequence[str] = (),
) -> Any: ...

# parallel.py

@type_check_only
class _Ranks(Protocol):
    @property
    def rank(self) -> int: ...
    @property
    def size(self) -> int: ...
    def allgather(self, thing: Any, /) -> list[Any]: ...

def world() -> Any: ...
def parallel_step(comm: _Ranks) -> Callable[..., _Step]: ...
def run_ranks(
    program: str | PathLike[str], ranks: int, timeout: float = 60
) -> CompletedProcess[str]: ...

sum_over_ranks: Op
copy_to_ranks: Op
