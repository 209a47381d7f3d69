"""Arithmetic of integers of 8, 16 and 32 bits. Inputs are whole numbers in a floating-point format that holds them exactly; the
calls cast them, and their results back."""

from __future__ import annotations

from dataclasses import dataclass

from ulpfuzz.fuzzer.catalog.op import DTYPES, Implementation, Op, call, op, peer, scalar, vector

INTEGERS = ("integer arithmetic",)
PYTHON = "Python's integers"
#: Formats that hold all numbers of the width and its results.
HOLDING = {8: DTYPES, 16: ("float32", "float64"), 32: ("float64",)}
KERAS, TNP = "tf.keras.ops", "tf.experimental.numpy"


@dataclass(frozen=True)
class Form:
    """Calls over x and y by framework, as over integers; the record casts."""

    #: Calls by framework.
    torch: tuple[str, ...] = ()
    tensorflow: tuple[str, ...] = ()
    jax: tuple[str, ...] = ()
    numpy: tuple[str, ...] = ()
    #: Bits of the integers.
    widths: tuple[int, ...] = (8, 16, 32)
    #: The range of y, -1 standing for the last bit's number.
    second: tuple[int, int] | None = None
    #: Products of two stay within the width.
    limit: bool = False
    #: The least number of the width, which has no opposite, is left out.
    narrow: bool = False
    #: y is moved away from zero.
    divisor: bool = False


#: x.to(int) in each framework; {0} is the expression.
_TO = {
    "torch": "{0}.to(torch.int{1})",
    "tensorflow": "tf.cast({0}, tf.int{1})",
    "jax": "{0}.astype(jnp.int{1})",
    "numpy": "{0}.astype(np.int{1})",
}
_BACK = {
    "torch": "{0}.to(x.dtype)",
    "tensorflow": "tf.cast({0}, x.dtype)",
    "jax": "{0}.astype(x.dtype)",
    "numpy": "{0}.astype(x.dtype)",
}
#: y for y < 0, y + 1 otherwise.
_DIVISOR = {
    "torch": "(y + (y >= 0))", "tensorflow": "(y + tf.cast(y >= 0, y.dtype))", "jax": "(y + (y >= 0).astype(y.dtype))",
    "numpy": "(y + (y >= 0).astype(y.dtype))",
}  # fmt: skip

BINARY: dict[str, Form] = {
    "add": Form(("torch.add(x, y)",), ("tf.math.add(x, y)", f"{KERAS}.add(x, y)", f"{TNP}.add(x, y)"), ("jnp.add(x, y)", "jax.lax.add(x, y)"),
        ("np.add(x, y)",)),
    "sub": Form(("torch.sub(x, y)",), ("tf.math.subtract(x, y)", f"{KERAS}.subtract(x, y)", f"{TNP}.subtract(x, y)"),
                ("jnp.subtract(x, y)", "jax.lax.sub(x, y)"), ("np.subtract(x, y)",)),
    "mul": Form(("torch.mul(x, y)",), ("tf.math.multiply(x, y)", f"{KERAS}.multiply(x, y)", f"{TNP}.multiply(x, y)"),
                ("jnp.multiply(x, y)", "jax.lax.mul(x, y)"), ("np.multiply(x, y)",)),
    "mulhi": Form(jax=("jax.lax.mulhi(x, y)",)),
    "floor_divide": Form(
        ("torch.floor_divide(x, y)", "torch.div(x, y, rounding_mode='floor')"),
        ("tf.math.floordiv(x, y)", f"{KERAS}.floor_divide(x, y)", f"{TNP}.floor_divide(x, y)"), ("jnp.floor_divide(x, y)",),
        ("np.floor_divide(x, y)",),
        narrow=True, divisor=True),
    "trunc_divide": Form(("torch.div(x, y, rounding_mode='trunc')",), ("tf.truncatediv(x, y)",), ("jax.lax.div(x, y)",), narrow=True, divisor=True),
    "remainder": Form(
        ("torch.remainder(x, y)",), ("tf.math.floormod(x, y)", f"{KERAS}.mod(x, y)", f"{TNP}.remainder(x, y)"), ("jnp.remainder(x, y)",),
        ("np.remainder(x, y)",), narrow=True, divisor=True),
    "fmod": Form(("torch.fmod(x, y)",), ("tf.truncatemod(x, y)", f"{KERAS}.fmod(x, y)"), ("jnp.fmod(x, y)", "jax.lax.rem(x, y)"), ("np.fmod(x, y)",),
                 narrow=True, divisor=True),
    "pow": Form(("torch.pow(x, y)",), ("tf.math.pow(x, y)", f"{KERAS}.power(x, y)", f"{TNP}.power(x, y)"), ("jnp.power(x, y)",), ("np.power(x, y)",),
                second=(0, 7)),
    "left_shift": Form(("torch.bitwise_left_shift(x, y)",), ("tf.bitwise.left_shift(x, y)", f"{KERAS}.left_shift(x, y)"),
                       ("jnp.left_shift(x, y)", "jax.lax.shift_left(x, y)"), ("np.left_shift(x, y)",), second=(0, -1)),
    "right_shift": Form(("torch.bitwise_right_shift(x, y)",), ("tf.bitwise.right_shift(x, y)", f"{KERAS}.right_shift(x, y)"),
                        ("jnp.right_shift(x, y)", "jax.lax.shift_right_arithmetic(x, y)"), ("np.right_shift(x, y)",), second=(0, -1)),
    "logical_shift": Form(jax=("jax.lax.shift_right_logical(x, y)",), second=(0, -1)),
    **{
        f"bitwise_{name}": Form(
            (f"torch.bitwise_{name}(x, y)",), (f"tf.bitwise.bitwise_{name}(x, y)", f"{KERAS}.bitwise_{name}(x, y)", f"{TNP}.bitwise_{name}(x, y)"),
            (f"jnp.bitwise_{name}(x, y)", f"jax.lax.bitwise_{name}(x, y)"), (f"np.bitwise_{name}(x, y)",))
        for name in ("and", "or", "xor")
    },
    "gcd": Form(("torch.gcd(x, y)",), (f"{KERAS}.gcd(x, y)", f"{TNP}.gcd(x, y)"), ("jnp.gcd(x, y)",), ("np.gcd(x, y)",), narrow=True),
    "lcm": Form(("torch.lcm(x, y)",), (f"{KERAS}.lcm(x, y)", f"{TNP}.lcm(x, y)"), ("jnp.lcm(x, y)",), ("np.lcm(x, y)",), limit=True),
}  # fmt: skip
UNARY: dict[str, Form] = {
    "neg": Form(("torch.neg(x)",), ("tf.math.negative(x)", f"{KERAS}.negative(x)"), ("jnp.negative(x)", "jax.lax.neg(x)"), ("np.negative(x)",)),
    "abs": Form(("torch.abs(x)",), ("tf.math.abs(x)", f"{KERAS}.abs(x)"), ("jnp.abs(x)", "jax.lax.abs(x)"), ("np.abs(x)",)),
    "square": Form(("torch.square(x)",), ("tf.math.square(x)", f"{KERAS}.square(x)"),
        ("jnp.square(x)", "jax.lax.square(x)", "jax.lax.integer_pow(x, 2)"),
                   ("np.square(x)",)),
    "sign": Form(("torch.sign(x)",), ("tf.math.sign(x)", f"{KERAS}.sign(x)"), ("jnp.sign(x)", "jax.lax.sign(x)"), ("np.sign(x)",)),
    "bitwise_not": Form(("torch.bitwise_not(x)",), ("tf.bitwise.invert(x)", f"{KERAS}.bitwise_invert(x)", f"{TNP}.bitwise_not(x)"),
                        ("jnp.bitwise_invert(x)", "jax.lax.bitwise_not(x)"), ("np.invert(x)",)),
    "population_count": Form(jax=("jax.lax.population_count(x)",)),
    "bitwise_count": Form(jax=("jnp.bitwise_count(x)",), numpy=("np.bitwise_count(x)",)),
    "leading_zeros": Form(jax=("jax.lax.clz(x)",)),
}  # fmt: skip
#: Calls that a framework has no kernel for, by width.
ABSENT = {"tf.truncatemod(x, y)": (8, 16)}


