"""Makes markup of payloads safe to show within a page of ours."""

from __future__ import annotations

import nh3

# Words, tables, pictures. No forms, frames, scripts, styles, ids or classes: nothing that acts, or looks like the page.
TAGS = nh3.ALLOWED_TAGS - {"map", "area", "center", "nav", "header", "footer", "aside", "hgroup", "details", "summary"}
ATTRIBUTES = {
    "*": {"lang", "dir", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}


def clean_html(markup: str) -> str:
    """What is left of the markup once everything is gone that could act; links open in a window of their own."""
    return nh3.clean(
        markup,
        tags=TAGS,
        attributes=ATTRIBUTES,
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
