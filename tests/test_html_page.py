from __future__ import annotations

from fer_core.html_page import html_page, html_table


def test_a_page_needs_nothing_from_elsewhere_and_its_title_is_escaped() -> None:
    page = html_page("<b>", ["<p>one</p>", "<p>two</p>"])
    assert "<title>&lt;b&gt;</title>" in page
    assert "<p>one</p>\n<p>two</p></body>" in page
    assert "http" not in page
    assert "src=" not in page


def test_every_text_of_a_table_is_escaped() -> None:
    table = html_table(["<i>"], [["<script>"]])
    assert "<th>&lt;i&gt;</th>" in table
    assert "<td>&lt;script&gt;</td>" in table
