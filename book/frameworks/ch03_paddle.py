import numpy as np
import paddle

paddle.enable_static()
recorded = paddle.static.Program()
with paddle.static.program_guard(recorded):
    x = paddle.static.data(name="x", shape=[None], dtype="float32")
    y = 2 * x + 1

executor = paddle.static.Executor()

print([operation.name() for operation in recorded.global_block().ops])
for xs in [np.float32([2.0]), np.linspace(-10, 10, 5, dtype="float32")]:
    (result,) = executor.run(recorded, feed={"x": xs}, fetch_list=[y])
    print(result)
# ['pd_op.data', 'pd_op.full', 'pd_op.scale', 'pd_op.full', 'pd_op.scale']
# [5.]
# [-19.  -9.   1.  11.  21.]
# (ran with PaddlePaddle 3.3.1)
