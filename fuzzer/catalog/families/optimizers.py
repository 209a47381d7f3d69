"""One step of an optimizer: the new parameter of a parameter p, its gradient g and the state before the step.

PyTorch's functional forms work in place, so they are given copies. Their single-tensor forms are the reference of the others. Keras's
optimizers hold their state in variables, which are assigned first.
"""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog.op import FORMULA, Documented, Op, call, op, scalar

TOPIC = ("optimizers",)
P, G, U, V, W = scalar("p"), scalar("g"), scalar("u"), scalar("v", 0), scalar("w", 0)
#: Powers of two, for Keras holds the learning rate in float32.
LR = (2.0**-10, 0.125)
STEP = (1, 10, 1000)
#: Updates in which the numbers of the step, as lr/(1 - beta1^t), may be put together, and products be taken first.
FOLDED = ("adadelta", "adam", "adamw", "amsgrad", "adamax", "nadam_first", "radam")
TORCH_PAGE, KERAS_PAGE = (
    "https://docs.pytorch.org/docs/stable/generated/torch.optim.{}.html",
    "https://keras.io/api/optimizers/{}/",
)
ADAM = {"lr": LR, "beta1": (0.9,), "beta2": (0.999,), "eps": (1e-8, 1e-7), "t": STEP}


def in_place(module: str, state: str, rest: str) -> str:
    """torch.optim's functional form, named as its module, on copies of p and the state; the new p. The package hides the module, so it is
    imported by name."""
    function = module.rpartition(".")[2]
    names = ["p", *state]
    lists = ", ".join(f"[{name}]" for name in ("p", "g", *state))
    copies = ", ".join(f"{name}.clone()" for name in names)
    imported = f"__import__('{module}', fromlist=['{function}']).{function}"
    return f"(lambda {', '.join(names)}: ({imported}({lists}, {rest}), p)[1])({copies})"


def stepped(optimizer: str, state: str, step: str = "1") -> str:
    """One step of a Keras optimizer from the state, its variables in order after the iteration and the learning rate."""
    assign = f"[s.assign(x) for s, x in zip(o.variables[2:], ({', '.join(state)},))], " if state else ""
    return (
        f"(lambda o, q: (o.build([q]), {assign}o.iterations.assign({step} - 1), q.assign(p), o.apply([g], [q]), tf.convert_to_tensor(q))[-1])"
        f"({optimizer}, tf.keras.Variable('zeros', shape=p.shape, dtype=p.dtype.name))"
    )


MOMENTS = "beta1=beta1, beta2=beta2, lr=lr, eps=eps, maximize=False"


def step_of(name: str, inputs: list[object], *, torch_page: str = "", keras_page: str = "", **rest: object) -> Op:
    """A record of this family: values only, of the formats in which parameters are kept. The names are of the pages of torch.optim and of Keras
    that write the update; what they write, and the state, is in the dtype of the parameter."""
    pages = {"torch": torch_page and TORCH_PAGE.format(torch_page), "tensorflow": keras_page and KERAS_PAGE.format(keras_page)}
    update = "the update, step by step in the dtype of the state"
    documented = tuple(
        Documented(update, page, arithmetic="state", constants=constants, frameworks=(framework,))
        for framework, page in pages.items() if page
        for constants in ({}, *([{"folded": True}] if name in FOLDED else ()))
    )  # fmt: skip
    return op(name, inputs, orders=("value",), documented=documented, verified=FORMULA, topics=TOPIC, **rest)  # type: ignore[arg-type]


