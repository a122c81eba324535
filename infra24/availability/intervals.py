"""The algebra of half-open spans [start, end) of integer seconds: union, intersect, subtract."""

from collections.abc import Iterable

Span = tuple[int, int]


def union(spans: Iterable[Span]) -> list[Span]:
    """The same instants as sorted spans that neither touch nor overlap. Empty spans vanish."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def intersect(ours: Iterable[Span], theirs: Iterable[Span]) -> list[Span]:
    """The instants in both."""
    left, right = union(ours), union(theirs)
    shared: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start = max(left[i][0], right[j][0])
        end = min(left[i][1], right[j][1])
        if start < end:
            shared.append((start, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return shared


def subtract(ours: Iterable[Span], theirs: Iterable[Span]) -> list[Span]:
    """The instants in ours and not in theirs."""
    left: list[Span] = []
    holes = union(theirs)
    for begin, end in union(ours):
        start = begin
        for hole_start, hole_end in holes:
            if hole_end <= start:
                continue
            if hole_start >= end:
                break
            if start < hole_start:
                left.append((start, hole_start))
            start = hole_end
            if start >= end:
                break
        if start < end:
            left.append((start, end))
    return left
