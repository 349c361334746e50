"""Words: texts of many forms, dirty ones too, of words and numbers that occur once each."""

import json
import re
from collections.abc import Callable, Sequence
from random import Random

WORD = re.compile(r"w\d+q|1\d{5}(?:\.5)?")


class Words:
    """Texts that chance makes; each word in them is made once."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.made = 0

    def word(self, kind: str = "") -> str:
        """A word `w`, a whole number `n`, a number `i`, or any of these."""
        self.made += 1
        number = str(100_000 + self.made)
        return {"n": number, "i": f"{number}.5"}.get(
            kind or self.chance.choice("wwni"), f"w{self.made}q"
        )

    def often(self, share: float) -> bool:
        return self.chance.random() < share

    def lines(self, starts: Sequence[str], most: int) -> list[str]:
        """Some lines that each end with a word."""
        return [
            self.chance.choice(starts) + self.word("w") for _ in range(self.chance.randint(0, most))
        ]

    def delimited(self) -> str:
        """Titles, names, rows with odd quotes, too few or too many cells, comments, and notes."""
        mark, width = self.chance.choice(",,;\t|"), self.chance.randint(1, 6)
        kinds = [self.chance.choice("wwni") for _ in range(width)]
        lines = self.lines(("# ", "", "Report ", "title: "), 3) if self.often(0.5) else []
        lines += [""] if self.often(0.3) else []
        lines += [mark.join(self.word("w") for _ in range(width))] if self.often(0.8) else []
        for _ in range(self.chance.randint(1, 30)):
            cells = [self._cell(kind, mark) for kind in kinds]
            cells += [self.word()] if self.often(0.04) else []
            cells = cells[: width - self.often(0.04)]
            lines.append(mark.join(cells))
            lines += self.chance.choice((["# " + self.word("w")], [""])) if self.often(0.04) else []
        lines += [""] if self.often(0.3) else []
        lines += self.lines(("Source: ", f"Total{mark}", "* ", ""), 2) if self.often(0.4) else []
        end = self.chance.choice(("\n", "\n", "\r\n", "\r"))
        return end.join(lines) + self.chance.choice(("", end, "\n"))

    def _cell(self, kind: str, mark: str) -> str:
        if self.often(0.08):
            return ""
        cell = self.word(kind if self.often(0.95) else "")
        if self.often(0.06):
            rest = self.chance.choice(("", f"{mark} x", "\n" + self.word("w"), '""'))
            return f'"{cell}{rest}"'
        return self.chance.choice(('"{}', '{}"')).format(cell) if self.often(0.03) else cell

    def fixed_width(self) -> str:
        """A title, names, a ruler, rows with gaps, and notes."""
        widths = [self.chance.randint(9, 15) for _ in range(self.chance.randint(2, 5))]
        kinds = [self.chance.choice("wni") for _ in widths]
        lines = self.lines(("All of ",), 2)
        lines += [""] if self.often(0.5) else []
        lines += [_spread([self.word("w") for _ in widths], widths)] if self.often(0.8) else []
        lines += [" ".join("-" * (width - 1) for width in widths)] if self.often(0.3) else []
        for _ in range(self.chance.randint(3, 20)):
            lines.append(_spread([self.word(k) if self.often(0.93) else "" for k in kinds], widths))
        return "\n".join([*lines, "", *self.lines(("Source: ",), 2)])

    def json(self) -> str:
        """An envelope around rows, members of one object, or lines."""
        rows = [
            {"id": int(self.word("n")), "t": self.word("w"), "x": self._value(2)}
            for _ in range(self.chance.randint(1, 20))
        ]
        around = {"count": int(self.word("n")), "meta": self._value(0), "tail": self._value(1)}
        match self.chance.randint(0, 4):
            case 0:
                return "\n".join(map(json.dumps, rows))
            case 1:
                return json.dumps({"data": {"total": self.word("n"), "items": rows}})
            case 2:
                return json.dumps({self.word("w"): row for row in rows})
            case 3:
                return json.dumps({"k": self.word("w"), "v": self._value(0)})
        key = self.chance.choice(("data", "items", "results", "others"))
        return json.dumps(around | {key: rows}, indent=self.chance.choice((None, 2)))

    def _value(self, depth: int) -> object:
        sort = self.chance.random()
        if depth > 3 or sort < 0.4:
            return self.chance.choice((self.word("w"), int(self.word("n")), None, True))
        items = [self._value(depth + 1) for _ in range(self.chance.randint(0, 4))]
        return items if sort < 0.6 else dict(zip(("a", "data", "items", "x"), items, strict=False))

    def xml(self) -> str:
        """Rows with what stands above and below them."""
        rows = "".join(
            f'<row id="{self.word("n")}"><n>{self.word("w")}</n>{self._element(2)}</row>'
            for _ in range(self.chance.randint(1, 15))
        )
        above, below = self._element(1), self._element(1)
        return f'<?xml version="1.0"?><d v="{self.word()}">{above}<rows>{rows}</rows>{below}</d>'

    def _element(self, depth: int) -> str:
        name = self.chance.choice("abc")
        if depth > 3 or self.often(0.5):
            return f"<{name}>{self.word()}</{name}>"
        inner = "".join(self._element(depth + 1) for _ in range(self.chance.randint(1, 4)))
        return f'<{name} k="{self.word("w")}">{inner}</{name}>'

    def html(self) -> str:
        """A table with a title across it, short rows, and one that is too long."""
        width = self.chance.randint(2, 5)
        title = f"<tr><td colspan={width}>{self.word('w')}</td></tr>" if self.often(0.3) else ""
        names = self._row("th", width) if self.often(0.6) else ""
        rows = "".join(self._row("td", width) for _ in range(self.chance.randint(2, 20)))
        return f"<html><body><table>{title}{names}{rows}</table></body></html>"

    def _row(self, tag: str, width: int) -> str:
        wide = width + self.chance.choice((-1, 1)) * self.often(0.05)
        return f"<tr>{''.join(f'<{tag}>{self.word()}</{tag}>' for _ in range(wide))}</tr>"

    def markdown(self) -> str:
        width = self.chance.randint(1, 5)
        lines = [" | ".join(self.word("w") for _ in range(width)), "|".join(["---"] * width)]
        lines += (
            " | ".join(self.word() for _ in range(width + self.often(0.05)))
            for _ in range(self.chance.randint(1, 15))
        )
        return "".join(f"| {line} |\n" for line in lines)

    def logfmt(self) -> str:
        keys = ("ts", "level", "msg", "id")
        lines = (
            " ".join(
                f"{key}={self.word()}"
                if self.often(0.8)
                else f'{key}="{self.word()} {self.word()}"'
                for key in keys
                if self.often(0.9)
            )
            for _ in range(self.chance.randint(5, 20))
        )
        return "\n".join(lines)


def _spread(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


FORMS: dict[str, tuple[Callable[[Words], str], tuple[str, ...]]] = {
    "delimited": (Words.delimited, ("a.csv", "a.txt", "a")),
    "fixed-width": (Words.fixed_width, ("a.txt", "a.dat")),
    "json": (Words.json, ("a.json", "a")),
    "xml": (Words.xml, ("a.xml",)),
    "html": (Words.html, ("a.html", "a")),
    "markdown": (Words.markdown, ("a.md",)),
    "logfmt": (Words.logfmt, ("a.log",)),
}
