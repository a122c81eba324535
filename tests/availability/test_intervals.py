"""The algebra of spans must be the algebra of the sets of integers that the spans stand for."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from infra24.availability import Span, intersect, subtract, union

Spans = list[Span]
spans = st.lists(st.tuples(st.integers(-20, 20), st.integers(-20, 20)), max_size=8)
"""Any pairs: overlapping, touching, empty and backwards, in any order."""
FAST = settings(max_examples=300, deadline=None, database=None)


def integers(of: Spans) -> set[int]:
    """The integers inside some span."""
    return {n for start, end in of for n in range(start, end)}


def is_tidy(of: Spans) -> bool:
    """Sorted, none empty, and none that touches the next."""
    return all(start < end for start, end in of) and all(one[1] < other[0] for one, other in pairwise(of))


@FAST
@given(spans)
def test_union_is_the_same_integers_as_tidy_spans(ours: Spans) -> None:
    assert integers(union(ours)) == integers(ours)
    assert is_tidy(union(ours))


@FAST
@given(spans, spans)
def test_intersect_is_the_integers_in_both(ours: Spans, theirs: Spans) -> None:
    shared = intersect(ours, theirs)
    assert integers(shared) == integers(ours) & integers(theirs)
    assert is_tidy(shared)


@FAST
@given(spans, spans)
def test_subtract_is_the_integers_in_ours_alone(ours: Spans, theirs: Spans) -> None:
    left = subtract(ours, theirs)
    assert integers(left) == integers(ours) - integers(theirs)
    assert is_tidy(left)


@FAST
@given(spans, spans, spans)
def test_order_and_grouping_do_not_matter(a: Spans, b: Spans, c: Spans) -> None:
    assert union(a + b) == union(b + a)
    assert union([*union(a + b), *c]) == union([*a, *union(b + c)])
    assert intersect(a, b) == intersect(b, a)
    assert intersect(intersect(a, b), c) == intersect(a, intersect(b, c))


@FAST
@given(spans, spans)
def test_what_is_shared_and_what_is_left_make_the_whole(ours: Spans, theirs: Spans) -> None:
    assert union([*intersect(ours, theirs), *subtract(ours, theirs)]) == union(ours)
    assert subtract(ours, subtract(ours, theirs)) == intersect(ours, theirs)


@FAST
@given(spans, spans)
def test_nothing_given_is_changed_and_any_iterable_will_do(ours: Spans, theirs: Spans) -> None:
    before = (list(ours), list(theirs))
    for law in (intersect, subtract):
        assert law(iter(ours), iter(theirs)) == law(ours, theirs)
    assert union(iter(ours)) == union(union(ours))
    assert (ours, theirs) == before
