"""The API's reference is read like every other page: narrow and wide, light and dark, by keyboard and aloud."""

from typing import Any

import pytest


@pytest.mark.parametrize(("width", "dark"), [(320, False), (1280, True)])
def test_axe_finds_nothing_and_nothing_spills_over(visit: Any, width: int, dark: bool) -> None:
    with visit(width, dark=dark) as visitor:
        visitor.goto("/docs")
        for operation in visitor.page.locator("details").all()[:5]:
            operation.locator("summary").click()
        visitor.picture("docs")
        assert visitor.accessible() == []
        assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
