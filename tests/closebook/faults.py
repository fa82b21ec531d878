"""Seeded faults: each is a small change to a framework that passes; a case must notice.

`first` is the id of the case that has to be the first to fail (before all stars, if any
other fails), `hint` the beginning of what its "looks as if" has to say, if anything.
"""

from typing import NamedTuple


class Fault(NamedTuple):
    """What is wrong, the case that must notice, and how to make it wrong.

    `old` and `new` are texts, or tuples of texts where several have to change.
    """

    name: str
    first: str
    base: str
    old: str | tuple[str, ...]
    new: str | tuple[str, ...]
    hint: str = ""
    adapter: bool = False  # whether the adapter is changed, or the framework

    def change(self, text):
        several = isinstance(self.old, tuple)
        pairs = (
            zip(self.old, self.new, strict=True) if several else [(self.old, self.new)]
        )
        for old, new in pairs:
            if old not in text:
                raise LookupError(f"{self.name}: {old!r} is not in {self.base}")
            text = text.replace(old, new)
        return text


def zero(name, first, old, new, hint=""):
    return Fault(name, first, "zero", old, new, hint)


def adapter(name, first, old, new, hint="", base="zero"):
    return Fault(name, first, base, old, new, hint, True)


ARRIVED = "arrived[id(x)] = arrived[id(x)] + dx if id(x) in arrived else dx"
ADAPTED = "    return [g.data for g in slopes(function)(*map(Variable, inputs))]\n"
VALUE = "    return function(*map(Variable, inputs)).data\n"
STEP = "w.data = w.data - self.rate * dw.data"
DESCENT = """        slopes = grad(loss, ws)
        for w, dw in zip(ws, slopes, strict=True):
"""
LOOP = "    for batch in batches:\n        optimizer.step(loss(*ws, *map(Variable, batch)), ws)\n"
RETURNED = "    return [arrived.get(id(x), Variable(np.zeros(x.shape))) for x in xs]\n"
DATA = "        self.data, self.creator, self.level = np.asarray(data, float), creator, level\n"
SUM_TO_SUMS = """        ones = tuple(k for k, n in enumerate(shape) if n == 1)
        return a.sum(axis=ones, keepdims=True)
"""
CALL = "        self.inputs = [lift(x) for x in inputs]\n"
RECURSIVE_WALK = """    def visit(node, seen, order):
        if id(node) not in seen:
            seen.add(id(node))
            for x in node.creator.inputs if node.creator else ():
                visit(x, seen, order)
            order.append(node)
        return order

    for node in reversed(visit(y, set(), [])):
        if node.creator and id(node) in arrived:
            slopes = node.creator.backward(arrived[id(node)], *node.creator.inputs)
            for x, dx in zip(node.creator.inputs, slopes, strict=True):
                arrived[id(x)] = arrived[id(x)] + dx if id(x) in arrived else dx
    push(None)
    while heap:
"""
EVERY_PATH = """    stack = [(y, arrived.pop(id(y)))]
    while stack:
        node, dy = stack.pop()
        arrived[id(node)] = arrived[id(node)] + dy if id(node) in arrived else dy
        if node.creator:
            slopes = node.creator.backward(dy, *node.creator.inputs)
            stack += zip(node.creator.inputs, slopes, strict=True)
    while heap:
"""
RECURSIVE_ORDER = """def order_steps(outputs):
    order, done = [], set()

    def visit(node):
        if node not in done:
            done.add(node)
            for parent in node.parents:
                visit(parent)
            order.append(node)

    for output in outputs:
        visit(output)
    return order


def old_order_steps(outputs):
"""
CALLED_AGAIN = """def value(function, inputs):
    def compute(y):
        if y.creator is None:
            return y.data
        xs = [compute(x) for x in y.creator.inputs]
        return y.creator.forward(*xs, *y.creator.settings)

    import sys

    sys.setrecursionlimit(100_000)
    return compute(function(*map(Variable, inputs)))
"""
STALE = """GRAPHS = {}


def value(function, inputs):
    if function not in GRAPHS:
        xs = list(map(Variable, inputs))
        GRAPHS[function] = xs, function(*xs)
    xs, y = GRAPHS[function]
    for x, new in zip(xs, inputs, strict=True):
        x.data = zero.np.asarray(new, float)
    made = y.creator
    if made and all(x.creator is None for x in made.inputs):
        y.data = made.forward(*[x.data for x in made.inputs], *made.settings)
    return y.data
"""
KEPT = """KEPT = {}


def gradients(function, inputs):
    xs = KEPT.setdefault(function, list(map(Value, inputs)))
    for x, new in zip(xs, inputs, strict=True):
        x.data = float(new)
    function(*xs).backward()
    return [x.grad for x in xs]
"""
REMEMBERED = """ANSWERS = {}


def gradients(function, inputs):
    if function not in ANSWERS:
        ANSWERS[function] = old_gradients(function, inputs)
    return ANSWERS[function]


def old_gradients(function, inputs):
"""
GRADIENTS = "def gradients(function, inputs):\n"
MICRO_GRADIENTS = (
    GRADIENTS
    + """    xs = list(map(Value, inputs))
    function(*xs).backward()
    return [x.grad for x in xs]
"""
)
MICRO_VALUE = "    return function(*map(Value, inputs)).data\n"
NUDGES = """    def nudge(k, h):
        moved = [x + h * (j == k) for j, x in enumerate(inputs)]
        return float(value(function, moved))

    h = 1e-6
    return [(nudge(k, h) - nudge(k, -h)) / (2 * h) for k in range(len(inputs))]
"""
CONFUSED = """def slopes(function):
    def all_slopes(*xs):
        y, reached, stack = function(*xs), {}, []
        stack.append(y)
        while stack:
            node = stack.pop()
            reached[id(node)] = node
            stack.extend(node.creator.inputs if node.creator else ())
        return [confuse(y, x, reached.values()) for x in xs]

    return all_slopes


def confuse(y, x, nodes):
    same = [n for n in nodes if n.shape == x.shape and not (n.data != x.data).any()]
    return zero.grad(y, [x])[0] + (zero.grad(y, [same[-1]])[0] if same[1:] else 0.0)


def old_slopes(function):
"""
MADE = """        self.data, self.parents, self.back, self.grad = float(data), parents, back, 0.0
"""
ALONE = """        self.grad = 1.0
        for value in reversed(ordered(self)):
"""
CHILDLESS = """        order = ordered(self)
        inputs = {v for v in order if not v.parents}
        parents = {p for v in ALL for p in v.parents}
        self.grad = 1.0
        for v in [v for v in ALL[-50:] if v not in parents and inputs & {*v.parents}]:
            if v is not self:
                v.grad = 1.0
                v.back(v)
        del ALL[:]
        for value in reversed(order):
"""
BUILT_ONCE = """    y = loss(*ws, *map(Variable, batches[0])) if batches else None
    g = zero.grad(y, ws) if batches else ()
    for _ in batches:
        for w, dw in zip(ws, g, strict=True):
            w.data = w.data - rate * dw.data
"""
WON = "        won = np.where(a.data >= b.data, 1.0, 0.0)\n"
EACH_OWN = "    return [slopes(function)(*map(Variable, inputs))[k].data for k in range(len(inputs))]\n"
EACH_WALK = """    xs = list(map(Variable, inputs))
    y = function(*xs)
    return [zero.grad(y, [x])[0].data for x in xs]
"""
IN_A_SET = "heap, queued, count = [], set(), 0", "queued.add("
IN_A_LIST = "heap, queued, count = [], [], 0", "queued.append("
MUL_SLOPES = "sum_to(g * b, a.shape), sum_to(g * a, b.shape)"
POW_SLOPE = "        return (g * a ** (n - 1) * n if n else g * 0.0,)\n"

