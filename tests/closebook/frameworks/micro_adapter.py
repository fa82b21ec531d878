from micro import Value

name = "a micrograd"
exp, log, tanh, relu = Value.exp, Value.log, Value.tanh, Value.relu


def value(function, inputs):
    return function(*map(Value, inputs)).data


def gradients(function, inputs):
    xs = list(map(Value, inputs))
    function(*xs).backward()
    return [x.grad for x in xs]


def train(loss, parameters, batches, rate):
    ws = list(map(Value, parameters))
    for batch in batches:
        for w in ws:
            w.grad = 0.0
        loss(*ws, *map(Value, batch)).backward()
        for w in ws:
            w.data -= rate * w.grad
    return [w.data for w in ws]
