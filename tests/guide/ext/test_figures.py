import re

from guide.ext.figures import inlined

SVG = """\
<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE svg>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10" role="img" aria-labelledby="t d">
<title id="t">Waiting</title><desc id="d">Two seconds.</desc>
<style>:root { --ink: #111 } text { fill: #abc } #p { fill: red }
@media (prefers-color-scheme: dark) { text { fill: #eee } .w { fill: blue } }</style>
<defs><pattern id="p"/></defs><rect fill="url(#p)"/><use href="#p"/><a href="#elsewhere"/></svg>
"""


def test_its_ids_are_the_pages_own_wherever_they_are_used() -> None:
    html = inlined(SVG, "figure-1")
    assert re.findall(r'\sid="([^"]+)"', html) == ["figure-1", "figure-1-t", "figure-1-d", "figure-1-p"]
    assert 'aria-labelledby="figure-1-t figure-1-d"' in html
    assert 'fill="url(#figure-1-p)"' in html
    assert '<use href="#figure-1-p"/>' in html
    assert '<a href="#elsewhere"/>' in html
    assert "#figure-1-p { fill: red }" in html


def test_it_is_an_image_with_its_title_and_description() -> None:
    html = inlined(SVG, "figure-1", "not this")
    assert html.startswith("<svg ")
    assert html.count('role="img"') == 1
    assert "<title" in html
    assert "<desc" in html
    assert "not this" not in html
    assert 'aria-label="Two &amp; two"' in inlined("<svg><path/></svg>", "f", "Two & two")


def test_its_style_reaches_itself_alone_and_follows_the_sites_mode() -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", inlined(SVG, "figure-1"), re.DOTALL)
    light, dark = style.split(' html[data-theme="dark"] .drawn.figure-1 {')
    assert light.startswith(".drawn.figure-1 { & { --ink: #111 } text { fill: #abc }")
    assert "prefers-color-scheme" not in style
    assert "text { fill: #eee } .w { fill: blue }" in dark
    assert "#eee" not in light
    assert "#abc" in light, "a colour is no id"
