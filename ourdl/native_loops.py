"""Native loops: the axes of loops, indices, and what occurs twice (chapter 17)."""

import math
import re
from collections import Counter

import numpy as np

from .loop_values import find_strides, join_terms
from .native_text import TOKEN, Loop, c_type_name
from .node import NOTHING

COUNTERS = [*"ijklmn", *[f"n{axis}" for axis in range(6, 64)]]

PRAGMAS = {"+=": "+", "*=": "*", "larger": "larger", "smaller": "smaller"}


def lay_axes(loop, strides):
    """The axes of loops, each with its strides; neighbours that can be one are one."""
    axes, first_inner = [], len(loop.shape) - loop.inner
    for axis, size in enumerate(loop.shape):
        steps = [each[axis] for each in strides]
        if size != 1:
            is_inner = axis >= first_inner
            if axes and axes[-1][2] == is_inner:
                before = axes[-1]
                fits = [step * size for step in steps] == before[1]
                if fits:
                    axes[-1] = (before[0] * size, steps, is_inner)
                    continue
            axes.append((size, steps, is_inner))
    return axes


def write_indices(text, loop, axes, marks, moves):
    """For each mark the text of its index: a start, and steps of the counters."""
    found = {}
    for number, mark in enumerate(marks):
        places = text.accesses[mark]
        start = int(places.flat[0]) if places.size else 0
        terms = []
        for letter, (_, steps, _) in zip(COUNTERS, axes, strict=False):
            if steps[number]:
                step = steps[number]
                far = step if step > 0 else -step
                size = letter if far == 1 else f"{letter} * {far}"
                terms.append(size if step > 0 else f"-{size}")
        found[mark] = join_terms(terms, start - moves.get(mark, 0))
    return {mark: index.replace("+ -", "- ") for mark, index in found.items()}


def format_loop(text, loop, moves=NOTHING):
    """The lines of loops; `moves` tells where the arrays of some marks begin."""
    marks = [*map(int, TOKEN.findall(f"{loop.line} {loop.result or ''}"))]
    axes = lay_axes(loop, [find_strides(text.accesses[each]) for each in marks])
    indices = write_indices(text, loop, axes, marks, moves)
    line, result = [
        TOKEN.sub(lambda mark: indices[int(mark[1])], each or "")
        for each in (loop.line, loop.result)
    ]
    line = line.replace(" + 0,", ",")
    heads = [
        f"for (int {letter} = 0; {letter} < {size}; {letter}++)"
        for letter, (size, _, _) in zip(COUNTERS, axes, strict=False)
    ]
    outer = len([is_inner for *_, is_inner in axes if not is_inner])
    name = "s" if result else loop.start
    if heads[outer:] and axes[-1][0] >= 8 and loop.dtype.kind == "f":
        kind = PRAGMAS[re.findall(r"[+*]=|larger|smaller", line)[0]]
        heads.insert(-1, f"#pragma omp simd reduction({kind}:{name})")
    inner = indent_nested([*heads[outer:], line])
    if not result:
        return indent_nested(heads[:outer], inner)
    start = f"{c_type_name(loop.dtype)} s = {loop.start};"
    inner = ["{", *["    " + each for each in (start, *inner, f"{result} = s;")], "}"]
    return indent_nested(heads[:outer], inner)


def indent_nested(heads, body=()):
    """Lines, each inside the one before; the body is inside all of them."""
    lines, depth = [], 0
    for head in heads:
        lines.append("    " * depth + head)
        depth += head.startswith("for")
    if body and body[0] == "{" and lines:
        lines[-1], body, depth = lines[-1] + " {", body[1:], depth - 1
    return [*lines, *["    " * depth + each for each in body]]


def list_names(text, line):
    """The arrays and numbers that a line names, each as often as it does."""
    return [each for each in re.findall(r"\w+", line) if each in text.dtypes]


def find_arguments(text, loop):
    """The arrays and numbers that a loop names, and where each array begins."""
    whole = f"{loop.line} {loop.result or ''}"
    found = {}
    for name in dict.fromkeys(list_names(text, whole)):
        marks = re.findall(rf"\b{name}(?:\[| \+ )@(\d+)@", whole)
        every = len(re.findall(rf"\b{name}\b", whole))
        move = None
        if marks and len(marks) == every:
            places = text.accesses[int(marks[0])]
            move = int(places.flat[0]) if places.size else 0
        found[name] = move, [int(each) for each in marks]
    return found


def outline_loop(text, loop, arrays):
    """A loop as a function's body, its parameters, and what they are in this call."""
    found = find_arguments(text, loop)
    moves = {mark: start for start, marks in found.values() if start for mark in marks}
    body = "\n".join(format_loop(text, loop, moves))
    parameters, call = [], []
    for place, (name, (start, _)) in enumerate(found.items()):
        kind, own = c_type_name(text.dtypes[name]), f"x{place}"
        body = re.sub(rf"\b{name}\b", own, body)
        if name in arrays:
            const = "" if arrays[name] else "const "
            parameters.append(f"{const}{kind} *restrict {own}")
            call.append(f"{name} + {start}" if start else name)
        else:
            parameters.append(f"const {kind} {own}")
            call.append(name)
    if "pack" in body:
        parameters.append("void *pack")
        call.append("pack")
    return (", ".join(parameters), body), ", ".join(call)


