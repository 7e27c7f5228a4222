"""Lays out the records of a pay statement as PDF, where ReportLab is installed."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterable
from html import escape
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from crowd.policies.statements import Record
from web.money import Money

# ReportLab lays out about a thousand entries a second at best, within the request; the files of the API hold them all.
MAX_ENTRIES = 2_000
# Tables are laid out whole before they are cut into pages, so that long ones are slow.
ROWS_PER_TABLE = 100
# Where systems keep a font with Greek, Cyrillic and the signs of money.
FONTS = (
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
    Path("/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf"),
    Path("/usr/share/fonts/dejavu/DejaVuSans.ttf"),
    Path("/usr/share/fonts/TTF/DejaVuSans.ttf"),
)
MARGIN_POINTS = 42
WIDTHS_POINTS = (92, 120, 209, 90)


def is_installed() -> bool:
    """Whether ReportLab is there."""
    return find_spec("reportlab") is not None


class _Writer:
    """Turns texts into paragraphs of a font, and remembers whether it lacked a letter."""

    def __init__(self) -> None:
        self.name, self.glyphs = _font()
        self.has_replaced = False
        styles = import_module("reportlab.lib.styles")
        plain = styles.ParagraphStyle("plain", fontName=self.name, fontSize=8, leading=10)
        self.styles = {
            "plain": plain,
            "title": styles.ParagraphStyle("title", plain, fontSize=15, leading=20),
            "amount": styles.ParagraphStyle("amount", plain, alignment=2),
        }

    def paragraph(self, text: str, style: str = "plain") -> Any:
        return import_module("reportlab.platypus").Paragraph(escape(self.known(text)), self.styles[style])

    def known(self, text: str) -> str:
        """The text with a question mark for each letter that cannot be set."""
        out = "".join(letter if self._can_set(letter) else _plainer(letter) for letter in text)
        self.has_replaced |= "\ufffd" in out
        return out.replace("\ufffd", "?")

    def _can_set(self, letter: str) -> bool:
        # Letters that run from right to left would come out backwards and unjoined.
        if unicodedata.bidirectional(letter) in ("R", "AL"):
            return False
        if self.glyphs is not None:
            return ord(letter) in self.glyphs
        return letter.isprintable() and letter in letter.encode("cp1252", "ignore").decode("cp1252")


def _plainer(letter: str) -> str:
    if letter.isspace():
        return " "
    return "-" if letter == "\u2212" else "\ufffd"


def _font() -> tuple[str, Any]:
    metrics, fonts = import_module("reportlab.pdfbase.pdfmetrics"), import_module("reportlab.pdfbase.ttfonts")
    for path in FONTS:
        if path.is_file():
            font = fonts.TTFont("AssayStatement", str(path))
            metrics.registerFont(font)
            return font.fontName, font.face.charToGlyph
    return "Helvetica", None


def statement_pdf(records: Iterable[Record], *, worker_name: str) -> bytes:
    """The PDF of a sealed statement: whose it is, the period, balances and entries, the last hash of the chain."""
    platypus, pages = import_module("reportlab.platypus"), import_module("reportlab.lib.pagesizes")
    writer = _Writer()
    head: Record = {}
    rows: list[list[Any]] = []
    last_hash, entries = "", 0
    for record in records:
        head = head or record
        last_hash = record["hash"]
        entries += record["record"] == "entry"
        if "amount_micros" in record and (record["record"] != "entry" or entries <= MAX_ENTRIES):
            rows.append(_row(writer, record))
    story = [
        writer.paragraph(_("Pay statement"), "title"),
        writer.paragraph(f"{worker_name} ({head['worker']})"),
        writer.paragraph(f"{_moment(head['period_from'])} – {_moment(head['period_to'])} (UTC)"),
        writer.paragraph(
            _("Made %(made)s UTC. What is owed to you is positive, what was paid out negative.")
            % {"made": _moment(head["made_at"])}
        ),
        platypus.Spacer(1, 8),
    ]
    names = (_("Time (UTC)"), _("What"), _("Answer, price rule, review"), _("Amount"))
    titles = [writer.paragraph(name, "amount" if n == 3 else "plain") for n, name in enumerate(names)]
    for start in range(0, max(len(rows), 1), ROWS_PER_TABLE):
        part = rows[start : start + ROWS_PER_TABLE]
        story.append(_table(platypus, part if start else [titles, *part], repeated=0 if start else 1))
    story.append(platypus.Spacer(1, 8))
    if entries > MAX_ENTRIES:
        text = _("Entries not listed here: %(left)s; the files of the API hold every entry.")
        story.append(writer.paragraph(text % {"left": entries - MAX_ENTRIES}))
    story.append(writer.paragraph(f"{_('Last hash of the chain:')} {last_hash}"))
    if writer.has_replaced:
        text = _("Letters that this file cannot show are written as “?”; the CSV and JSON files hold them as they are.")
        story.append(writer.paragraph(text))
    out = io.BytesIO()
    margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), MARGIN_POINTS)
    document = platypus.SimpleDocTemplate(out, pagesize=pages.A4, title=_("Pay statement"), author="Assay", **margins)
    document.build(story)
    return out.getvalue()


def _table(platypus: Any, rows: list[list[Any]], *, repeated: int) -> Any:
    grey = import_module("reportlab.lib.colors").lightgrey
    style = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.5, grey)]
    # A row that is longer than a page is cut inside.
    return platypus.Table(rows, colWidths=WIDTHS_POINTS, repeatRows=repeated, splitInRow=1, style=style)


def _row(writer: _Writer, record: Record) -> list[Any]:
    what = {"opening": _("Opening balance"), "closing": _("Closing balance")}.get(
        record["record"], " · ".join(text for name in ("kind", "reason") if (text := record.get(name)))
    )
    behind = [record.get("answer", "")]
    if record.get("price_rule_version"):
        behind.append(_("price rule %(version)s") % {"version": record["price_rule_version"]})
    if record.get("review"):
        behind.append(record["review"])
    if record.get("review_reason"):
        behind += [record["review_reason"], record.get("evidence", "")]
    return [
        writer.paragraph(_moment(record.get("at", ""))),
        writer.paragraph(what),
        writer.paragraph(" · ".join(text for text in behind if text)),
        writer.paragraph(str(Money(int(record["amount_micros"]), record["currency"])), "amount"),
    ]


def _moment(written: str) -> str:
    return written[:19].replace("T", " ")
