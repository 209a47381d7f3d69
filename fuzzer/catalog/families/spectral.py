"""Fourier and cosine transforms, frames and windows. Errors of a transform are normwise: every output is a sum over all inputs."""

from __future__ import annotations

from typing import Any

from ulpfuzz.fuzzer.catalog.op import FORMULA, RATIONALS, Implementation, Op, call, matrix, op, peer, tensor, vector

WIDE = ("float32", "float64")
NO_BFLOAT16 = ("float16", "float32", "float64")
COMPLEX = ("complex64", "complex128")
FFT, COSINE, WINDOW, FRAMES = ("fft",), ("fft", "cosine transform"), ("windows",), ("fft", "frames")
Z = [vector("x", complex=True)]
X = [vector("x")]
NORMS = {"norm": ("backward", "ortho", "forward")}
BACKWARD = {"norm": ("backward",)}
#: Definitions are sums over all pairs; powers of two, primes and others go through different algorithms.
LENGTHS = (1, 2, 3, 4, 5, 8, 16, 17)
SHORT = (1, 2, 3, 4)
#: h rows of l numbers.
PLANES: dict[str, tuple[int, ...]] = {"h": (3, 1, 2, 4, 8), "l": (3, 1, 2, 4, 5, 16, 17)}
PLANE: dict[str, Any] = {"axes": PLANES, "result": ("h", "l", 2)}
#: Windows are exact to the last place of their peak, not of their ends.
WINDOW_LENGTHS = (1, 2, 4, 8, 16, 64, 69, 1000)
SYMMETRIC = {"periodic": (False,)}
PERIODIC: dict[str, Any] = {"periodic": (False, True)}
SCIPY = "scipy, 1e-12"


def _transform(**rest: Any) -> dict[str, Any]:
    return {"error_norm": "all", "accuracy": "accumulating", "verified": FORMULA, "topics": FFT, **rest}


def _window(**rest: Any) -> dict[str, Any]:
    return {"accuracy": "composite", "lengths": WINDOW_LENGTHS, "verified": SCIPY, "topics": WINDOW, **rest}


def _plain(*expressions: str) -> list[Implementation]:
    """Calls of numpy's windows, which have one number of params and no dtype."""
    return [call(expression, when=SYMMETRIC) for expression in expressions]


def _torch(function: str) -> Implementation:
    """A window of torch.signal.windows."""
    return call(f"x * {function}(x.shape[-1], sym=not periodic, dtype=x.dtype, device=x.device)", dtypes=WIDE)


