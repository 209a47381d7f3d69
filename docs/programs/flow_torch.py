"""A normalising flow on made data: an affine layer, then tanh, whose log-derivative is a part of the density.

As it is, that is log(1 - tanh(x)^2); with `stable`, the same in a form that keeps its digits.
"""

import math
import sys

import torch

torch.manual_seed(0)
stable = "stable" in sys.argv
data = torch.tanh(torch.randn(512, 4))
scale = torch.zeros(4, requires_grad=True)
shift = torch.zeros(4, requires_grad=True)
optimizer = torch.optim.SGD([scale, shift], lr=0.01)

for _ in range(4):
    z = torch.randn(512, 4)
    x = z * torch.exp(scale) * 4 + shift
    if stable:
        slope = 2 * (math.log(2) - x - torch.nn.functional.softplus(-2 * x))
    else:
        slope = torch.log(1 - torch.tanh(x) ** 2)
    y = torch.tanh(x)
    density = -(z**2) / 2 - scale - slope
    loss = ((y - data) ** 2).mean() + 0.1 * density.mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"loss {loss.item():.4f}")
