"""Sums whose terms become one op: rows and slices side by side (chapter 16)."""

import math
from collections import defaultdict
from functools import reduce

from . import indexing, joining, rearranging
from .autodiff import sum_to
from .evaluation import topological_order
from .node import Node
from .operators import add, matmul
from .simplification import replace_parents

FEW = 4096  # so many numbers are copied in less time than a call takes


def join_sums(outputs):
    """The same outputs; in long sums, terms that fit together become one."""
    order, instead, parts, rows = topological_order(outputs), {}, set(), {}
    inner = find_inner_sums(order, outputs)
    for node in order:
        fresh = replace_parents(node, [instead[parent] for parent in node.parents])
        if node in inner:
            parts.add(fresh)
        elif node.op is add:
            fresh = join_terms(fresh, list_terms(fresh, parts), rows)
        instead[node] = fresh
    return [instead[node] for node in outputs]


def find_inner_sums(order, outputs):
    """The sums that are part of a longer one: it alone reads them."""
    readers = defaultdict(list, {node: [None] for node in outputs})
    for node in order:
        for parent in node.parents:
            readers[parent].append(node)
    return {node for node in order if node.op is add and is_read_by_sum(node, readers)}


def is_read_by_sum(node, readers):
    """Whether a node has one reader, which is a sum of arrays like it."""
    (first, *others) = readers[node]
    is_sum = first is not None and first.op is add and not others
    return is_sum and (first.shape, first.dtype) == (node.shape, node.dtype)


def list_terms(node, parts):
    """What a sum adds up, its parts taken apart."""
    stack, terms = [*reversed(node.parents)], []
    while stack:
        term = stack.pop()
        if term in parts:
            stack += reversed(term.parents)
        else:
            terms.append(term)
    return terms


def join_terms(node, terms, rows):
    """The sum of these terms, joined where they fit; the node if none of them do."""
    groups = defaultdict(list)
    for term in terms:
        alike = (term.shape, term.dtype) == (node.shape, node.dtype)
        key = (find_key(term) if alike else None) or term
        groups[key].append(term)
    joined = [each for group in groups.values() for each in join_group(group, rows)]
    if len(joined) == len(terms):
        return node
    *first, last = joined
    if not first:
        return last
    return Node(add, (reduce(add, first), last), name=node.name)


def find_key(term):
    """What terms have in common that can become one; None for any other term."""
    rows = find_rows(term)
    if rows:
        return term.op, *[(each.shape[1], each.dtype) for each in rows]
    cut = find_slice(term)
    return (term.op, cut[0]) if cut else None


def join_group(terms, rows):
    """Terms with the same key, joined where it pays."""
    if len(terms) == 1 or not find_key(terms[0]):
        return terms
    join = join_rows if find_rows(terms[0]) else join_slices
    return join(terms, rows)


def join_along(axis, parts, rows):
    """Arrays one after the other; the same row, where `rows` has it already."""
    row = Node(joining.concatenate_arrays, tuple(parts), {"axis": axis})
    return rows.setdefault((axis, row.parents), row)


def join_rows(terms, rows):
    """Products or sums over rows as one, over the rows of all that are short."""
    most, short, others = max(math.prod(terms[0].shape), FEW), [], []
    for term in terms:
        size = sum([math.prod(each.shape) for each in find_rows(term)])
        (short if size <= most else others).append(term)
    if len(short) < 2:
        return terms
    sides = zip(*map(find_rows, short), strict=True)
    *left, right = [join_along(0, pieces, rows) for pieces in sides]
    if left:
        parents = Node(rearranging.transpose, (left[0],)), right
    else:
        parents = right, short[0].parents[1]
    return [Node(short[0].op, parents), *others]


def find_rows(node):
    """The matrices over whose rows a node sums, in one way or another; or none."""
    found = []
    if node.op is matmul and node.parents[0].op is rearranging.transpose:
        found = [node.parents[0].parents[0], node.parents[1]]
    elif node.op is sum_to and not node.attributes:
        found = [node.parents[0]]
    shapes = [each.shape for each in found]
    is_known = all(len(shape) == 2 and None not in shape for shape in shapes)
    return found if is_known and node.shape == (*[n for _, n in shapes],) else []


def join_slices(terms, rows):
    """Gradients of neighbouring slices as one, of a row of them."""
    runs, waiting = [], defaultdict(list)
    for term in sorted(terms, key=find_slice):
        _, start, end = find_slice(term)
        if not waiting[start]:
            waiting[start].append([])
            runs.append(waiting[start][0])
        run = waiting[start].pop()
        run.append(term)
        waiting[end].append(run)
    return [join_run(run, rows) for run in runs]


def join_run(run, rows):
    """The gradients of slices that follow each other, as one."""
    (axis, start, _), end = find_slice(run[0]), find_slice(run[-1])[2]
    if len(run) == 1:
        return run[0]
    shares, like = [each.parents[0] for each in run], run[0].parents[1]
    row = join_along(axis, shares, rows)
    if row.shape == like.shape:
        return row
    key = (*[slice(None)] * axis, slice(start, end))
    return Node(indexing.scatter_add, (row, like), {"key": key})


def find_slice(node):
    """The axis, start and end of the one slice in which a scatter adds; or None."""
    if node.op is not indexing.scatter_add or None in node.shape:
        return None
    key = node.attributes["key"]
    if not all(isinstance(item, slice) for item in key):
        return None
    cuts = [
        (axis, *item.indices(size))
        for axis, (item, size) in enumerate(zip(key, node.shape, strict=False))
        if item != slice(None)
    ]
    axis, start, end, step = cuts[0] if len(cuts) == 1 else (0, 0, 0, 1)
    return (axis, start, end) if step == 1 and start < end else None
