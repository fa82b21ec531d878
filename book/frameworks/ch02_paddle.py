import paddle

paddle.enable_static()
program = paddle.static.Program()
with paddle.static.program_guard(program):
    w = paddle.static.data("w", shape=[], dtype="float32")
    x = paddle.static.data("x", shape=[None], dtype="float32")
    b = paddle.static.data("b", shape=[], dtype="float32")
    y = w * x + b

for node in program.global_block().ops:
    print(node.name())
print("the shape of y:", list(y.shape))
# pd_op.data
# pd_op.data
# pd_op.data
# pd_op.multiply
# pd_op.add
# the shape of y: [-1]
# (ran with PaddlePaddle 3.3.1)
