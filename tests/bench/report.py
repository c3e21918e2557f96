"""Makes tables and pictures of what run.py stored. It measures nothing.

    python tests/bench/report.py [folder] [--publish]

Into the folder go report.md and a picture a section; --publish also writes the measured parts of
SPEED.md beside this file, and its pictures. What else stands in that page is left alone.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import charts
import judge
import records
from build import BUILD
from records import Record, Records
from tables import cpu, listed, table
from targets import TARGETS
from wakeups import wake_ups

HERE = Path(__file__).resolve().parent
FOLDER = BUILD / "report"
PAGE = HERE / "SPEED.md"
PICTURES = HERE / "pictures"
OVERVIEW = "overview"

Pictures = dict[str, str]  # by section, or OVERVIEW: the picture's address as seen from the page


# ---- text ----


def shared_facts(measured: Records) -> dict[str, str]:
    """What holds for all sections, to be said once."""
    first, *rest = (record.facts.items() for record in measured.values())
    return {name: said for name, said in first if all((name, said) in other for other in rest)}


def more_tables(record: Record) -> str:
    """What else was counted beside the figures themselves."""
    names = list(record.contenders)
    return "\n\n".join((
        "CPU time of the whole process, nanoseconds an operation:", table(record.results, names, cpu),
        "Wake-ups, how many an operation:", wake_ups(record.results, names),
    ))


def section(record: Record, *, picture: str = "", known: dict[str, str] | None = None) -> str:
    """One section as text; `known` are facts that were told before."""
    facts = [(name, said) for name, said in record.facts.items() if name not in (known or {})]
    skipped = [(name, f"skipped: {reason}") for name, reason in record.skipped.items()]
    parts = [f"## {record.title}", record.legend]
    if picture:
        parts.append(f"![{record.title}, drawn]({picture})")
    if record.contenders:
        parts.append(table(record.results, list(record.contenders)))
    parts.append(listed([*record.contenders.items(), *skipped, *facts]))
    return "\n\n".join(parts) + "\n"


def folded(record: Record) -> str:
    """For a page: shown to who asks for it."""
    if not record.contenders:
        return ""
    return f"\n<details><summary>CPU time and wake-ups</summary>\n\n{more_tables(record)}\n\n</details>\n"


def sections(measured: Records, pictures: Pictures) -> str:
    known = shared_facts(measured)
    told = [listed(known.items()) + "\n"] if known else []
    if OVERVIEW in pictures:
        told.append(f"![All sections, drawn]({pictures[OVERVIEW]})\n")
    told += [section(record, picture=pictures.get(name, ""), known=known) + folded(record)
             for name, record in measured.items()]
    return "\n".join(told)


# ---- files ----


def complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def draw(measured: Records, folder: Path, address: str) -> Pictures | None:
    """Makes the folder hold these pictures and no others; None without matplotlib."""
    try:
        import matplotlib  # noqa: F401  # only whether it is there
    except ImportError as error:
        complain(f"no pictures: {error} (see requirements-report.txt)")
        return None
    import pictures

    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.svg"):
        old.unlink()
    all_charts = {OVERVIEW: charts.overview(measured),
                  **{name: charts.of_section(record) for name, record in measured.items()}}
    drawn = {name: chart for name, chart in all_charts.items() if chart.lines}
    looks = pictures.looks_of(drawn.values())
    for name, chart in drawn.items():
        pictures.draw(chart, looks, folder / f"{name}.svg")
    return {name: f"{address}{name}.svg" for name in drawn}


def with_part(page: str, name: str, text: str) -> str:
    """The page with another text between the markers of this name."""
    between = re.compile(rf"(<!-- measured: {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    found, times = between.subn(lambda markers: f"{markers[1]}\n{text.strip()}\n\n{markers[2]}", page)
    if times != 1:
        raise ValueError(f"the page needs one pair of markers for {name!r}, and has {times}")
    return found


def publish(measured: Records, page: Path, pictures_folder: Path) -> str:
    """Writes the page anew; otherwise the reason why not."""
    trials = [name for name, record in measured.items() if record.trial]
    if trials:
        return f"measured in part only: {', '.join(trials)}"
    drawn = draw(measured, pictures_folder, f"{pictures_folder.name}/")
    if drawn is None:
        return "there would be no pictures"
    text = with_part(page.read_text(), "targets", judge.table(measured, TARGETS))
    page.write_text(with_part(text, "sections", sections(measured, drawn)))
    return ""


def write(folder: Path, and_publish: bool) -> int:
    """report.md and pictures of what the folder holds; if asked, the page. The exit status."""
    measured = records.load(folder)
    if not measured:
        complain(f"nothing was measured: there is no {folder / records.FILE}")
        return 1
    pictures = draw(measured, folder, "") or {}
    file = folder / "report.md"
    file.write_text(f"# Measured\n\n{judge.table(measured, TARGETS)}\n\n{sections(measured, pictures)}")
    complain(f"written: {file}")
    refused = publish(measured, PAGE, PICTURES) if and_publish else ""
    if refused:
        complain(f"not published: {refused}")
    return 1 if refused else 0


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests/bench/report.py", description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, help="of results.json")
    parser.add_argument("--publish", action="store_true", help="also write SPEED.md and its pictures")
    options = parser.parse_args(argv)
    return write(options.folder, options.publish)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
