"""Training checks: what a step refuses, and its messages (behind the pictures)."""

import numpy as np

from .evaluation import topological_order
from .node import Node, Variable, formula, label
from .shapes import GraphError


def trainable_variables(loss):
    """The parameters that a loss depends on, in topological order."""
    parameters = [node for node in topological_order(loss) if node.trainable]
    if not parameters:
        raise GraphError(
            f"Nothing under {label(loss)} is trainable. Make one: Variable(…, "
            "trainable=True)."
        )
    return parameters


def choose_parameters(loss, chosen):
    """The parameters under a loss: the chosen ones, or all for None."""
    known = trainable_variables(loss)
    if chosen is None:
        return known
    chosen = [*chosen] if isinstance(chosen, list | tuple) else [chosen]
    for variable in chosen:
        if not isinstance(variable, Variable):
            raise TypeError(
                f"parameters are Variables, parameters=[w, b] say, and {variable!r} is "
                "not one."
            )
        if not variable.trainable:
            raise GraphError(
                f"{label(variable)} is not trainable. Make it so: Variable(…, "
                "trainable=True)."
            )
        if variable not in known:
            raise GraphError(
                f"{label(loss)} does not depend on {label(variable)}: leave it out of "
                "parameters=[…]."
            )
    return chosen


def require_learning_rate(rate):
    """A rate as it is, or an error where no step can be that long."""
    if isinstance(rate, Node):
        if rate.shape:
            raise GraphError(
                f"A rate is one number, and {label(rate)} has shape {rate.shape}: give "
                "a node of shape ()."
            )
        return rate
    if np.ndim(rate) or np.asarray(rate).dtype.kind not in "fiu":
        raise TypeError(f"A rate is a number, SGD(0.1) say, and {rate!r} is not one.")
    if not 0 <= rate < np.inf:
        raise GraphError(
            f"A rate is a finite number and not negative, SGD(0.1) say, and {rate} is "
            "not one."
        )
    return rate


def require_single_number(loss):
    """Refuse as a loss what is no node, or more than one number."""
    if not isinstance(loss, Node):
        raise TypeError(
            f"A loss is a node, od.squared_error(y, t) say, and {loss!r} is not one."
        )
    if loss.shape:
        raise GraphError(
            f"A loss is one number, and {label(loss)} has shape {loss.shape}: take its "
            "mean, od.mean(…)."
        )


def require_distinct_names(nodes):
    """Refuse twins: two parameters of one name, or two ops with the same dice."""
    found = {}
    for node in nodes:
        if node.trainable and node.name:
            twin = found.setdefault(node.name, node)
            if twin is not node:
                raise GraphError(
                    f"Two parameters are called {node.name!r}, and may be meant as one "
                    "or start as twins: give each layer a name of its own, name=…; "
                    "where one is meant, use the same Variable twice."
                )
        key = find_random_key_parent(node)
        if key is not None:
            if not (key.op or key.shape or isinstance(key, Variable)):
                key = float(key.latest)
            twin = found.setdefault((node.op, key, node.attributes["name"]), node)
            if twin is not node:
                raise GraphError(
                    f"{formula(twin)} and {formula(node)} have one key and one name, "
                    f"{node.attributes['name']!r}, and so the same dice: give each a "
                    "name of its own, name=…."
                )


def find_random_key_parent(node):
    """The parent that decides the dice of an op with chance in it; else None.

    Such an op has a parent called `key`, and a setting called `name`.
    """
    if node.op and "name" in node.attributes and node.op.arity is not None:
        parents = dict(zip(node.op.signature.parameters, node.parents, strict=False))
        return parents.get("key")
    return None


def optimizer_updates(optimizer, loss, *slopes):
    """The optimizer's next values, or an error where there are none.

    `slopes` are parameters and their slopes, where a step has found these elsewhere.
    """
    if isinstance(optimizer, type):
        name = optimizer.__name__
        raise TypeError(
            f"Expected an optimizer, such as SGD(0.1), got the class {name}: write "
            f"{name}(…)."
        )
    if not hasattr(optimizer, "updates"):
        raise TypeError(f"Expected an optimizer, such as SGD(0.1), got {optimizer!r}.")
    require_single_number(loss)
    require_distinct_names(topological_order(loss))
    wanted = f"{type(optimizer).__name__}.updates(loss) has to return"
    return merge_updates({}, optimizer.updates(loss, *slopes), wanted)


def merge_updates(new, updates, wanted="updates is"):
    """The optimizer's next values and those of `updates`."""
    if not hasattr(updates, "keys"):
        raise TypeError(
            f"{wanted} a mapping from Variables to nodes of their next values, "
            f"{{w: w - 0.1 * dw}} say, and {updates!r} is not one."
        )
    for variable in updates:
        if not isinstance(variable, Variable):
            raise TypeError(
                f"Only variables have a next value, and {variable!r} is not one: give "
                "the Variable itself, {w: …} say."
            )
        if variable in new:
            raise GraphError(
                f"{label(variable)} has two next values: the optimizer's and that of "
                "updates."
            )
    return {**new, **updates}


__all__ = []