REFUSAL = """    if not isinstance(x, Value | int | float):
        raise TypeError(f"{x!r} is no number")
"""
REFUSED_MATRIX = """    if not isinstance(x, int | float | np.ndarray | np.generic):
        raise TypeError(f"a number or a matrix, please, not {x!r}")
"""
RECURSION = """def ordered(last, order=None, seen=None):
    order, seen = ([], set()) if order is None else (order, seen)
    if last not in seen:
        seen.add(last)
        for parent in last.parents:
            ordered(parent, order, seen)
        order.append(last)
    return order


def old_ordered(last):
"""
FAULTS = [
    # --- values
    adapter("plain numbers and differences, no framework", "1.1",
            MICRO_VALUE + "\n\n" + MICRO_GRADIENTS,
            "    return function(*inputs)\n\n\n" + GRADIENTS + NUDGES, base="micro"),
    adapter("an input alone is not a value", "1.2", VALUE,
            "    return function(*map(Variable, inputs)).creator.output.data\n"),
    zero("plus is minus", "1.3", "def forward(self, a, b): return a + b",
         "def forward(self, a, b): return a - b"),
    zero("times is a little off", "1.4", "def forward(self, a, b): return a * b",
         "def forward(self, a, b): return a * b * 1.00001"),
    zero("minus the other way round", "1.5", "def forward(self, a, b): return a - b",
         "def forward(self, a, b): return b - a"),
    zero("divided by, cut", "1.6", "def forward(self, a, b): return a / b",
         "def forward(self, a, b): return a // b"),
    zero("minus in front is lost", "1.7", "def forward(self, a): return -a",
         "def forward(self, a): return a"),
    zero("no plain numbers", "1.8", "    return x if isinstance(x, Variable) else Variable(x)\n",
         "    return x if isinstance(x, Variable) else Variable(x.data)\n"),
    zero("no plus with a number on the left", "1.9",
         "    def __radd__(self, o): return Add()(o, self)\n", ""),
    zero("no times with a number on the left", "1.10",
         "    def __rmul__(self, o): return Mul()(o, self)\n", ""),
    zero("minus turned round, with a number on the left", "1.11",
         "def __rsub__(self, o): return Sub()(o, self)",
         "def __rsub__(self, o): return Sub()(self, o)"),
    zero("divided by turned round, with a number on the left", "1.12",
         "def __rtruediv__(self, o): return Div()(o, self)",
         "def __rtruediv__(self, o): return Div()(self, o)"),
    zero("a power is a product", "1.13", "def forward(self, a, n): return a ** n",
         "def forward(self, a, n): return a * n"),
    zero("a power is cut to a whole number", "1.14", "Pow(o)(self)", "Pow(int(o))(self)"),
    zero("no number to the power of a value", "1.15",
         "    def __rpow__(self, o): return exp(self * float(np.log(o)))\n", ""),
    zero("log has base 2", "1.16", "return np.log(a)\n", "return np.log2(a)\n"),
    adapter("values go stale two levels up", "1.18", "def value(function, inputs):\n" + VALUE,
            STALE, "It is the value for the numbers"),
    zero("NumPy takes a value for an array", "1.19", "    __array_ufunc__ = None\n\n",
         "    def __array_ufunc__(self, ufunc, method, *xs):\n"
         "        return ufunc(*[x.data if isinstance(x, Variable) else x for x in xs])\n\n"),
    # --- gradients
    zero("times: own value", "2.1", MUL_SLOPES,
         "sum_to(g * a, a.shape), sum_to(g * b, b.shape)", "Each parent got its own value"),
    adapter("gradients linger between questions", "2.2", MICRO_GRADIENTS, KEPT,
            "It is the sum over all", base="micro"),
    adapter("an answer is remembered for good", "2.2", GRADIENTS, REMEMBERED,
            "It is the slope for the numbers"),
    zero("an input alone has no gradient", "2.3",
         "arrived = {id(y): Variable(np.ones(y.shape))}",
         "arrived = {id(y): Variable(np.ones(y.shape))} if y.creator else {}"),
    zero("times forgets dy", "2.4", MUL_SLOPES, "sum_to(b * 1.0, a.shape), sum_to(a * 1.0, b.shape)",
         "What came back from behind"),
    zero("plus forgets dy", "2.5", "return sum_to(g, a.shape), sum_to(g, b.shape)",
         "return broadcast(Variable(1.0), a.shape), broadcast(Variable(1.0), b.shape)",
         "What came back from behind"),
    zero("minus is like plus", "2.6", "sum_to(-g, b.shape)", "sum_to(g, b.shape)",
         "The second parent of a minus"),
    zero("divided by: the minus is lost", "2.7", "sum_to(-g * a / (b * b), b.shape)",
         "sum_to(g * a / (b * b), b.shape)", "The slope of the divisor"),
    zero("divided by: the slopes are turned round", "2.7",
         "return sum_to(g / b, a.shape), sum_to(-g * a / (b * b), b.shape)",
         "return sum_to(-g * a / (b * b), a.shape), sum_to(g / b, b.shape)",
         "The slopes came in another order"),
    zero("divided by forgets dy", "2.7",
         "return sum_to(g / b, a.shape), sum_to(-g * a / (b * b), b.shape)",
         "return sum_to(1.0 / b, a.shape), sum_to(-a / (b * b), b.shape)",
         "What came back from behind"),
    zero("minus in front hands on a plus", "2.8", "return (-g,)", "return (g,)"),
    zero("numbers on the left of minus: plus", "2.12",
         "def __rsub__(self, o): return Sub()(o, self)",
         "def __rsub__(self, o): return Variable(o - self.data, self.creator, self.level)"),
    zero("a power forgets its exponent", "2.14", "** (n - 1) * n if", "** (n - 1) if"),
    zero("a power forgets dy", "2.14", POW_SLOPE,
         "        return (a ** (n - 1) * n if n else g * 0.0,)\n", "What came back from behind"),
    zero("the sign of an exponent is lost", "2.15", "** (n - 1) * n if",
         "** (n - 1) * float(np.abs(n)) if"),
    zero("an exponent is cut on the way back", "2.16", "** (n - 1) * n if",
         "** (n // 1 - 1) * n if"),
    zero("a power's slope from its value", "2.17", "a ** (n - 1) * n if",
         "(self.output / a) * n if"),
    zero("to the power of 0 at 0", "2.19", " if n else g * 0.0,)", ",)"),
    zero("an exponent is a constant", "2.20", "exp(log(self) * o)", "exp(log(self) * o.data)"),
    zero("exp forgets dy", "2.21", "return (g * self.output,)", "return (self.output * 1.0,)",
         "What came back from behind"),
    zero("log's slope is its value", "2.22", "return (g / a,)", "return (g * self.output,)"),
    zero("None for an idle input", "2.24", RETURNED,
         "    return [arrived.get(id(x), Variable(np.nan)) for x in xs]\n"),
    adapter("slopes of whole numbers are whole", "2.25", ADAPTED,
            "    kinds = [int if isinstance(x, int) else float for x in inputs]\n"
            "    found = slopes(function)(*map(Variable, inputs))\n"
            "    return [g.data.astype(k) for g, k in zip(found, kinds, strict=True)]\n"),
    adapter("differences of values", "2.26", ADAPTED, NUDGES),
    # --- ways that meet
    zero("the gradient is overwritten", "3.1", ARRIVED, "arrived[id(x)] = dx",
         "Of two ways"),
    zero("parents told apart by who they are", "3.1",
         "for x, dx in zip(function.inputs, slopes, strict=True):",
         "for x, dx in dict(zip(function.inputs, slopes, strict=True)).items():",
         "Of two ways"),
    zero("each parent takes the first place", "3.3",
         "for x, dx in zip(function.inputs, slopes, strict=True):",
         "for x in function.inputs:\n            dx = slopes[function.inputs.index(x)]"),
    Fault("gradient overwritten where a product is made", "3.2", "micro",
          "            self.grad += other.data * out.grad\n"
          "            other.grad += self.data * out.grad\n",
          "            self.grad = other.data * out.grad\n"
          "            other.grad = self.data * out.grad\n", "Of two ways"),
    zero("parents told apart by equal numbers", "3.6", ARRIVED,
         "\n".join(["twins = [z for z in xs if z.creator is x.creator is None]",
                    "            twins = [z for z in twins if z.shape == x.shape == ()]",
                    "            twins = [z for z in twins if z.data == x.data] or [x]",
                    "            for z in twins:",
                    "                old = arrived.get(id(z))",
                    "                arrived[id(z)] = dx if old is None else old + dx"]),
         "Equal numbers"),
    zero("first come, first served", "3.8", "(-function.level, count, function)",
         "(count, 0, function)"),
    zero("last come, first served", "3.7", "(-function.level, count, function)",
         "(-count, 0, function)"),
    zero("level of the first parent only", "3.8", "max(x.level for x in self.inputs)",
         "self.inputs[0].level"),
    Fault("every childless value counts", "3.9", "micro", (ALONE, MADE),
          (CHILDLESS, MADE + "        ALL.append(self)\n"), "Other formulas"),
    Fault("parents in a set", "3.10", "micro", "self.data, self.parents, self.back, self.grad = float(data), parents, back, 0.0",
          "self.data, self.parents, self.back, self.grad = float(data), set(parents), back, 0.0"),
    zero("exp after exp is off", "3.11", "return (g * self.output,)",
         "return (g * self.output * (1 if a.level < 5 else 1.001),)"),
    # --- long ways
    Fault("values by recursion", "4.1", "matrices", "def order_steps(outputs):\n", RECURSIVE_ORDER),
    adapter("values once for each way", "4.2", "def value(function, inputs):\n" + VALUE,
            CALLED_AGAIN, "The time doubles"),
    zero("the walk back by recursion", "4.3", "    push(y.creator)\n    while heap:\n", RECURSIVE_WALK),
    zero("the walk takes every path, out of order", "3.7",
         "if function is not None and id(function) not in queued:", "if function is not None:"),
    zero("the walk takes every path", "4.4", "    push(y.creator)\n    while heap:\n", EVERY_PATH,
         "The time doubles"),
    zero("the visited are kept in a list", "4.5", IN_A_SET, IN_A_LIST, "Something is searched"),
    adapter("the formula is run for each input", "4.6", ADAPTED, EACH_OWN, "The formula was run"),
    adapter("the graph is walked for each input", "4.7", ADAPTED, EACH_WALK, "The graph is walked"),
    zero("one list of all values", "4.8", DATA, DATA + "        ALL.append(self)\n",
         "Somewhere all values"),
    # --- functions that bend
    zero("slope of relu is −1 below zero", "5.1", "np.where(a.data > 0, 1.0, 0.0)",
         "np.where(a.data > 0, 1.0, -1.0)", "Below zero the slope"),
    zero("relu's slope is 1 everywhere", "5.1", "np.where(a.data > 0, 1.0, 0.0)",
         "np.where(a.data > 0, 1.0, 1.0)", "Below zero nothing"),
    zero("relu forgets dy", "5.1", "return (g * np.where(a.data > 0, 1.0, 0.0),)",
         "return (Variable(np.where(a.data > 0, 1.0, 0.0)),)", "What came back from behind"),
    zero("tanh's slope from its input", "5.2", "1 - self.output * self.output", "1 - a * a"),
    zero("tanh's slope below zero", "5.3", "g * (1 - self.output * self.output)",
         "g * (1 - self.output * self.output) * np.sign(a.data)"),
    zero("exp is no less than a half", "5.4", "return np.exp(a)\n",
         "return np.exp(a) * np.where(a == -1.5, 2, 1)\n"),
    zero("log below one", "5.5", "return (g / a,)", "return (g / np.maximum(a.data, 0.3),)"),
    zero("sigmoid's slope", "5.6", "g * self.output * (1 - self.output)",
         "g * self.output * (1 + self.output)"),
    zero("sigmoid is odd", "5.7", "return 0.5 * np.tanh(0.5 * a) + 0.5",
         "return np.sign(a) * (0.5 * np.tanh(0.5 * np.abs(a)) + 0.5)"),
    zero("softplus' slope", "5.8", "(g * sigmoid(a),)", "(g * tanh(a),)"),
    zero("softplus' slope below zero", "5.9", "(g * sigmoid(a),)", "(g * sigmoid(abs(a)),)"),
    zero("sin's slope", "5.10", "(g * cos(a),)", "(g * sin(a),)"),
    zero("cos' slope", "5.11", "(g * -sin(a),)", "(g * sin(a),)"),
    zero("a root's slope", "5.12", "lift(a) ** 0.5", "lift(a) ** 0.5000001"),
    zero("abs has slope 1", "5.14", "g * np.sign(a.data)", "g * np.abs(np.sign(a.data))"),
    zero("abs forgets dy", "5.13", "return (g * np.sign(a.data),)",
         "return (Variable(np.sign(a.data)),)", "What came back from behind"),
    zero("tanh overflows", "5.15", "return np.tanh(a)\n",
         "return (np.exp(a) - np.exp(-a)) / (np.exp(a) + np.exp(-a))\n"),
    zero("tanh overflows below zero", "5.16", "return np.tanh(a)\n",
         "return (1 - np.exp(-2 * a)) / (1 + np.exp(-2 * a))\n"),
    zero("sigmoid overflows", "5.17", "return 0.5 * np.tanh(0.5 * a) + 0.5",
         "return np.exp(a) / (np.exp(a) + 1)"),
    zero("sigmoid overflows below zero", "5.18", "return 0.5 * np.tanh(0.5 * a) + 0.5",
         "return np.where(np.exp(-a) < np.inf, 1 / (1 + np.exp(-a)), np.nan)"),
    zero("softplus overflows", "5.19", "return np.logaddexp(a, 0)",
         "return np.log(1 + np.exp(a))"),
    zero("softplus overflows below zero", "5.20", "return np.logaddexp(a, 0)",
         "return a + np.log(1 + np.exp(-a))"),
    zero("relu at 0 has slope 2", "5.21", "np.where(a.data > 0, 1.0, 0.0)",
         "(np.sign(a.data) / 2 + 0.5 + 1.5 * (a.data == 0))"),
    zero("abs at 0 has no slope", "5.22", "g * np.sign(a.data)", "g * (a.data / np.abs(a.data))"),
    zero("the smaller one gets it", "5.23", WON, WON.replace(">=", "<=")),
    zero("of a value and itself both get all", "5.24", "g * (1 - won), b.shape",
         "g * np.where(b.data >= a.data, 1.0, 0.0), b.shape"),
    zero("the smaller of two is the larger", "5.25", "return -maximum(-lift(a), -lift(b))",
         "return maximum(lift(a), lift(b))"),
    zero("of a value and itself none gets any", "5.24", WON, WON.replace(">=", ">")
         + "        b = a if a is b else b\n        g = g * (1.0 - (a is b))\n"),
    # --- training
    zero("update mixed into the walk", "6.1", DESCENT,
         "        for w in ws:\n            dw = grad(loss, [w])[0]\n", "The second parameter"),
    zero("update mixed into the walk, backwards", "6.1", DESCENT,
         "        for w in ws[::-1]:\n            dw = grad(loss, [w])[0]\n", "The first parameter"),
    zero("uphill", "6.1", "w.data - self.rate * dw.data", "w.data + self.rate * dw.data",
         "The step went uphill"),
    adapter("gradients linger in training", "6.2", "            w.grad = 0.0\n",
            "            pass\n", "The gradients of the first", base="micro"),
    adapter("the loss is built once", "6.2", LOOP, BUILT_ONCE, "The second step used"),
    adapter("the first batch is taken for granted", "6.3", "    for batch in batches:\n",
            "    print(end='' * len(batches[0]))\n    for batch in batches:\n"),
    zero("an idle parameter shrinks", "6.4", STEP,
         "w.data = w.data - self.rate * (dw.data + (dw.data == 0) * w.data)"),
    adapter("a step writes into what it was given", "6.5",
            "    ws, optimizer = list(map(Variable, parameters)), zero.SGD(rate)\n",
            "    ws, optimizer = list(map(Variable, parameters)), zero.SGD(rate)\n"
            "    parameters.clear()\n"),
    adapter("only the last batch is learned", "6.2", "    for batch in batches:\n",
            "    for batch in batches[-1:]:\n"),
    adapter("the first batch again and again", "6.6", "map(Variable, batch)", "map(Variable, batches[0])"),
    adapter("a hundred steps are enough", "6.7", "    for batch in batches:\n",
            "    for batch in batches[:100]:\n"),
    # --- arrays
    zero("times of two arrays is a product of matrices", "7.1",
         "def forward(self, a, b): return a * b",
         "def forward(self, a, b): return a @ b.T if a.ndim == b.ndim == 2 else a * b"),
    zero("sum forgets dy", "7.2", "return (broadcast(g, a.shape),)\n\n\nclass Broadcast",
         "return (Variable(np.ones(a.shape)),)\n\n\nclass Broadcast", "What came back from behind"),
    zero("only the first number of an array has weight", "7.3",
         MUL_SLOPES, "sum_to(g * (b.data.flat[0] if b.data.size > 1 else b), a.shape), sum_to(g * a, b.shape)"),
    zero("exp of an array hands back its sum", "7.4", "return (g * self.output,)",
         "return (g * (sum(self.output) if a.data.ndim else self.output),)"),
    zero("times: broadcasting is not undone", "7.5", MUL_SLOPES, "g * b, g * a"),
    zero("plus: broadcasting is not undone", "7.6",
         "return sum_to(g, a.shape), sum_to(g, b.shape)", "return g, g"),
    zero("axes of size 1 are not summed", "7.7", SUM_TO_SUMS, "        return a\n"),
    zero("divided by: broadcasting is not undone", "7.8",
         "return sum_to(g / b, a.shape), sum_to(-g * a / (b * b), b.shape)",
         "return g / b, -g * a / (b * b)"),
    zero("of two that are repeated one is summed", "7.9",
         "return sum_to(g, a.shape), sum_to(g, b.shape)",
         "return sum_to(g, a.shape), g if () != a.shape != g.shape else sum_to(g, b.shape)"),
    zero("no more than two axes", "7.10", "    def forward(self, a, shape):\n"
         "        a = a.sum(", "    def forward(self, a, shape):\n"
         "        a = a.sum() if a.ndim > 2 else a.sum("),
    zero("a sum over one of two axes only", "7.11", SUM_TO_SUMS,
         "        ones = [k for k, n in enumerate(shape) if n == 1]\n"
         "        return a.sum(axis=tuple(ones[:1]), keepdims=True)\n"),
    zero("an array of one column is summed again", "7.12",
         "return (broadcast(g, a.shape),)\n\n\nclass Broadcast",
         "return (broadcast(g, a.shape) * (a.shape[-1] if a.data.ndim > 1 and 1 in a.shape"
         " and a.shape[0] == 1 else 1.0),)\n\n\nclass Broadcast"),
    zero("a sum hands back along the wrong axis", "7.13",
         "g = reshape(g, np.expand_dims(g.data, axis).shape)", "g = g"),
    zero("a sum hands back as if it kept its axis", "7.14",
         "g = reshape(g, np.expand_dims(g.data, axis).shape)",
         "g = reshape(g, np.expand_dims(g.data, 1).shape)"),
    zero("keepdims is lost", "7.15", "return Sum(axis, keepdims)(a)", "return Sum(axis, False)(a)"),
    zero("a mean is a sum", "7.16", "sum(a, axis) / share(a, axis)", "sum(a, axis) / 1"),
    zero("two gradients share one array", "7.17", ARRIVED,
         "if id(x) in arrived and x.shape:\n                arrived[id(x)].data += dx.data\n"
         "            elif id(x) in arrived:\n                arrived[id(x)] = arrived[id(x)] + dx\n"
         "            else:\n                arrived[id(x)] = dx"),
    zero("a sum of nothing is an error", "7.18", "def forward(self, a, axis, keep): return",
         "def forward(self, a, axis, keep): return np.max(a) * 0 +"),
    Fault("no plain arrays", "7.19", "tape", "int | float | np.ndarray | np.generic",
          "int | float | np.generic"),
    zero("NumPy deals arrays out", "7.20", "    __array_ufunc__ = None\n\n",
         "    def __array_ufunc__(self, ufunc, method, a, b):\n"
         "        if np.ndim(a) == 0:\n            return self.__rmul__(a)\n"
         "        return np.sum(a) * self\n\n"),
    zero("exp writes into its input", "7.21", "return np.exp(a)\n",
         "return np.exp(a, out=a if a.ndim else None)\n"),
    adapter("the size of an array is remembered", "7.22", GRADIENTS,
            "SIZES = {}\n\n\ndef gradients(function, inputs):\n"
            "    size = SIZES.setdefault(function, len(zero.np.ravel(inputs[0])))\n"
            "    inputs = [zero.np.resize(x, size) if zero.np.ndim(x) == 1 and size < len(x) else x for x in inputs]\n"),
    # --- matrices
    zero("a product of matrices, element by element", "8.1",
         "def forward(self, a, b): return a @ b", "def forward(self, a, b): return a[..., :1] * b[:1]"),
    zero("a product: no transposition", "8.2", "g @ transpose(b)", "g @ reshape(b, b.shape[::-1])"),
    zero("a product: the wrong order", "8.2", "transpose(a) @ g", "transpose(transpose(g) @ a) * 1.5"),
    zero("a square matrix is not transposed", "8.3", "def forward(self, a): return np.swapaxes(a, -1, -2)",
         "def forward(self, a): return a if a.shape[-1] == a.shape[-2] else np.swapaxes(a, -1, -2)"),
    zero("no matrix times vector", "8.5", "    b = reshape(b, (-1, 1)) if right else b\n",
         "    b = reshape(b, (1, -1)) if right else b\n"),
    zero("no vector times matrix", "8.6", "    a = reshape(a, (1, -1)) if left else a\n",
         "    a = reshape(a, (-1, 1)) if left else a\n"),
    zero("no vector times vector", "8.7", "    rows = () if left else y.shape[-2:-1]\n",
         "    rows = y.shape[-2:-1] if left and right or not left else ()\n"),
    zero("a stack is turned as a whole", "8.8", "return np.swapaxes(a, -1, -2)", "return a.T"),
    zero("relu of a matrix keeps its first row", "8.9", "return np.maximum(a, 0)",
         "return np.maximum(a, 0) if a.shape[:1] != (2,) else np.maximum(a[:1], 0) + 0 * a"),
    zero("transposed hands back as it is", "8.10", "    def backward(self, g, a): return (transpose(g),)",
         "    def backward(self, g, a): return (reshape(g, a.shape),)"),
    zero("reshape hands back transposed", "8.11", "    def backward(self, g, a): return (reshape(g, a.shape),)",
         "    def backward(self, g, a): return (transpose(reshape(g, a.shape[::-1])),)"),
    zero("the largest forgets dy", "8.12", "return (reshape(g, wide) * (won", "return (Variable(won",
         "What came back from behind"),
    zero("the largest of all in each row", "8.13", "def forward(self, a, axis): return np.max(a, axis=axis)",
         "def forward(self, a, axis): return np.max(a) + 0 * np.max(a, axis=axis)"),
    zero("each of two largest gets all", "8.14", "(won / won.sum(axis=axis, keepdims=True))", "won"),
    zero("softmax along the wrong axis", "8.15", "return powers / sum(powers, -1, True)",
         "return powers / sum(powers, 0, True)"),
    zero("softmax overflows", "8.16", "exp(a - np.max(a.data, axis=-1, keepdims=True))", "exp(a)"),
    zero("logsumexp of the whole", "8.17", "y = log(sum(exp(a - wide), axis))",
         "y = log(sum(exp(a - wide), axis)) + (0 if axis else 1)"),
    zero("logsumexp overflows", "8.18", "wide = np.max(a.data, axis=axis, keepdims=True)",
         "wide = 0 * np.max(a.data, axis=axis, keepdims=True)"),
    zero("cross entropy is a sum", "8.19", "return mean(log_sum_exp", "return sum(log_sum_exp"),
    zero("cross entropy as the log of shares", "8.20",
         "return mean(log_sum_exp(scores, 1) - sum(scores * right, 1))",
         "return -mean(log(sum(softmax(scores) * right, 1)))"),
    # --- houses, digits
    adapter("one column is forgotten", "9.1", "    return [w.data for w in ws]\n",
            "    return [w.data * (zero.np.arange(len(w.data)) < 12)[:, None]"
            " if w.shape == (13, 1) else w.data for w in ws]\n"),
    adapter("hidden units are frozen", "9.2", "    return [w.data for w in ws]\n",
            "    frozen = [zero.np.shape(w) == (13, 10) for w in parameters]\n"
            "    pairs = zip(ws, parameters, frozen, strict=True)\n"
            "    return [p * 0 if f else w.data for w, p, f in pairs]\n"),
    adapter("a hundred batches of digits", "10.1", "    for batch in batches:\n",
            "    for batch in batches[: 20 if len(parameters) == 4 and parameters[2].shape[1] == 10 else None]:\n"),
    # --- slopes of slopes
    zero("slopes of powers are constants", "11.1", "(g * a ** (n - 1) * n if", "(g * a.data ** (n - 1) * n if"),
    zero("slopes of products are constants in part", "11.2", MUL_SLOPES,
         "sum_to(g * b, a.shape), sum_to(g * a.data, b.shape)", "The first slope was taken"),
    adapter("slopes are constants", "11.1", "    return lambda *xs: zero.grad(function(*xs), xs)\n",
            "    return lambda *xs: [Variable(g.data) for g in zero.grad(function(*xs), xs)]\n"),
    zero("exp's slope is a constant", "11.3", "return (g * self.output,)", "return (g * self.output.data,)"),
    zero("a quotient's slope is a constant", "11.4",
         "sum_to(-g * a / (b * b), b.shape)", "sum_to(-g * a / (b.data * b.data), b.shape)"),
    adapter("a line is too straight", "11.5", ADAPTED,
            "    xs = list(map(Variable, inputs))\n    y = function(*xs)\n"
            "    nodes = [y]\n    for node in nodes[:] if y.level > 5 else nodes:\n"
            "        nodes.extend(node.creator.inputs if node.creator else ())\n"
            "    if y.level <= 5 and not any(node is x for node in nodes for x in xs):\n"
            "        raise ValueError('y does not depend on any input')\n"
            "    return [g.data for g in zero.grad(y, xs)]\n"),
    adapter("two inputs that are equal are confused", "11.7",
            ("g.data for g in slopes(", "def slopes(function):\n"),
            ("g.data for g in old_slopes(", CONFUSED)),
    zero("tanh's slope is a constant", "11.8", "1 - self.output * self.output",
         "1 - self.output.data * self.output.data"),
    zero("broadcasting has no slope", "11.9", "def broadcast(a, shape): return a if a.shape == shape else Broadcast(shape)(a)",
         "def broadcast(a, shape): return a if a.shape == shape else Variable(np.broadcast_to(a.data, shape))"),
    zero("undone broadcasting has no slope", "11.10",
         "def sum_to(a, shape): return a if a.shape == shape else SumTo(shape)(a)",
         "def sum_to(a, shape): return a if a.shape == shape else Variable(SumTo(shape)(a).data)"),
    zero("a product's slopes are constants", "11.11", "left, right = g @ transpose(b), transpose(a) @ g",
         "left, right = MatMul()(g.data, transpose(b)), transpose(a) @ g"),
    # --- speed, messages
    zero("every operation counts to a thousand", "12.1", CALL, CALL + "        [k for k in range(20_000)]\n"),
    zero("sizes are cut to the shorter one", "13.1", "def forward(self, a, b): return a + b",
         "def forward(self, a, b):\n"
         "        if a.ndim == b.ndim == 1 and 1 not in (len(a), len(b)):\n"
         "            a, b = a[: len(b)], b[: len(a)]\n        return a + b"),
    adapter("names are dropped", "13.2", "od.Variable(x, name=n)", "od.Variable(x)", base="ourdl"),
    zero("matrices are cut until they fit", "13.3", "def forward(self, a, b): return a @ b",
         "def forward(self, a, b): return a @ b if a.shape[-1] == b.shape[-2] else a @ b[: a.shape[-1]][[0, 1, 2]]"),
    zero("an axis that isn't there is the last one", "13.4", "return Sum(axis, keepdims)(a)",
         "return Sum(axis if axis in (None, 0, -1) else 1, keepdims)(a)"),
    zero("accepts anything", "13.5", '        raise TypeError(f"{x!r} is no number")\n',
         "        return Variable(1.0)\n"),
]  # fmt: skip

WRONG_POWER = "d * a ** (y.extra - 1) * y.extra if y.extra else None,"
FIRST_TRIES = [
    Fault("micro, a first try", "4.3", "micro", ("def ordered(last):\n", REFUSAL),
          (RECURSION, ""), adapter=False),
    Fault("matrices, a first try", "13.5", "matrices", (WRONG_POWER, REFUSED_MATRIX),
          ("d * a ** (y.extra - 1) * y.extra,", "")),
    FAULTS[0]._replace(name="plain numbers"),
]  # fmt: skip
