"""Functions defined by integrals; DLMF chapters 6, 7, 8.19 and 25.12."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog import pages
from ulpfuzz.fuzzer.catalog.op import ARB, FORMULA, Documented, Op, call, domain, op, peer, scalar

SPECIAL = ("special functions",)
X = [scalar("x")]
RIGHT = [scalar("x", 0)]
WIDE = ("float32", "float64")

OPS: list[Op] = [
    op("erfcx", X, torch=call("torch.special.erfcx(x)", dtypes=WIDE), jax="jax.scipy.special.erfcx(x)", accuracy="special",
       numpy=peer("scipy.special.erfcx(x)", WIDE), verified=ARB, topics=SPECIAL),
    op("erfcinv", [scalar("x", 0, 2)], tensorflow=call("tf.math.erfcinv(x)", dtypes=WIDE), accuracy="special", absolute_near_zeros=True,
       numpy=peer("scipy.special.erfcinv(x)", WIDE), verified=ARB, topics=SPECIAL,
       documented=(domain("x>=0,x<=2", pages.scipy("scipy.special.erfcinv"), "domain [0, 2]", frameworks=("numpy",)),)),
    op("ndtri", [scalar("x", 0, 1)], torch=call("torch.special.ndtri(x)", dtypes=WIDE), tensorflow=call("tf.math.ndtri(x)", dtypes=WIDE),
       jax=call("jax.scipy.special.ndtri(x)", dtypes=WIDE), accuracy="special", absolute_near_zeros=True, numpy=peer("scipy.special.ndtri(x)", WIDE),
       verified=FORMULA, topics=SPECIAL),
    op("dawsn", X, tensorflow=call("tf.math.special.dawsn(x)", dtypes=WIDE), jax="jax.scipy.special.dawsn(x)", accuracy="special",
       numpy=peer("scipy.special.dawsn(x)", WIDE), verified=FORMULA, topics=SPECIAL),
    op("expi", RIGHT, tensorflow=call("tf.math.special.expint(x)", dtypes=WIDE), jax="jax.scipy.special.expi(x)",
       accuracy="special", absolute_near_zeros=True,
       numpy=peer("scipy.special.expi(x)", WIDE), source="tf.math.special.expint: of positive numbers", verified=ARB, topics=SPECIAL,
       documented=(domain("x>0", pages.tensorflow("tf.math.special.expint"), "defined for positive numbers", frameworks=("tensorflow",)),)),
    op("expi_negative", [scalar("x", high=0)], jax="jax.scipy.special.expi(x)", definition="expi", accuracy="special",
       numpy=peer("scipy.special.expi(x)", WIDE), verified=ARB, topics=SPECIAL),
    op("exp1", RIGHT, jax=call("jax.scipy.special.exp1(x)", without=("grad2",)), accuracy="special", numpy=peer("scipy.special.exp1(x)", WIDE),
       verified=ARB, topics=SPECIAL),
    op("expn", RIGHT, jax=call("jax.scipy.special.expn(n, x)", without=("grad2",)), accuracy="special",
       numpy=peer("scipy.special.expn(n, x)", ("float64",)),
       params={"n": (2, 5, 1)}, verified=ARB, topics=SPECIAL,
       documented=(domain("x>=0", pages.scipy("scipy.special.expn"), "nonnegative n and x", frameworks=("numpy",)),)),
    op("sine_integral", X, jax="jax.scipy.special.sici(x)[0]", accuracy="special", numpy=peer("scipy.special.sici(x)[0]", WIDE),
       verified=ARB, topics=SPECIAL),
    op("cosine_integral", RIGHT, jax="jax.scipy.special.sici(x)[1]", accuracy="special", absolute_near_zeros=True,
       numpy=peer("scipy.special.sici(x)[1]", WIDE), verified=ARB, topics=SPECIAL,
       documented=(Documented("for x < 0 the real part", pages.scipy("scipy.special.sici"), where="x<0", definition="cosine_integral_real_part",
                             frameworks=("numpy",)),)),
    op("fresnel_sin", X, tensorflow=call("tf.math.special.fresnel_sin(x)", dtypes=WIDE), jax="jax.scipy.special.fresnel(x)[0]", accuracy="special",
       numpy=peer("scipy.special.fresnel(x)[0]", WIDE), source="tf.math.special.fresnel_sin: the first output of scipy.special.fresnel",
       verified=ARB, topics=SPECIAL,
       documented=(Documented("the accuracy is guaranteed in [-10, 10] only", pages.jax("jax.scipy.special.fresnel"), where="x>10|x<-10",
                             frameworks=("jax",)),)),
    op("fresnel_cos", X, tensorflow=call("tf.math.special.fresnel_cos(x)", dtypes=WIDE), jax="jax.scipy.special.fresnel(x)[1]", accuracy="special",
       numpy=peer("scipy.special.fresnel(x)[1]", WIDE), source="tf.math.special.fresnel_cos: the second output of scipy.special.fresnel",
       verified=ARB, topics=SPECIAL,
       documented=(Documented("the accuracy is guaranteed in [-10, 10] only", pages.jax("jax.scipy.special.fresnel"), where="x>10|x<-10",
                             frameworks=("jax",)),)),
    op("spence", RIGHT, tensorflow=call("tf.math.special.spence(x)", dtypes=WIDE), jax=call("jax.scipy.special.spence(x)", dtypes=WIDE),
       accuracy="special", absolute_near_zeros=True,
       numpy=peer("scipy.special.spence(x)", WIDE), verified=FORMULA, topics=SPECIAL,
       documented=(domain("x>=0", pages.tensorflow("tf.math.special.spence"), "defined for non-negative numbers", frameworks=("tensorflow",)),
                   domain("x>0", pages.jax("jax.scipy.special.spence"), "defined for positive numbers", frameworks=("jax",)),)),
]  # fmt: skip
