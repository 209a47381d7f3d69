"""A classifier of made data. As it is, its loss is log(softmax(...)); with `stable` on the command line, log_softmax(...)."""

import sys

import torch
from torch import nn

torch.manual_seed(0)
stable = "stable" in sys.argv
data = torch.randn(256, 16) * 40
labels = torch.randint(0, 10, (256,))
model = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)

for _ in range(4):
    scores = model(data)
    logp = torch.log_softmax(scores, dim=-1) if stable else torch.log(torch.softmax(scores, dim=-1))
    loss = nn.functional.nll_loss(logp, labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"loss {loss.item():.4f}")
