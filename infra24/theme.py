"""One colour per organization, made safe: the tones that text and borders need, in light and dark.

The arithmetic is OKLCH's (Björn Ottosson, "A perceptual color space for image processing", 2020);
the contrasts are WCAG 2.2's (1.4.3 and 1.4.11).
"""

import math
from functools import lru_cache

SEED = "#1f6f54"
"""The colour of an organization that has chosen none."""

LIGHT, DARK = "#f4f1ea", "#2a2d35"
"""The ground that text stands on at its least favourable, in each scheme."""

_TO_LMS = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_TO_LAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
_FROM_LAB = (
    (1.0, 0.3963377774, 0.2158037573),
    (1.0, -0.1055613458, -0.0638541728),
    (1.0, -0.0894841775, -1.2914855480),
)
_FROM_LMS = (
    (4.0767416621, -3.3077115913, 0.2309699292),
    (-1.2684380046, 2.6097574011, -0.3413193965),
    (-0.0041960863, -0.7034186147, 1.7076147010),
)
Triple = tuple[float, float, float]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def on_brand(seed: str) -> str:
    """The colour of text on a surface of this colour: white or black, one of the two always has 4.5:1."""
    return "#ffffff" if contrast(seed, "#ffffff") >= 4.5 else "#000000"


@lru_cache(maxsize=512)
def stylesheet(seed: str, radius: int) -> str:
    """The style sheet of one colour: as it is for surfaces, shifted for lines (3:1) and text (4.5:1)."""
    line = f"light-dark({shifted(seed, LIGHT, 3.1)}, {shifted(seed, DARK, 3.1)})"
    text = f"light-dark({shifted(seed, LIGHT, 5.2)}, {shifted(seed, DARK, 5.2)})"
    return (
        f":root{{--brand:{seed};--on-brand:{on_brand(seed)};--brand-line:{line};--brand-text:{text};"
        f"--radius:{radius}px}}"
    )


def shifted(seed: str, ground: str, wanted: float) -> str:
    """The seed, lighter or darker until it stands out from the ground."""
    step = -0.01 if _luminance(ground) > 0.4 else 0.01
    lightness, chroma, hue = _oklch(seed)
    shifted = seed
    while contrast(shifted, ground) < wanted and 0 < lightness + step < 1:
        lightness += step
        shifted = _hex(lightness, chroma * (1 if 0.15 < lightness < 0.9 else 0.6), hue)
    return shifted


def _times(matrix: tuple[Triple, ...], vector: Triple) -> Triple:
    x, y, z = (sum(m * v for m, v in zip(row, vector, strict=True)) for row in matrix)
    return x, y, z


def _linear(colour: str) -> Triple:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return r, g, b


def _luminance(colour: str) -> float:
    r, g, b = _linear(colour)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _oklch(colour: str) -> Triple:
    cone = _times(_TO_LMS, _linear(colour))
    lightness, a, b = _times(_TO_LAB, (cone[0] ** (1 / 3), cone[1] ** (1 / 3), cone[2] ** (1 / 3)))
    return lightness, math.hypot(a, b), math.atan2(b, a)


def _hex(lightness: float, chroma: float, hue: float) -> str:
    cone = _times(_FROM_LAB, (lightness, chroma * math.cos(hue), chroma * math.sin(hue)))
    linear = _times(_FROM_LMS, (cone[0] ** 3, cone[1] ** 3, cone[2] ** 3))
    return "#" + "".join(f"{_eight_bits(c):02x}" for c in linear)


def _eight_bits(linear: float) -> int:
    c = min(1.0, max(0.0, linear))
    return round(255 * (12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055))