OPS: list[Op] = [
    step_of("sgd", [P, G, U], torch_page="SGD",
            torch=call(in_place("torch.optim.sgd", "u", "foreach=False, lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay, "
                                "dampening=0.0, maximize=False")),
            params={"lr": LR, "momentum": (0.9,), "nesterov": (False, True), "weight_decay": (0.0, 0.01)}),
    step_of("sgd_velocity", [P, G, U], keras_page="sgd",
            tensorflow=call(stepped("tf.keras.optimizers.SGD(lr, momentum, nesterov)", "u")),
            params={"lr": LR, "momentum": (0.9,), "nesterov": (False, True)}),
    step_of("adam", [P, G, U, V], torch_page="Adam",
            torch=[call(in_place("torch.optim.adam", "uv", f"[], [torch.tensor(t - 1.0)], foreach=False, amsgrad=False, weight_decay=0.0, "
                                 f"{MOMENTS}")),
                   call(in_place("torch.optim.adam", "uv", f"[], [torch.tensor(t - 1.0)], foreach=True, amsgrad=False, weight_decay=0.0, "
                                 f"{MOMENTS}")),
                   call(in_place("torch.optim.adam", "uv",
                                 f"[], [torch.tensor(t - 1.0, device=p.device)], fused=True, amsgrad=False, weight_decay=0.0, {MOMENTS}"))],
            params=ADAM),
    step_of("adam_epsilon_hat", [P, G, U, V], keras_page="adam",
            tensorflow=call(stepped("tf.keras.optimizers.Adam(lr, beta1, beta2, eps)", "uv", "t")), params=ADAM),
    step_of("adamw", [P, G, U, V], torch_page="AdamW",
            torch=call(in_place("torch.optim.adamw", "uv",
                                f"[], [torch.tensor(t - 1.0)], foreach=False, amsgrad=False, weight_decay=weight_decay, {MOMENTS}")),
            params={**ADAM, "weight_decay": (0.01,)}),
    step_of("amsgrad", [P, G, U, V, W], torch_page="Adam",
            torch=call(in_place("torch.optim.adam", "uvw", f"[torch.tensor(t - 1.0)], foreach=False, amsgrad=True, weight_decay=0.0, {MOMENTS}")),
            params=ADAM),
    step_of("adagrad", [P, G, V], torch_page="Adagrad",
            torch=call(in_place("torch.optim.adagrad", "v",
                                "[torch.tensor(0.0)], foreach=False, lr=lr, weight_decay=0.0, lr_decay=0.0, eps=eps, maximize=False")),
            params={"lr": LR, "eps": (1e-10, 1e-7)}),
    step_of("adagrad_inside", [P, G, V], keras_page="adagrad",
            tensorflow=call(stepped("tf.keras.optimizers.Adagrad(lr, epsilon=eps)", "v")), params={"lr": LR, "eps": (1e-7, 1e-10)}),
    step_of("adadelta", [P, G, V, W], torch_page="Adadelta", keras_page="adadelta",
            torch=call(in_place("torch.optim.adadelta", "vw",
                                "[torch.tensor(0.0)], foreach=False, lr=lr, rho=rho, eps=eps, weight_decay=0.0, maximize=False")),
            tensorflow=call(stepped("tf.keras.optimizers.Adadelta(lr, rho, eps)", "vw")),
            params={"lr": (1.0, 2.0**-10), "rho": (0.9, 0.95), "eps": (1e-6, 1e-7)}),
    step_of("rmsprop", [P, G, V], torch_page="RMSprop",
            torch=call(in_place("torch.optim.rmsprop", "v",
                                "[], [], [torch.tensor(0.0)], foreach=False, lr=lr, alpha=rho, eps=eps, weight_decay=0.0, "
                                "momentum=0.0, centered=False")), params={"lr": LR, "rho": (0.99, 0.9), "eps": (1e-8, 1e-7)}),
    step_of("rmsprop_inside", [P, G, V], keras_page="rmsprop",
            tensorflow=call(stepped("tf.keras.optimizers.RMSprop(lr, rho, epsilon=eps)", "v")),
            params={"lr": LR, "rho": (0.9, 0.99), "eps": (1e-7, 1e-8)}),
    step_of("adamax", [P, G, U, V], torch_page="Adamax",
            torch=call(in_place("torch.optim.adamax", "uv",
                                "[torch.tensor(t - 1.0)], foreach=False, beta1=beta1, beta2=beta2, lr=lr, eps=eps, weight_decay=0.0")),
            params=ADAM),
    step_of("adamax_outside", [P, G, U, V], keras_page="adamax",
            tensorflow=call(stepped("tf.keras.optimizers.Adamax(lr, beta1, beta2, eps)", "uv", "t")), params=ADAM),
    step_of("nadam_first", [P, G, U, V], torch_page="NAdam", keras_page="Nadam",
            torch=call(in_place("torch.optim.nadam", "uv",
                                "[torch.tensor(1.0)], [torch.tensor(0.0)], foreach=False, beta1=beta1, beta2=beta2, lr=lr, "
                                "eps=eps, weight_decay=0.0, momentum_decay=1.0")),
            tensorflow=call(stepped("tf.keras.optimizers.Nadam(lr, beta1, beta2, eps)", "uv")),
            params={"lr": LR, "beta1": (0.9,), "beta2": (0.999,), "eps": (1e-8, 1e-7)}),
    step_of("radam", [P, G, U, V], torch_page="RAdam",
            torch=call(in_place("torch.optim.radam", "uv",
                                "[torch.tensor(t - 1.0)], foreach=False, beta1=beta1, beta2=beta2, lr=lr, eps=eps, weight_decay=0.0")),
            params=ADAM),
    step_of("lion", [P, G, U], keras_page="lion",
            tensorflow=call(stepped("tf.keras.optimizers.Lion(lr, beta1)", "u")), params={"lr": LR, "beta1": (0.9,)}),
    step_of("ftrl", [P, G, V, scalar("z")], keras_page="ftrl",
            tensorflow=call(stepped("tf.keras.optimizers.Ftrl(lr, l1_regularization_strength=l1, l2_regularization_strength=l2)", "vz")),
            params={"lr": LR, "l1": (0.0, 0.5), "l2": (0.0, 0.25)}),
    step_of("rprop", [P, G, U, scalar("w", 1e-6, 50.0)], torch_page="Rprop",
            torch=call(in_place("torch.optim.rprop", "uw",
                                "[torch.tensor(0.0)], foreach=False, step_size_min=low, step_size_max=high, etaminus=shrink, etaplus=grow")),
            params={"shrink": (0.5,), "grow": (1.2,), "low": (1e-6,), "high": (50.0,)}),
    step_of("asgd", [P, G],
            torch=call("(lambda p, a: (__import__('torch.optim.asgd', fromlist=['asgd']).asgd([p], [g], [a], [torch.tensor(1.0)], "
                       "[torch.tensor(lr)], [torch.tensor(0.0)], foreach=False, lambd=lambd, lr=lr, t0=1e6, "
                       "alpha=0.75, weight_decay=0.0), p)[1])(p.clone(), p.clone())"),
            params={"lr": LR, "lambd": (1e-4, 0.5)}),
]  # fmt: skip