def list_changed_numbers(text, loop, arrays):
    """The numbers that a loop changes: they belong to the function that it is in."""
    names = {*list_names(text, loop.line)} - {*arrays}
    return [each for each in names if re.search(rf"\b{each} [+*]?= ", loop.line)]


def write_lines(text, arrays):
    """The program's lines, and the functions of loops that occur more than once."""
    outlines, counts = {}, Counter()
    for loop in text.lines:
        if isinstance(loop, Loop) and math.prod(loop.shape):
            changed = list_changed_numbers(text, loop, arrays)
            is_alone = changed or loop.line.startswith(("product", "bad"))
            if len(loop.shape) and not is_alone:
                outlines[loop] = outline_loop(text, loop, arrays)
                counts[outlines[loop][0]] += 1
    names, functions, lines = {}, [], []
    for loop in text.lines:
        if isinstance(loop, str):
            lines += format_loop(text, Loop((), loop))
        elif loop in outlines and counts[outlines[loop][0]] > 1:
            key, call = outlines[loop]
            if key not in names:
                names[key] = f"loop{len(names) + 1}"
                body = "\n".join([f"    {each}" for each in key[1].splitlines()])
                functions.append(f"ONCE void {names[key]}({key[0]}) {{\n{body}\n}}\n")
            lines.append(f"{names[key]}({call});")
        elif math.prod(loop.shape):
            lines += format_loop(text, loop)
        elif loop.result and math.prod(loop.shape[: len(loop.shape) - loop.inner]):
            places = text.accesses[int(TOKEN.findall(loop.result)[0])]
            left = loop.shape[: len(loop.shape) - loop.inner]
            text.accesses.append(places.reshape(left) if places.size else places)
            mark = f"@{len(text.accesses) - 1}@"
            line = f"{TOKEN.sub(mark, loop.result)} = {loop.start};"
            lines += format_loop(text, Loop(left, line))
    return lines, functions


ACCESS = re.compile(r"\b(\w+)\[@(\d+)@\]")
FIRST_WRITE = re.compile(ACCESS.pattern + " = ")
COPY = re.compile(f"{ACCESS.pattern} = {ACCESS.pattern};")


def find_dying(text, line, names):
    """Which of these arrays a line reads only where it writes; None if it does not."""
    (_, mark), *read = ACCESS.findall(line)
    counts, places = Counter(list_names(text, line)), text.accesses[int(mark)]
    for name, _ in read:
        marks = [int(each) for other, each in read if other == name]
        same = all(np.array_equal(text.accesses[each], places) for each in marks)
        if name in names and same and len(marks) == counts[name]:
            return name
    return None


def write_over(text, results):
    """Let loops write over arrays that nothing reads any more: so caches hold more.

    Where a loop would make one of the results from such an array, this array is that
    result from the beginning.
    """
    kinds, first, last, new, begun = dict(results), {}, {}, {}, {}
    for declared in text.arrays:
        kind, name, size = re.findall(r"\w+", declared)
        kinds[name] = kind, int(size)
    for place, loop in enumerate(text.lines):
        whole = loop if isinstance(loop, str) else f"{loop.line} {loop.result or ''}"
        for name in list_names(text, whole):
            first.setdefault(name, place)
            last[name] = place
    for place, loop in enumerate(text.lines):
        rename(text, place, new)
        target = isinstance(loop, Loop) and FIRST_WRITE.match(loop.line)
        if not target or loop.inner or first.get(target[1]) != place:
            continue
        dying = {name for name in list_names(text, loop.line) if last[name] == place}
        kind = kinds.get(target[1])
        alike = {name for name in dying if kind and kinds.get(name) == kind}
        name = find_dying(text, loop.line, alike)
        if name and target[1] in results:
            begun[name] = target[1]
        elif name:
            new[target[1]], last[name] = name, last.pop(target[1])
            rename(text, place, new)
    for place, _ in enumerate(text.lines):
        rename(text, place, begun)
    text.lines = [each for each in text.lines if not copies_itself(each)]
    gone = {*new, *begun}
    text.arrays = [each for each in text.arrays if not {*list_names(text, each)} & gone]


def copies_itself(loop):
    """Whether a loop copies an array that has become the one into which it goes."""
    names = isinstance(loop, Loop) and COPY.fullmatch(loop.line)
    return names and names[1] == names[3]


def rename(text, place, names):
    """Give what a line names other names."""

    def find_name(word):
        return names.get(word[0], word[0])

    loop = text.lines[place]
    if isinstance(loop, Loop):
        loop.line = re.sub(r"\w+", find_name, loop.line)
        loop.result = loop.result and re.sub(r"\w+", find_name, loop.result)
    else:
        text.lines[place] = re.sub(r"\w+", find_name, loop)


__all__ = []