def _calls(framework: str, form: Form, bits: int) -> list[Implementation]:
    made = []
    for written in getattr(form, framework):
        if bits in ABSENT.get(written, ()):
            continue
        second = _DIVISOR[framework] if form.divisor else "y"
        head, _, arguments = written.partition("(")
        taken = arguments[:-1].split(", ")
        typed = ", ".join(_TO[framework].format({"x": "x", "y": second}[a], bits) if a in ("x", "y") else a for a in taken)
        text = _BACK[framework].format(f"{head}({typed})")
        holding = tuple(d for d in HOLDING[bits] if framework != "numpy" or d != "bfloat16")
        made.append(peer(text, holding) if framework == "numpy" else call(text, dtypes=holding))
    return made


def _record(name: str, form: Form, bits: int, *, pair: bool) -> Op:
    least, most = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    if form.limit:
        most = {8: 11, 16: 181, 32: 46340}[bits]
        least = -most
    low = least + 1 if form.narrow else least
    first, last = form.second or (low, most)
    last = bits - 1 if last == -1 else last - 1 if form.divisor else last
    inputs = [scalar("x", low, most, integers=True, differentiable=False)]
    if pair:
        inputs.append(scalar("y", first, last, integers=True, differentiable=False))
    return op(
        f"{name}_int{bits}", inputs, torch=_calls("torch", form, bits), tensorflow=_calls("tensorflow", form, bits), jax=_calls("jax", form, bits),
        numpy=_calls("numpy", form, bits), orders=("value",), accuracy="exact", verified=PYTHON, topics=INTEGERS,
    )  # fmt: skip


OPS: list[Op] = [
    *(_record(name, form, bits, pair=True) for name, form in BINARY.items() for bits in form.widths),
    *(_record(name, form, bits, pair=False) for name, form in UNARY.items() for bits in form.widths),
    *(
        op(f"mean_int{bits}", [vector("x", -(2 ** (bits - 1)), 2 ** (bits - 1) - 1, integers=True, differentiable=False)],
           tensorflow=call(f"tf.cast(tf.math.reduce_mean(tf.cast(x, tf.int{bits}), axis=-1), x.dtype)", dtypes=HOLDING[bits]),
           orders=("value",), accuracy="exact", verified=PYTHON, topics=INTEGERS)
        for bits in (8, 32)
    ),
]  # fmt: skip
