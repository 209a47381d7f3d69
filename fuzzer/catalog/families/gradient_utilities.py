"""What training does to gradients: norms over several tensors, and clipping by them. x and y are the gradients of two parameters."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog import pages
from ulpfuzz.fuzzer.catalog.op import FORMULA, Documented, Op, call, op, subgradient, vector

TOPIC = ("optimizers",)
INF = float("inf")
X, XY = [vector("x")], [vector("x"), vector("y")]
EACH = "tf.map_fn(lambda t: {}, (x, y), fn_output_signature=x.dtype)"
# A parameter that holds the gradient, for what works on parameters.
HOLDING = "[(lambda q: (setattr(q, 'grad', v.clone()), q)[1])(torch.nn.Parameter(v.detach().clone())) for v in (a, b)]"

#: From here on squares of a row's numbers may overflow; of shorter rows later.
SQUARES = {"float32": 2.0**58, "float64": 2.0**506, "bfloat16": 2.0**58, "float16": 4.0}

OPS: list[Op] = [
    op("clip_by_norm", X,
       tensorflow=["tf.clip_by_norm(x, clip_norm, axes=[-1])", "tf.stack([tf.clip_by_norm(row, clip_norm) for row in tf.unstack(x)])"],
       params={"clip_norm": (1.0, 5.0)}, accuracy="accumulating", verified=FORMULA, topics=TOPIC),
    op("global_norm", XY,
       torch=[call("torch.stack([torch.nn.utils.get_total_norm([a, b], norm_type=ord, foreach=False) for a, b in zip(x, y)])", grad=False),
              call("torch.stack([torch.nn.utils.get_total_norm([a, b], norm_type=ord, foreach=True) for a, b in zip(x, y)])", grad=False)],
       tensorflow=call(EACH.format("tf.linalg.global_norm([t[0], t[1]])"), when={"ord": (2,)}),
       params={"ord": (2, 1, INF)}, conventions=(subgradient("x=0,y=0"),), accuracy="accumulating", verified=FORMULA, topics=TOPIC),
    op("clip_by_global_norm", XY, tensorflow=EACH.format("tf.concat(tf.clip_by_global_norm([t[0], t[1]], clip_norm)[0], axis=0)"),
       params={"clip_norm": (1.0, 5.0)}, accuracy="accumulating", verified=FORMULA, topics=TOPIC,
       documented=(*(Documented("all NaN if the global norm is infinite", pages.tensorflow("tf.clip_by_global_norm"),
                                 where="|".join(f"{n}~>{most}|{n}~<-{most}" for n in "xy"), value=float("nan"), dtypes=(dtype,),
                                 frameworks=("tensorflow",))
                     for dtype, most in SQUARES.items()),)),
    op("clip_grad_norm", XY,
       torch=["torch.stack([(lambda ps: (torch.nn.utils.clip_grad_norm_(ps, max_norm, norm_type, foreach=False), "
              f"torch.cat([q.grad for q in ps]))[1])({HOLDING}) for a, b in zip(x, y)])"],
       params={"max_norm": (1.0, 5.0), "norm_type": (2, 1, INF)}, orders=("value",), accuracy="accumulating", verified=FORMULA, topics=TOPIC),
]  # fmt: skip
