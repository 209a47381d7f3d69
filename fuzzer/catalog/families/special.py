"""Special functions of one real number."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog import pages
from ulpfuzz.fuzzer.catalog.op import ARB, FORMULA, Documented, Op, call, domain, op, peer, scalar

SPECIAL = ("special functions",)
X = [scalar("x")]
UNIT = [scalar("x", 0, 1)]
WIDE = ("float32", "float64")
NO_BFLOAT16 = ("float16", "float32", "float64")

OPS: list[Op] = [
    op("erf", X, torch="torch.erf(x)", tensorflow=["tf.math.erf(x)", "tf.keras.ops.erf(x)"],
       jax=["jax.scipy.special.erf(x)", "jax.lax.erf(x)"],
       numpy=peer("scipy.special.erf(x)", WIDE), keeps_zero_sign=True, source="C23 F.10.5: erf(+-0) is +-0",
       accuracy="elementary", verified=ARB, topics=SPECIAL),
    op("erfc", X, torch="torch.erfc(x)", tensorflow=["tf.math.erfc(x)", "tf.keras.ops.erfc(x)"],
       jax=["jax.scipy.special.erfc(x)", "jax.lax.erfc(x)"],
       numpy=peer("scipy.special.erfc(x)", WIDE), accuracy="special", verified=ARB, topics=SPECIAL),
    op("erfinv", [scalar("x", -1, 1)], torch="torch.erfinv(x)",
       tensorflow=[call("tf.math.erfinv(x)", dtypes=WIDE), "tf.keras.ops.erfinv(x)"],
       jax=["jax.scipy.special.erfinv(x)", "jax.lax.erf_inv(x)"], numpy=peer("scipy.special.erfinv(x)", WIDE),
       accuracy="special", verified=ARB, topics=SPECIAL,
       documented=(domain("x>=-1,x<=1", pages.scipy("scipy.special.erfinv"), "domain [-1, 1]", frameworks=("numpy",)),)),
    op("lgamma", X, torch="torch.lgamma(x)", tensorflow=call("tf.math.lgamma(x)", dtypes=NO_BFLOAT16, without=("grad2 float16",)),
       jax=["jax.scipy.special.gammaln(x)", "jax.lax.lgamma(x)"],
       numpy=peer("scipy.special.gammaln(x)", WIDE), accuracy="special", absolute_near_zeros=True,
       accepts={"x=-inf": float("inf")}, source="C23 F.10.5.3: lgamma(-inf) is +inf", verified=ARB, topics=SPECIAL),
    op("digamma", X, torch="torch.special.digamma(x)",
       tensorflow=call("tf.math.digamma(x)", dtypes=NO_BFLOAT16, grad_dtypes=WIDE), jax=["jax.scipy.special.digamma(x)", "jax.lax.digamma(x)"],
       numpy=peer("scipy.special.digamma(x)", WIDE), accuracy="special", absolute_near_zeros=True,
       accepts={"x=0": float("nan"), "x=-inf": float("nan")},
       source="DLMF 5.2.2: a pole with limits of both signs at 0; scipy, TensorFlow and JAX answer NaN or an infinity",
       verified=ARB, topics=SPECIAL),
    op("logit_clamped", UNIT, torch="torch.logit(x, eps=eps)", params={"eps": (2.0**-10, 2.0**-5)}, verified=FORMULA, topics=SPECIAL,
       source="https://docs.pytorch.org/docs/stable/generated/torch.logit.html"),
    op("logit", UNIT, torch="torch.logit(x)", jax="jax.scipy.special.logit(x)", numpy=peer("scipy.special.logit(x)", WIDE),
       verified=FORMULA, topics=SPECIAL),
    op("sinc", [scalar("x", everyday="angle")], torch="torch.sinc(x)", tensorflow=call("tf.experimental.numpy.sinc(x)", dtypes=NO_BFLOAT16),
       jax="jnp.sinc(x)",
       numpy=peer("np.sinc(x)"), accepts={"x=inf": float("nan"), "x=-inf": float("nan")},
       source="C23 F.10.1.6: sin(+-inf) is NaN, and with it numpy's formula", verified=FORMULA, topics=SPECIAL),
    op("entr", [scalar("x", 0)], torch="torch.special.entr(x)", jax="jax.scipy.special.entr(x)",
       numpy=peer("scipy.special.entr(x)", WIDE), accepts={"x<0": -float("inf")},
       source="torch.special.entr, scipy.special.entr: -inf for x < 0", verified=FORMULA, topics=SPECIAL,
       documented=(*(Documented("-inf otherwise, which is the case of a NaN", page, where="x=nan", value=-float("inf"), frameworks=(framework,))
                     for framework, page in (("jax", pages.jax("jax.scipy.special.entr")), ("numpy", pages.scipy("scipy.special.entr")))),)),
    op("ndtr", X, torch="torch.special.ndtr(x)", jax=call("jax.scipy.special.ndtr(x)", dtypes=WIDE),
       numpy=peer("scipy.special.ndtr(x)", WIDE),
       verified=FORMULA, topics=SPECIAL),
    op("log_ndtr", X, torch=call("torch.special.log_ndtr(x)", dtypes=WIDE),
       jax=call("jax.scipy.special.log_ndtr(x)", dtypes=WIDE),
       numpy=peer("scipy.special.log_ndtr(x)", WIDE), verified=FORMULA, topics=SPECIAL),
]  # fmt: skip
