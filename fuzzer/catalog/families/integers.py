"""Arithmetic of integers of 8, 16 and 32 bits. Inputs are whole numbers in a floating-point format that holds them exactly; the
calls cast them, and their results back."""

from __future__ import annotations

from dataclasses import dataclass

from ulpfuzz.fuzzer.catalog.op import DTYPES, Implementation, Op, call, op, peer, scalar, vector

INTEGERS = ("integer arithmetic",)
PYTHON = "Python's integers"
#: Formats that hold all numbers of the width and its results.
HOLDING = {8: DTYPES, 16: ("float32", "float64"), 32: ("float64",)}


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


#: x.to(int) in each framework, by width; {0} is the expression.
_TO = {
    "torch": {8: "{0}.to(torch.int8)", 16: "{0}.to(torch.int16)", 32: "{0}.to(torch.int32)"},
    "tensorflow": {8: "tf.cast({0}, tf.int8)", 16: "tf.cast({0}, tf.int16)", 32: "tf.cast({0}, tf.int32)"},
    "jax": {8: "{0}.astype(jnp.int8)", 16: "{0}.astype(jnp.int16)", 32: "{0}.astype(jnp.int32)"},
    "numpy": {8: "{0}.astype(np.int8)", 16: "{0}.astype(np.int16)", 32: "{0}.astype(np.int32)"},
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
    "add": Form(
        torch=("torch.add(x, y)",), tensorflow=("tf.math.add(x, y)", "tf.keras.ops.add(x, y)", "tf.experimental.numpy.add(x, y)"),
        jax=("jnp.add(x, y)", "jax.lax.add(x, y)"), numpy=("np.add(x, y)",)),
    "sub": Form(
        torch=("torch.sub(x, y)",),
        tensorflow=("tf.math.subtract(x, y)", "tf.keras.ops.subtract(x, y)", "tf.experimental.numpy.subtract(x, y)"),
        jax=("jnp.subtract(x, y)", "jax.lax.sub(x, y)"), numpy=("np.subtract(x, y)",)),
    "mul": Form(
        torch=("torch.mul(x, y)",),
        tensorflow=("tf.math.multiply(x, y)", "tf.keras.ops.multiply(x, y)", "tf.experimental.numpy.multiply(x, y)"),
        jax=("jnp.multiply(x, y)", "jax.lax.mul(x, y)"), numpy=("np.multiply(x, y)",)),
    "mulhi": Form(jax=("jax.lax.mulhi(x, y)",)),
    "floor_divide": Form(
        torch=("torch.floor_divide(x, y)", "torch.div(x, y, rounding_mode='floor')"),
        tensorflow=("tf.math.floordiv(x, y)", "tf.keras.ops.floor_divide(x, y)", "tf.experimental.numpy.floor_divide(x, y)"),
        jax=("jnp.floor_divide(x, y)",), numpy=("np.floor_divide(x, y)",), narrow=True, divisor=True),
    "trunc_divide": Form(
        torch=("torch.div(x, y, rounding_mode='trunc')",), tensorflow=("tf.truncatediv(x, y)",), jax=("jax.lax.div(x, y)",),
        narrow=True, divisor=True),
    "remainder": Form(
        torch=("torch.remainder(x, y)",),
        tensorflow=("tf.math.floormod(x, y)", "tf.keras.ops.mod(x, y)", "tf.experimental.numpy.remainder(x, y)"),
        jax=("jnp.remainder(x, y)",), numpy=("np.remainder(x, y)",), narrow=True, divisor=True),
    "fmod": Form(
        torch=("torch.fmod(x, y)",), tensorflow=("tf.truncatemod(x, y)", "tf.keras.ops.fmod(x, y)"),
        jax=("jnp.fmod(x, y)", "jax.lax.rem(x, y)"), numpy=("np.fmod(x, y)",), narrow=True, divisor=True),
    "pow": Form(
        torch=("torch.pow(x, y)",), tensorflow=("tf.math.pow(x, y)", "tf.keras.ops.power(x, y)", "tf.experimental.numpy.power(x, y)"),
        jax=("jnp.power(x, y)",), numpy=("np.power(x, y)",), second=(0, 7)),
    "left_shift": Form(
        torch=("torch.bitwise_left_shift(x, y)",), tensorflow=("tf.bitwise.left_shift(x, y)", "tf.keras.ops.left_shift(x, y)"),
        jax=("jnp.left_shift(x, y)", "jax.lax.shift_left(x, y)"), numpy=("np.left_shift(x, y)",), second=(0, -1)),
    "right_shift": Form(
        torch=("torch.bitwise_right_shift(x, y)",), tensorflow=("tf.bitwise.right_shift(x, y)", "tf.keras.ops.right_shift(x, y)"),
        jax=("jnp.right_shift(x, y)", "jax.lax.shift_right_arithmetic(x, y)"), numpy=("np.right_shift(x, y)",), second=(0, -1)),
    "logical_shift": Form(jax=("jax.lax.shift_right_logical(x, y)",), second=(0, -1)),
    "bitwise_and": Form(
        torch=("torch.bitwise_and(x, y)",),
        tensorflow=("tf.bitwise.bitwise_and(x, y)", "tf.keras.ops.bitwise_and(x, y)", "tf.experimental.numpy.bitwise_and(x, y)"),
        jax=("jnp.bitwise_and(x, y)", "jax.lax.bitwise_and(x, y)"), numpy=("np.bitwise_and(x, y)",)),
    "bitwise_or": Form(
        torch=("torch.bitwise_or(x, y)",),
        tensorflow=("tf.bitwise.bitwise_or(x, y)", "tf.keras.ops.bitwise_or(x, y)", "tf.experimental.numpy.bitwise_or(x, y)"),
        jax=("jnp.bitwise_or(x, y)", "jax.lax.bitwise_or(x, y)"), numpy=("np.bitwise_or(x, y)",)),
    "bitwise_xor": Form(
        torch=("torch.bitwise_xor(x, y)",),
        tensorflow=("tf.bitwise.bitwise_xor(x, y)", "tf.keras.ops.bitwise_xor(x, y)", "tf.experimental.numpy.bitwise_xor(x, y)"),
        jax=("jnp.bitwise_xor(x, y)", "jax.lax.bitwise_xor(x, y)"), numpy=("np.bitwise_xor(x, y)",)),
    "gcd": Form(
        torch=("torch.gcd(x, y)",), tensorflow=("tf.keras.ops.gcd(x, y)", "tf.experimental.numpy.gcd(x, y)"), jax=("jnp.gcd(x, y)",),
        numpy=("np.gcd(x, y)",), narrow=True),
    "lcm": Form(
        torch=("torch.lcm(x, y)",), tensorflow=("tf.keras.ops.lcm(x, y)", "tf.experimental.numpy.lcm(x, y)"), jax=("jnp.lcm(x, y)",),
        numpy=("np.lcm(x, y)",), limit=True),
}  # fmt: skip
UNARY: dict[str, Form] = {
    "neg": Form(
        torch=("torch.neg(x)",), tensorflow=("tf.math.negative(x)", "tf.keras.ops.negative(x)"), jax=("jnp.negative(x)", "jax.lax.neg(x)"),
        numpy=("np.negative(x)",)),
    "abs": Form(
        torch=("torch.abs(x)",), tensorflow=("tf.math.abs(x)", "tf.keras.ops.abs(x)"), jax=("jnp.abs(x)", "jax.lax.abs(x)"),
        numpy=("np.abs(x)",)),
    "square": Form(
        torch=("torch.square(x)",), tensorflow=("tf.math.square(x)", "tf.keras.ops.square(x)"),
        jax=("jnp.square(x)", "jax.lax.square(x)", "jax.lax.integer_pow(x, 2)"), numpy=("np.square(x)",)),
    "sign": Form(
        torch=("torch.sign(x)",), tensorflow=("tf.math.sign(x)", "tf.keras.ops.sign(x)"), jax=("jnp.sign(x)", "jax.lax.sign(x)"),
        numpy=("np.sign(x)",)),
    "bitwise_not": Form(
        torch=("torch.bitwise_not(x)",),
        tensorflow=("tf.bitwise.invert(x)", "tf.keras.ops.bitwise_invert(x)", "tf.experimental.numpy.bitwise_not(x)"),
        jax=("jnp.bitwise_invert(x)", "jax.lax.bitwise_not(x)"), numpy=("np.invert(x)",)),
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
        typed = ", ".join(_TO[framework][bits].format({"x": "x", "y": second}[a]) if a in ("x", "y") else a for a in taken)
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
           tensorflow=call(mean, dtypes=HOLDING[bits]),
           orders=("value",), accuracy="exact", verified=PYTHON, topics=INTEGERS)
        for bits, mean in (
            (8, "tf.cast(tf.math.reduce_mean(tf.cast(x, tf.int8), axis=-1), x.dtype)"),
            (32, "tf.cast(tf.math.reduce_mean(tf.cast(x, tf.int32), axis=-1), x.dtype)"))
    ),
]  # fmt: skip