OPS: list[Op] = [
    op("fft", Z, torch="torch.fft.fft(x, norm=norm)",
       tensorflow=[call("tf.signal.fft(x)", when=BACKWARD), call("tf.complex(*tf.keras.ops.fft((tf.math.real(x), tf.math.imag(x))))", when=BACKWARD)],
       jax=["jnp.fft.fft(x, norm=norm)", call("jax.lax.fft(x, 'FFT', x.shape[1:])", when=BACKWARD)], numpy=peer("np.fft.fft(x, norm=norm)", COMPLEX),
       params=NORMS, lengths=LENGTHS, **_transform()),
    op("ifft", Z, torch="torch.fft.ifft(x, norm=norm)", tensorflow=call("tf.signal.ifft(x)", when=BACKWARD),
       jax=["jnp.fft.ifft(x, norm=norm)", call("jax.lax.fft(x, 'IFFT', x.shape[1:])", when=BACKWARD)],
       numpy=peer("np.fft.ifft(x, norm=norm)", COMPLEX), params=NORMS, lengths=LENGTHS, **_transform()),
    op("fft2", [matrix("x", rows="h", columns="l", complex=True)], torch=["torch.fft.fft2(x)", "torch.fft.fftn(x, dim=(-2, -1))"],
       tensorflow=["tf.signal.fft2d(x)", "tf.complex(*tf.keras.ops.fft2((tf.math.real(x), tf.math.imag(x))))"],
       jax=["jnp.fft.fft2(x)", "jnp.fft.fftn(x, axes=(-2, -1))"], numpy=peer("np.fft.fft2(x)", COMPLEX), **PLANE, **_transform()),
    op("ifft2", [matrix("x", rows="h", columns="l", complex=True)], torch="torch.fft.ifft2(x)",
       tensorflow=["tf.signal.ifft2d(x)", "tf.complex(*tf.keras.ops.ifft2((tf.math.real(x), tf.math.imag(x))))"],
       jax="jnp.fft.ifft2(x)", numpy=peer("np.fft.ifft2(x)", COMPLEX), **PLANE, **_transform()),
    op("rfft", X, torch=call("torch.fft.rfft(x, norm=norm)", dtypes=WIDE),
       tensorflow=[call("tf.signal.rfft(x)", dtypes=WIDE, when=BACKWARD), call("tf.complex(*tf.keras.ops.rfft(x))", dtypes=WIDE, when=BACKWARD)],
       jax=[call("jnp.fft.rfft(x, norm=norm)", dtypes=WIDE), call("jax.lax.fft(x, 'RFFT', x.shape[1:])", dtypes=WIDE, when=BACKWARD)],
       numpy=peer("np.fft.rfft(x, norm=norm)", WIDE), params=NORMS, complex_result=True, lengths=LENGTHS, **_transform()),
    op("ihfft", X, torch=call("torch.fft.ihfft(x, norm=norm)", dtypes=WIDE), jax=call("jnp.fft.ihfft(x, norm=norm)", dtypes=WIDE),
       numpy=peer("np.fft.ihfft(x, norm=norm)", WIDE), params=NORMS, complex_result=True, lengths=LENGTHS, **_transform()),
    op("irfft", Z, torch="torch.fft.irfft(x, norm=norm)", tensorflow=call("tf.signal.irfft(x)", when=BACKWARD),
       jax="jnp.fft.irfft(x, norm=norm)", numpy=peer("np.fft.irfft(x, norm=norm)", COMPLEX), params=NORMS,
       lengths=(2, 3, 5, 8, 9), min_length=2, **_transform()),
    op("hfft", Z, torch="torch.fft.hfft(x, norm=norm)", jax="jnp.fft.hfft(x, norm=norm)", numpy=peer("np.fft.hfft(x, norm=norm)", COMPLEX),
       params=NORMS, lengths=(2, 3, 5, 8, 9), min_length=2, **_transform()),
    op("dct1", X, tensorflow=call("tf.signal.dct(x, type=1)", dtypes=WIDE), numpy=peer("scipy.fft.dct(x, 1)", WIDE),
       lengths=(2, 3, 5, 8, 16), min_length=2, **_transform(topics=COSINE)),
    op("dct2", X, tensorflow=call("tf.signal.dct(x, norm=norm)", dtypes=WIDE), jax=call("jax.scipy.fft.dct(x, norm=norm)", dtypes=WIDE),
       numpy=peer("scipy.fft.dct(x, norm=norm)", WIDE), params={"norm": (None, "ortho")}, lengths=LENGTHS, **_transform(topics=COSINE)),
    op("dct3", X, tensorflow=call("tf.signal.dct(x, type=3, norm=norm)", dtypes=WIDE), numpy=peer("scipy.fft.dct(x, 3, norm=norm)", WIDE),
       params={"norm": (None, "ortho")}, lengths=LENGTHS, **_transform(topics=COSINE)),
    op("dct4", X, tensorflow=call("tf.signal.dct(x, type=4, norm=norm)", dtypes=WIDE), numpy=peer("scipy.fft.dct(x, 4, norm=norm)", WIDE),
       params={"norm": (None, "ortho")}, lengths=LENGTHS, **_transform(topics=COSINE)),
    op("idct2", X, tensorflow=[call("tf.signal.idct(x, norm=norm) / (2 * x.shape[-1])", dtypes=WIDE, when={"norm": (None,)}),
                               call("tf.signal.idct(x, norm=norm)", dtypes=WIDE, when={"norm": ("ortho",)})],
       jax=call("jax.scipy.fft.idct(x, norm=norm)", dtypes=WIDE), numpy=peer("scipy.fft.idct(x, norm=norm)", WIDE),
       params={"norm": (None, "ortho")}, lengths=LENGTHS, **_transform(topics=COSINE)),
    op("dctn", [matrix("x", rows="h", columns="l")], jax=call("jax.scipy.fft.dctn(x, axes=(-2, -1))", dtypes=WIDE),
       numpy=peer("scipy.fft.dctn(x, axes=(-2, -1))", WIDE),
       axes=PLANES, result=("h", "l"), **_transform(topics=COSINE)),
    op("mfccs", X, tensorflow=call("tf.signal.mfccs_from_log_mel_spectrograms(x)", dtypes=WIDE), lengths=LENGTHS, **_transform(topics=COSINE)),
    op("hann_window", X,
       torch=["x * torch.hann_window(x.shape[-1], periodic=periodic, dtype=x.dtype, device=x.device)", _torch("torch.signal.windows.hann")],
       tensorflow=["x * tf.signal.hann_window(x.shape[-1], periodic, x.dtype)", *_plain("x * tf.cast(tf.keras.ops.hanning(x.shape[-1]), x.dtype)")],
       jax=_plain("x * jnp.hanning(x.shape[-1]).astype(x.dtype)"),
       numpy=peer("x * scipy.signal.windows.hann(x.shape[-1], not periodic).astype(x.dtype)"), params=PERIODIC, **_window()),
    op("hamming_window", X,
       torch=["x * torch.hamming_window(x.shape[-1], periodic=periodic, dtype=x.dtype, device=x.device)", _torch("torch.signal.windows.hamming")],
       tensorflow=["x * tf.signal.hamming_window(x.shape[-1], periodic, x.dtype)",
                   *_plain("x * tf.cast(tf.keras.ops.hamming(x.shape[-1]), x.dtype)")],
       jax=_plain("x * jnp.hamming(x.shape[-1]).astype(x.dtype)"),
       numpy=peer("x * scipy.signal.windows.hamming(x.shape[-1], not periodic).astype(x.dtype)"), params=PERIODIC, **_window()),
    op("blackman_window", X,
       torch=["x * torch.blackman_window(x.shape[-1], periodic=periodic, dtype=x.dtype, device=x.device)", _torch("torch.signal.windows.blackman")],
       tensorflow=_plain("x * tf.cast(tf.keras.ops.blackman(x.shape[-1]), x.dtype)"), jax=_plain("x * jnp.blackman(x.shape[-1]).astype(x.dtype)"),
       numpy=peer("x * scipy.signal.windows.blackman(x.shape[-1], not periodic).astype(x.dtype)"), params=PERIODIC, **_window()),
    op("bartlett_window", X,
       torch=["x * torch.bartlett_window(x.shape[-1], periodic=periodic, dtype=x.dtype, device=x.device)", _torch("torch.signal.windows.bartlett")],
       tensorflow=_plain("x * tf.cast(tf.keras.ops.bartlett(x.shape[-1]), x.dtype)"), jax=_plain("x * jnp.bartlett(x.shape[-1]).astype(x.dtype)"),
       numpy=peer("x * scipy.signal.windows.bartlett(x.shape[-1], not periodic).astype(x.dtype)"), params=PERIODIC, **_window()),
    op("nuttall_window", X, torch=_torch("torch.signal.windows.nuttall"),
       numpy=peer("x * scipy.signal.windows.nuttall(x.shape[-1], not periodic).astype(x.dtype)"), params=PERIODIC, **_window()),
    op("cosine_window", X, torch=_torch("torch.signal.windows.cosine"),
       numpy=peer("x * scipy.signal.windows.cosine(x.shape[-1], not periodic).astype(x.dtype)"), params=PERIODIC, **_window()),
    op("exponential_window", X, torch=call("x * torch.signal.windows.exponential(x.shape[-1], tau=tau, dtype=x.dtype, device=x.device)", dtypes=WIDE),
       numpy=peer("x * scipy.signal.windows.exponential(x.shape[-1], tau=tau).astype(x.dtype)"), params={"tau": (8.0,)}, **_window()),
    op("gaussian_window", X, torch=call("x * torch.signal.windows.gaussian(x.shape[-1], std=std, dtype=x.dtype, device=x.device)", dtypes=WIDE),
       numpy=peer("x * scipy.signal.windows.gaussian(x.shape[-1], std).astype(x.dtype)"), params={"std": (8.0,)}, **_window()),
    op("kaiser_window", X,
       torch=["x * torch.kaiser_window(x.shape[-1], periodic, beta, dtype=x.dtype, device=x.device)",
              call("x * torch.signal.windows.kaiser(x.shape[-1], beta=beta, sym=not periodic, dtype=x.dtype, device=x.device)", dtypes=WIDE)],
       tensorflow=[call("x * tf.signal.kaiser_window(x.shape[-1], beta, x.dtype)", dtypes=NO_BFLOAT16, when=SYMMETRIC),
                   *_plain("x * tf.cast(tf.keras.ops.kaiser(x.shape[-1], beta), x.dtype)")],
       jax=_plain("x * jnp.kaiser(x.shape[-1], beta).astype(x.dtype)"),
       numpy=peer("x * scipy.signal.windows.kaiser(x.shape[-1], beta, not periodic).astype(x.dtype)"),
       params={**PERIODIC, "beta": (12.0,)}, **_window(lengths=(1, 2, 4, 8, 16, 64, 69))),
    op("kaiser_bessel_derived_window", [vector("x", size="2n")],
       tensorflow=call("x * tf.signal.kaiser_bessel_derived_window(x.shape[-1], beta, x.dtype)", dtypes=NO_BFLOAT16),
       numpy=peer("x * scipy.signal.windows.kaiser_bessel_derived(x.shape[-1], beta).astype(x.dtype)"), params={"beta": (12.0,)},
       **_window(lengths=(1, 2, 4, 8, 16))),
    op("vorbis_window", X, tensorflow="x * tf.signal.vorbis_window(x.shape[-1], x.dtype)", **_window(verified=FORMULA)),
    op("stft", [vector("x", size="n+7")],
       torch=call("torch.stft(x, 8, 2, window=torch.hann_window(8, dtype=x.dtype, device=x.device), center=False, "
                  "return_complex=True).mT", dtypes=WIDE),
       tensorflow=[call("tf.signal.stft(x, 8, 2)", dtypes=WIDE), call("tf.complex(*tf.keras.ops.stft(x, 8, 2, 8, center=False))", dtypes=WIDE)],
       jax=call("4 * jax.scipy.signal.stft(x, nperseg=8, noverlap=6, boundary=None, padded=False)[2].mT", dtypes=WIDE),
       complex_result=True, lengths=SHORT, **_transform(topics=FRAMES)),
    op("overlap_and_add", [tensor("x", (3, "n"))],
       torch="torch.nn.functional.fold(x.mT, (1, 4 + x.shape[-1]), (1, x.shape[-1]), stride=(1, 2))[:, 0, 0]",
       tensorflow="tf.signal.overlap_and_add(x, 2)", accuracy="accumulating", lengths=(1, 2, 3, 5, 8, 17), verified=RATIONALS, topics=("frames",)),
    op("mdct", [vector("x", size="4n+4")], tensorflow=call("tf.signal.mdct(x, 8, norm='ortho')", dtypes=WIDE), lengths=SHORT,
       **_transform(topics=FRAMES)),
    op("mel_filter_bank", X,
       tensorflow="tf.linalg.matvec(tf.signal.linear_to_mel_weight_matrix(4, x.shape[-1], 8000, 125.0, 3800.0, x.dtype), x, transpose_a=True)",
       lengths=(5, 9, 17, 33, 129), min_length=5, **_transform(topics=("frames",))),
    op("detrend", X, jax=call("jax.scipy.signal.detrend(x, type=type)", dtypes=WIDE), numpy=peer("scipy.signal.detrend(x, type=type)", WIDE),
       params={"type": ("linear", "constant")}, min_length=3, lengths=(3, 5, 8, 17, 64), **_transform(verified=RATIONALS, topics=("frames",))),
]  # fmt: skip
