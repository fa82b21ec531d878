"""Live cells: a cell under a file's name runs in it (behind the pictures)."""

import ast
import importlib
import linecache
import re
import sys
from types import GetSetDescriptorType, MemberDescriptorType

# What may stand behind the file's name: such a cell is no text of the package.
CELL_KINDS = "", "first version", "for a try"
# Who types along has more done, before a cell with its module's name, and after it.
BEFORE_CELL, AFTER_CELL = [], []


def load_ipython_extension(shell):
    """What `%load_ext ourdl.live` calls: the shell looks at each cell's first line."""

    def live(header, source):
        __tracebackhide__ = True
        name, _, kind = header.partition(", ")
        if kind not in CELL_KINDS:
            raise ValueError(
                f"After `# ourdl/{name}.py` stands “{kind}”. What may stand there is "
                "“, first version” or “, for a try”, or nothing."
            )
        cell = f"In[{len(shell.user_ns['In']) - 1}]"
        filename = f"ourdl/{name}.py, as changed in this notebook by {cell}"
        for prepare in BEFORE_CELL:
            prepare(name)
        module = find_module(name)
        if kind == "first version":
            clear_classes(module, source)
        definitions, result = run_cell(module, source, filename)
        shell.push(definitions)
        for finish in AFTER_CELL:
            finish(name, kind, source)
        return result

    shell.register_magic_function(live, "cell", "live")
    shell.input_transformers_cleanup.append(call_live_magic)


def call_live_magic(lines):
    """A cell, or, if it begins with a file's name, a call of the magic `live`."""
    first = r"# ourdl/(\w+\.py(?:, .*\S)?)\s*"
    header = re.fullmatch(first, lines[0]) if lines else None
    return [f"%%live {header[1].replace('.py', '', 1)}\n", *lines] if header else lines


def find_module(name):
    """The module that a live cell names."""
    __tracebackhide__ = True
    path = __package__ if name == "__init__" else f"{__package__}.{name}"
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError:
        names = [each.partition(".")[2] or "__init__" for each in loaded_modules()]
        raise ModuleNotFoundError(
            f"There is no ourdl/{name}.py for this cell to change; there are "
            f"{', '.join(sorted(names))}."
        ) from None


def loaded_modules():
    """The package and its modules, by their full names."""
    return {
        name: sys.modules[name]
        for name in [*sys.modules]
        if f"{name}.".startswith(f"{__package__}.")
    }


def run_cell(module, source, filename):
    """Run a cell in a module; return what it defined, and its last line's value."""
    __tracebackhide__ = True
    lines = source.splitlines(keepends=True)
    linecache.cache[filename] = len(source), None, lines, filename
    space, definitions, result = vars(module), {}, None
    statements = ast.parse(source, filename).body
    for statement in statements:
        before = dict(space)
        if statement is statements[-1] and isinstance(statement, ast.Expr):
            code = compile(ast.Expression(statement.value), filename, "eval")
            result = eval(code, space)
        else:
            exec(compile(ast.Module([statement], []), filename, "exec"), space)
        for name in [*space]:
            old, new = before.get(name), space[name]
            if name not in before or new is not old:
                space[name] = merge_definition(old, new)
                replace_everywhere(name, old, space[name])
                if not name.startswith("__"):
                    definitions[name] = space[name]
    return definitions, result


def replace_everywhere(name, old, new):
    """Let every loaded module that knows the old object know the new one."""
    for module in loaded_modules().values():
        if old is not None and vars(module).get(name) is old:
            setattr(module, name, new)


def merge_definition(old, new):
    """The new object for a name; an old class lives on with the new body."""
    are_classes = isinstance(old, type) and isinstance(new, type)
    if are_classes and old.__module__ == new.__module__:
        return update_class(old, new)
    if type(old) is type(new) and type(new) in (dict, list, set) and not new:
        return old  # a table that begins empty stays as other cells have filled it
    return new


def clear_classes(module, source):
    """Take from the classes that a first version defines all methods that they have."""
    for statement in ast.parse(source).body:
        kind = vars(module).get(getattr(statement, "name", None))
        methods = class_attributes(kind).items() if isinstance(kind, type) else ()
        for name, value in methods:
            if isinstance(value, property) or callable(unwrap_function(value)):
                delattr(kind, name)


def class_attributes(kind):
    """What a class holds, apart from the machinery of its slots."""
    slots, attributes = MemberDescriptorType | GetSetDescriptorType, vars(kind).items()
    return {name: value for name, value in attributes if not isinstance(value, slots)}


def unwrap_function(value):
    """The function within a method, a property, a static or a class method."""
    return getattr(value, "fget", None) or getattr(value, "__func__", value)


def own_function_names(kind):
    """The names of the functions that stand in a class's own body."""
    names = set()
    for name, value in class_attributes(kind).items():
        path = getattr(unwrap_function(value), "__qualname__", None)
        if path == f"{kind.__qualname__}.{name}":
            names.add(name)
    return names


def update_class(old, new):
    """The old class with the new one's body: its instances and subclasses live on."""
    fresh, own_names = class_attributes(new), own_function_names(old)
    old_slots, new_slots = [vars(each).get("__slots__") for each in (old, new)]
    if old.__bases__ != new.__bases__ or old_slots != new_slots:
        for name in class_attributes(old).keys() - fresh.keys() - own_names:
            setattr(new, name, vars(old)[name])
        print(
            f"{new.__name__} has new slots or bases: run the cells after this one "
            "again, and make its objects anew."
        )
        return new
    for name in own_names - fresh.keys():
        delattr(old, name)
    for name, value in fresh.items():
        setattr(old, name, value)
        for cell in getattr(unwrap_function(value), "__closure__", None) or ():
            if cell.cell_contents is new:
                cell.cell_contents = old  # what super() without arguments asks
    return old


__all__ = []
