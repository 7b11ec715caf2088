"""A chart as SVG, drawn by matplotlib: the same bytes for the same chart, text that stays text, colours for light and dark.

matplotlib knows no CSS, so it draws in ciphers, colours that nobody would choose; in what it writes each is replaced by the
variable that it stands for.
"""

import logging
import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from iomodels.figures.chart import Chart

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PALETTE", "render"]

# Light and dark; each is read on its ground with a contrast of 4.5 or more (WCAG 2.2, 1.4.3).
PALETTE = (
    ("#0072b2", "#62b6ee"),
    ("#b34700", "#ff9248"),
    ("#007a5a", "#3fcf9f"),
    ("#a8327a", "#ec87c4"),
    ("#6a4fb3", "#b5a1f5"),
    ("#7a6100", "#d9bd4a"),
    ("#b3202c", "#ff7b85"),
    ("#4d5a66", "#a9b6c2"),
)
NAMED = {"ground": "#0f0f01", "ink": "#0f0f02", "quiet": "#0f0f03", "line": "#0f0f04"}  # the ciphers, in what matplotlib writes
CIPHERS = {**{f"series-{each}": f"#0f0f{each + 16:02x}" for each in range(len(PALETTE))}, **NAMED}

SIZE = 1.3  # pixels to a unit, where there is room
LEAST = 0.7  # where there is not: of a figure that is wider still a page shows a part, and lets it be moved
STYLE = """
svg{LIGHT;max-width:100%;min-width:LEASTpx;height:auto;stroke-linejoin:round}
@media (prefers-color-scheme:dark){svg{DARK}}
text{fill:var(--ink);font-family:system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}
text{paint-order:stroke;stroke:var(--ground);stroke-width:3px}
"""
LIGHT = "--ground:var(--pst-color-background,#fff);--ink:#1f2328;--quiet:#59636e;--line:#d1d9e0"
DARK = "--ground:var(--pst-color-background,#14181e);--ink:#e6edf3;--quiet:#a3adb8;--line:#3d444d"

PROLOGUE = re.compile(r"\A.*?<svg\b[^>]*>", re.DOTALL)
OWN_STYLE = re.compile(r"<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL)
COMMENT = re.compile(r"\s*<!--.*?-->", re.DOTALL)
FAMILY = re.compile(r"font-family: [^;\"]*(?:; )?")
SHORT = re.compile(r"font: (?:(\d+) )?([\d.]+)px [^;\"]*")  # as releases before 3.11 write it
ID = re.compile(r' id="([^"]+)"')


def render(chart: Chart) -> str:
    """The figure. Raises ImportError where matplotlib is not installed."""
    import io

    import matplotlib as mpl

    from iomodels.figures import bars, lines

    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it remarks on its cache, where a program writes its progress
    with mpl.rc_context():
        mpl.rcdefaults()  # whatever the user's matplotlibrc says
        mpl.rcParams.update(
            {
                "svg.fonttype": "none",
                "svg.hashsalt": chart.name,
                "font.family": "DejaVu Sans",  # which comes with matplotlib, so that a text is as wide on any machine
                "text.color": CIPHERS["ink"],
                "text.parse_math": False,
            }
        )
        figure = (lines if chart.kind == "lines" else bars).draw(chart, CIPHERS)
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _in_css(chart, figure, written.getvalue())


def _in_css(chart: Chart, figure: "Figure", svg: str) -> str:
    width, height = (round(72 * inches) for inches in figure.get_size_inches())
    body = COMMENT.sub("", OWN_STYLE.sub("", PROLOGUE.sub("", svg)))
    body = SHORT.sub(lambda found: f"font-size: {found[2]}px" + (f"; font-weight: {found[1]}" if found[1] else ""), body)
    body = FAMILY.sub("", body)
    for name, cipher in CIPHERS.items():
        body = body.replace(cipher, f"var(--{name})")
    # An id is unique in a page with several figures; one that nothing refers to is left out.
    body = ID.sub(lambda found: f' id="{chart.name}-{found[1]}"' if f"#{found[1]}" in body else "", body)
    body = re.sub(r'(?<=url\(#)|(?<=href="#)', f"{chart.name}-", body)
    shades = ("".join(f";--series-{number}:{pair[side]}" for number, pair in enumerate(PALETTE)) for side in (0, 1))
    light, dark = (base + shade for base, shade in zip((LIGHT, DARK), shades, strict=True))
    style = STYLE.replace("LIGHT", light).replace("DARK", dark).replace("LEAST", f"{width * LEAST:.0f}").strip()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" class="drawn" role="img"'
        f' viewBox="0 0 {width} {height}" width="{width * SIZE:.0f}" height="{height * SIZE:.0f}"'
        f' aria-labelledby="{chart.name}-title {chart.name}-desc">\n'
        f'<title id="{chart.name}-title">{escape(chart.title)}</title>\n'
        f'<desc id="{chart.name}-desc">{escape(chart.description)}</desc>\n'
        f"<style>{style}</style>\n{body.strip()}\n"
    )
