"""Recipes and strategies: deterministic, of the right shapes, inside the domains; explore climbs and lets exceptions out."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ulpfuzz.fuzzer.case import COTANGENT
from ulpfuzz.fuzzer.catalog.op import Op, matrix, op, scalar, vector
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.formats import FORMATS, UnknownName
from ulpfuzz.fuzzer.inputs import regions
from ulpfuzz.fuzzer.inputs.grid import special_batch
from ulpfuzz.fuzzer.inputs.recipe import Draw, Recipe
from ulpfuzz.fuzzer.inputs.strategies import cases, draw_recipes, explore, recipes, variants

UNARY = op("exp", [scalar("x")])
BINARY = op("atan2", [scalar("y"), scalar("x", low=0.0)])
COUNTED = op("counted", [scalar("n", low=0, high=20, integers=True), scalar("x", low=-1, high=1)])
SOFTMAX = op("softmax", [vector("x")])
SUM = op("sum", [vector("x")])
TWO_VECTORS = op("dot", [vector("x"), vector("y")])
PROBABILITIES = op("entropies", [vector("p", low=0, high=1)], definition="sum", min_length=2)
MATRICES = op("matrices", [matrix("a"), vector("b")], definition="sum")
OPS = [UNARY, BINARY, COUNTED, SOFTMAX, SUM, TWO_VECTORS, PROBABILITIES, MATRICES]
SHORT = [1, 2, 3, 8]
dtypes = st.sampled_from(list(FORMATS))


def recipes_of(record: Op, dtype: str = "float32", **options):
    return recipes(record, dtype, rows=64, lengths=[n for n in SHORT if n >= record.min_length], **options)


@settings(max_examples=200)
@given(st.sampled_from(OPS), dtypes, st.data())
def test_cousins_differ_and_expand_as_the_recipe_does(record: Op, dtype: str, data: st.DataObject) -> None:
    recipe = data.draw(recipes_of(record, dtype))
    family = variants(record, dtype, recipe, 4)
    assert family == variants(record, dtype, recipe, 4)
    assert family[0] == recipe
    assert len({r.seed for r in family}) == 4
    shapes = [{n: v.shape for n, v in r.expand(record, None, dtype).inputs.items()} for r in family]
    assert all(shape == shapes[0] for shape in shapes)


def test_cousins_of_a_scalar_come_from_the_regions_in_turn() -> None:
    positive = op("log", [scalar("x", low=0.0)])
    names = regions.regions_of(FORMATS["float32"], (0.0, math.inf))
    family = variants(positive, "float32", Recipe(1, 8, (Draw((names[-2], "landmarks")),)), 4)
    assert [r.draws[0].regions for r in family] == [(n, "landmarks") for n in (names[-2], names[-1], names[0], names[1])]
    windows = variants(positive, "float32", Recipe(1, 8, (Draw((), spread=25),)), 4)
    assert [r.draws[0].spread for r in windows] == [25, 27, 28, 28]


@settings(max_examples=200)
@given(st.sampled_from(OPS), dtypes, st.data())
def test_a_recipe_expands_to_the_promised_batch(record: Op, dtype: str, data: st.DataObject) -> None:
    marks = {record.inputs[-1].name: (0.25, 0.5)}
    recipe = data.draw(recipes_of(record, dtype, landmarks=marks))
    batch = recipe.expand(record, None, dtype, landmarks=marks)
    again = recipe.expand(record, None, dtype, landmarks=marks)
    assert list(batch.inputs) == [i.name for i in record.inputs]
    for spec in record.inputs:
        values = batch.inputs[spec.name]
        assert values.tobytes() == again.inputs[spec.name].tobytes()
        assert values.dtype == batch.format.dtype
        assert values.shape == (recipe.rows, *[recipe.length] * len(spec.axes))
        wide = values.astype(np.float64)
        if not recipe.specials:
            masked = len(spec.axes) == 1 and recipe.draws[record.inputs.index(spec)].arrangement == "masked"
            assert np.isfinite(wide).all() or masked
            wide = wide[np.isfinite(wide)]
            assert ((wide >= spec.low) & (wide <= spec.high)).all()
        if spec.integers:
            assert (wide == np.rint(wide)).all()


def test_the_same_seed_gives_the_same_recipes() -> None:
    one = draw_recipes(UNARY, "float32", seed=7, count=250)
    assert one == draw_recipes(UNARY, "float32", seed=7, count=250)
    assert len(one) == 250
    assert one[:5] != draw_recipes(UNARY, "float32", seed=8, count=5)
    assert len(set(one)) == len({recipe.seed for recipe in one}) == 250


def test_recipes_do_not_depend_on_what_a_process_imported(tmp_path) -> None:
    """Hypothesis draws constants that it finds in local modules; ours must not see them."""
    (tmp_path / "full_of_constants.py").write_text("VALUES = [" + ", ".join(str(n) for n in range(2, 3000)) + "]\n")
    program = (
        "import sys, hashlib; sys.path.insert(0, sys.argv[1]);"
        "(__import__('full_of_constants') if sys.argv[2] == 'with' else None);"
        "from ulpfuzz.fuzzer.catalog.op import op, scalar;"
        "from ulpfuzz.fuzzer.inputs.strategies import draw_recipes;"
        "drawn = draw_recipes(op('exp', [scalar('x')]), 'float32', seed=1, count=150);"
        "print(hashlib.sha256(repr(drawn).encode()).hexdigest())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path), which], capture_output=True, text=True, check=True, timeout=120
        ).stdout
        for which in ("with", "without")
    }
    assert len(outputs) == 1


@given(dtypes, st.integers(0, 2**40))
def test_special_values_are_planted_in_their_share_of_rows(dtype: str, seed: int) -> None:
    recipe = Recipe(seed, 1000, (Draw(("everyday",)), Draw(("everyday",))), specials=10)
    batch = recipe.expand(BINARY, None, dtype)
    odd = np.zeros(1000, bool)
    for values in batch.exact().values():
        odd |= ~np.isfinite(values) | (values == 0) | (np.abs(values) > 1024) | (np.abs(values) < 2.0**-10)
    assert 60 < odd.sum() <= 100


def test_strata_of_two_inputs_meet_in_all_combinations() -> None:
    recipe = Recipe(1, 900, (Draw(("near_max", "subnormal", "saturation")), Draw(("near_max", "subnormal", "saturation"))))
    batch = recipe.expand(BINARY, None, "float32")

    def kind(x: np.ndarray) -> np.ndarray:
        return np.where(np.abs(x) > 1e30, 0, np.where(np.abs(x) < 1e-30, 1, 2))

    pairs = kind(batch.inputs["y"]) * 3 + kind(batch.inputs["x"])
    assert sorted(np.bincount(pairs, minlength=9)) == [100] * 9


def test_relations_survive_expansion() -> None:
    recipe = Recipe(1, 100, (Draw(("everyday",)), Draw(("bits",))), relation="equal")
    batch = recipe.expand(op("hypot", [scalar("x"), scalar("y")]), None, "float16")
    assert (batch.inputs["x"] == batch.inputs["y"]).all()


@pytest.mark.parametrize(("record", "outputs"), [(SOFTMAX, 5), (SUM, 1)], ids=lambda v: getattr(v, "name", v))
def test_the_cotangent_has_the_shape_of_the_outputs(record: Op, outputs: int) -> None:
    recipe = Recipe(3, 20, (Draw(("everyday",)),), length=5, cotangent="bell")
    batch = recipe.expand(record, None, "float32", "grad")
    assert batch.inputs[COTANGENT].shape == (20, outputs)
    assert COTANGENT not in recipe.expand(record, None, "float32").inputs
    assert COTANGENT not in replace(recipe, length=1).expand(UNARY, None, "float32", "grad").inputs


@pytest.mark.parametrize("order", ["value", "grad"])
@pytest.mark.parametrize("record", [UNARY, BINARY, SOFTMAX, TWO_VECTORS, COUNTED], ids=lambda r: r.name)
def test_the_special_batch(record: Op, order: str) -> None:
    batch = special_batch(record, None, "float32", order)
    again = special_batch(record, None, "float32", order)
    assert 30 <= batch.rows <= 4096
    for name, values in batch.inputs.items():
        assert len(values) == batch.rows
        assert values.tobytes() == again.inputs[name].tobytes()
    plain = special_batch(record, None, "float32", specials=False)
    for spec in record.inputs:
        wide = plain.exact()[spec.name]
        assert ((wide >= spec.low) & (wide <= spec.high)).all()


@settings(max_examples=150)
@given(st.sampled_from(OPS), dtypes, st.data())
def test_a_case_is_one_row_of_the_format(record: Op, dtype: str, data: st.DataObject) -> None:
    case = data.draw(cases(record, dtype, specials=False))
    batch = case.batch()
    assert batch.rows == 1
    assert batch.case(0) == case
    for spec in record.inputs:
        wide = batch.exact()[spec.name]
        assert np.isfinite(wide).all()
        assert ((wide >= spec.low) & (wide <= spec.high)).all()
        assert not spec.integers or (wide == np.rint(wide)).all()


def test_cases_hold_special_values_where_asked() -> None:
    seen: set[str] = set()

    @settings(max_examples=1500, database=None, derandomize=True)
    @given(cases(UNARY, "float32"))
    def collect(case) -> None:
        seen.add(case.inputs["x"])

    collect()
    assert {"inf", "-inf", "nan"} <= seen


def test_explore_climbs_toward_the_score() -> None:
    """A score with one peak at ordinal 0x3F000000 is approached more closely than by chance."""
    peak = 0x3F000000

    def run(guided: bool) -> float:
        best = [math.inf]

        def judge(recipe: Recipe) -> float:
            draw = recipe.draws[0]
            distance = math.log2(1 + abs(draw.centre - peak)) if not draw.regions else 40.0
            best[0] = min(best[0], distance)
            return -distance if guided else math.nan

        explore(UNARY, "float32", seed=5, examples=400, judge=judge)
        return best[0]

    assert run(guided=True) < run(guided=False) - 5


def test_explore_calls_the_judge_as_often_as_asked_and_takes_infinite_scores() -> None:
    calls = []
    explore(UNARY, "float32", seed=1, examples=123, judge=lambda r: calls.append(r) or math.inf)
    assert len(calls) == 123


def test_what_the_judge_raises_propagates_at_once() -> None:
    calls = []

    def judge(recipe: Recipe) -> float:
        calls.append(recipe)
        if len(calls) == 7:
            raise RuntimeError("the target died")
        return 0.0

    with pytest.raises(RuntimeError, match="the target died"):
        explore(UNARY, "float32", seed=1, examples=50, judge=judge)
    assert len(calls) == 7


def test_mistakes_are_named() -> None:
    with pytest.raises(UnknownName, match="unknown region 'everday'; did you mean 'everyday'"):
        Recipe(0, 4, (Draw(("everday",)),)).expand(UNARY)
    with pytest.raises(UnknownName, match="unknown dtype"):
        recipes(UNARY, "float31")
    with pytest.raises(ValueError, match="has 1 draws"):
        Recipe(0, 4, (Draw(),)).expand(BINARY)
    with pytest.raises(ValueError, match="needs two scalar or two vector inputs"):
        Recipe(0, 4, (Draw(),), relation="equal").expand(UNARY)
    with pytest.raises(ValueError, match="at least 2 elements"):
        recipes(PROBABILITIES, "float32", lengths=[1])


def test_expansion_costs_no_python_per_row(monkeypatch) -> None:
    """The number of draws from the generator does not grow with the rows."""
    counts = []
    original = regions._raw
    for rows in (10, 10_000):
        calls = []
        monkeypatch.setattr(regions, "_raw", lambda rng, n, calls=calls: calls.append(n) or original(rng, n))
        Recipe(0, rows, (Draw(("landmarks", "integers", "bits")),)).expand(UNARY, None, "float32", landmarks={"x": (1.0, 2.0)})
        counts.append(len(calls))
    assert counts[0] == counts[1]


def test_directions_by_order() -> None:
    """Cotangents for grad and grad2, tangents for jvp and grad2, along the differentiable inputs; neither for elementwise ops."""
    from ulpfuzz.fuzzer.case import TANGENT
    from ulpfuzz.fuzzer.catalog.registry import op_named
    from ulpfuzz.fuzzer.inputs.grid import special_batch
    from ulpfuzz.fuzzer.inputs.recipe import ALONG, TANGENTS

    loss = op_named("cosine_similarity")
    for tangent in TANGENTS:
        recipe = Recipe(3, 8, (Draw(("everyday",)),) * 2, length=4, tangent=tangent)
        names = {
            order: set(recipe.expand(loss, None, "float32", order).inputs) - {"x", "y"}
            for order in ("value", "grad", "jvp", "grad2")
        }
        assert names == {"value": set(), "grad": {COTANGENT}, "jvp": {TANGENT}, "grad2": {COTANGENT, TANGENT}}
        batch = recipe.expand(loss, None, "float32", "grad2")
        assert batch.inputs[TANGENT].shape == (8, 8)
        if tangent == ALONG:
            along = batch
    np.testing.assert_array_equal(along.inputs[TANGENT], np.concatenate([along.inputs["x"], along.inputs["y"]], axis=1))
    sparse = op_named("sparse_cross_entropy")  # its class index is not differentiated by
    assert special_batch(sparse, {}, "float32", "jvp").inputs[TANGENT].shape[1] == 3
    assert set(special_batch(op_named("exp"), {}, "float32", "grad2").inputs) == {"x"}


def test_no_rows_have_every_structure() -> None:
    from ulpfuzz.fuzzer.catalog.op import vector
    from ulpfuzz.fuzzer.formats import format_named
    from ulpfuzz.fuzzer.inputs.structures import satisfy

    fmt = format_named("float32")
    assert satisfy(fmt, vector("x", structure="ascending"), np.zeros((0, 3), np.float32)).shape == (0, 3)


def test_guarded_ops_see_no_special_values() -> None:
    """A framework that checks its inputs would raise for the whole batch."""
    op = ops()["binary_cross_entropy"]
    batches = [special_batch(op), *(recipe.expand(op) for recipe in draw_recipes(op, "float32", seed=1, count=20, rows=64))]
    for batch in batches:
        for values in batch.exact().values():
            assert ((values >= 0) & (values <= 1)).all()
