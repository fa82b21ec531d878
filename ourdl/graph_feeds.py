"""Feeds of a graph: by Variables or names, and in batches (behind the pictures)."""

from .evaluation import forward, topological_order
from .graph_checks import require_whole_number
from .node import Variable, cast_to_variable, label
from .shapes import GraphError


def resolve_feed(graph, feed):
    """A feed by its Variables, each of which belongs to the graph."""
    if not hasattr(feed, "items"):
        raise TypeError(
            "A feed is a mapping, {x: xs, t: ts} say, and "
            f"{type(feed).__name__} is not one."
        )
    resolved = {}
    for key, array in feed.items():
        variable = find_fed_variable(graph, key)
        if variable in resolved:
            raise GraphError(
                f"{label(variable)} is fed twice, by itself and by its name: leave out "
                "one of them."
            )
        resolved[variable] = array
    return resolved


def find_fed_variable(graph, key):
    """The Variable that a key of a feed means: itself, or the one of that name."""
    known = ", ".join(map(label, graph.inputs))
    if isinstance(key, str):
        if key not in graph:
            raise GraphError(
                f"This graph has no variable called {key!r}; its inputs: {known}."
            )
        return graph[key]
    if not isinstance(key, Variable):
        raise TypeError(
            f"Only variables can be fed, and {key!r} is not one; the inputs of this "
            f"graph: {known}."
        )
    if key not in graph and key is not graph.training:
        raise GraphError(
            f"{label(key)} belongs to another graph; the inputs of this one: {known}."
        )
    return key


def complete_feed(graph, feed, training):
    """A feed by its Variables, with the graph's switch."""
    feed = resolve_feed(graph, feed)
    return feed if graph.training is None else {**feed, graph.training: training}


def compute_batches(graph, node, feed, batch):
    """What a node is for each part of a feed, and how many rows each part has."""
    known = complete_feed(graph, feed, False)
    if batch is None:
        return [forward(node, known)], [1]
    require_whole_number("batch", batch, 1)
    needed = [each for each in topological_order(node) if each in known]
    open_ended = [each for each in needed if each.shape[:1] == (None,)]
    rows = {each: cast_to_variable(each, known[each]) for each in open_ended}
    sizes = {len(array) for array in rows.values()}
    if len(sizes) != 1 or 0 in sizes:
        return [forward(node, known)], [1]
    (count,), parts, counts = sizes, [], []
    for start in range(0, count, batch):
        part = {each: array[start : start + batch] for each, array in rows.items()}
        parts.append(forward(node, {**known, **part}))
        counts.append(len(part[open_ended[0]]))
    return parts, counts


__all__ = []
