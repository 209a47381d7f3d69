"""A transformer block in float16 on made sequences, one of which is all padding.

As it is, padding is masked by adding -1e9, which float16 has not; with `stable`, by the least number that it has.
"""

import math
import sys

import torch
from torch import nn

torch.manual_seed(0)
stable = "stable" in sys.argv
BATCH, LENGTH, WIDTH, HEADS = 4, 12, 32, 4


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

    def attend(self, x: torch.Tensor, padding: torch.Tensor) -> torch.Tensor:
        parts = self.qkv(x).view(BATCH, LENGTH, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        q, k, v = parts[0], parts[1], parts[2]
        scores = q @ k.transpose(-1, -2) / math.sqrt(WIDTH // HEADS)
        hidden = padding[:, None, None, :]
        if stable:
            scores = scores.masked_fill(hidden, torch.finfo(scores.dtype).min)
        else:
            scores = scores + hidden.to(scores.dtype) * -1e9
        weights = torch.softmax(scores, dim=-1)
        return self.out((weights @ v).transpose(1, 2).reshape(BATCH, LENGTH, WIDTH))

    def forward(self, x: torch.Tensor, padding: torch.Tensor) -> torch.Tensor:
        x = x + self.attend(self.norm(x), padding)
        return x + self.mlp(self.norm2(x))


block = Block().half()
optimizer = torch.optim.SGD(block.parameters(), lr=0.01)
x = torch.randn(BATCH, LENGTH, WIDTH).half()
target = torch.randn(BATCH, LENGTH, WIDTH)
padding = torch.arange(LENGTH)[None, :] >= torch.tensor([12, 9, 5, 0])[:, None]

for _ in range(3):
    y = block(x, padding)
    loss = ((y.float() - target) ** 2)[~padding].mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"loss {loss.item():.4f}")
