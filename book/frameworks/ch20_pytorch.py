import torch
import torch.distributed as dist
import torch.multiprocessing as mp


def train(rank, size):
    dist.init_process_group(
        "gloo", init_method="tcp://127.0.0.1:29519", rank=rank, world_size=size
    )
    torch.manual_seed(0)
    model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(2, 1))
    x, t = torch.arange(8.0).reshape(4, 2) / 8, torch.ones(4, 1)
    own = slice(2 * rank, 2 * rank + 2)
    loss = ((model(x[own]) - t[own]) ** 2).mean()
    loss.backward()  # the gradients are averaged on the way back
    if rank == 0:
        print([f"{each:.4f}" for each in model.module.weight.grad[0]])
        torch.manual_seed(0)
        alone = torch.nn.Linear(2, 1)
        ((alone(x) - t) ** 2).mean().backward()
        print([f"{each:.4f}" for each in alone.weight.grad[0]], "in one process")
    dist.destroy_process_group()


if __name__ == "__main__":
    mp.spawn(train, args=(2,), nprocs=2)
# ['-0.9873', '-1.3359']
# ['-0.9873', '-1.3359'] in one process
# (ran with PyTorch 2.13.0)
