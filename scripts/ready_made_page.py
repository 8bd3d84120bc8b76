"""Prints the reference page of the ready-made segments from the library's files; a test compares it with the page."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from relance.segments import Choice, Family, ReadyMade, families, library
from relance.words import say

HEAD = """\
# Ready-made segments

The library has {count} segments in {families} families: data files in `relance/segments/library`, one a family. Each
has a name and a sentence in French and English, a query, what can be chosen in it, the demand that it answers, and the
flow or campaign that it suits. [How to use them](../how-to/use-ready-made-segments.md).

**Source.** `1.1b n24` is row 24 of the table of the segmentation guide, `L1` to `L9` are the starter segmentations,
`R…` rules, `F…` flows, `1.3` the campaigns, `1.4` the criteria; `Shopify default` and `Shopify list` are Shopify's own.

**Choices** stand in the query as `{{name}}`, with their default; *must choose* where no default is right for every
shop; *optional* may be left out and then adds nothing. A period such as `6m` counts back from today.

**Marks.** ● installs itself at the first refresh. ○ reads gender or age, which asks for care (R17). ▦ belongs to a
partition: nobody is in two of its segments.
"""


def page() -> str:
    """The page, as Markdown."""
    head = HEAD.format(count=len(library()), families=len(families()))
    return "\n".join([head, *(part for family in families() for part in section(family))])


def section(family: Family) -> Iterator[str]:
    """One family."""
    yield f"## {family.names['en']}\n"
    yield f"`{family.family_id}`, in French “{family.names['fr']}”.\n"
    for ready in library():
        if ready.family == family.family_id:
            yield from entry(ready)


def entry(ready: ReadyMade) -> Iterator[str]:
    """One segment."""
    marks = [
        mark
        for mark, is_set in (("●", ready.starter), ("○", ready.sensitive), (f"▦ {ready.partition}", ready.partition))
        if is_set
    ]
    suits = ", ".join(say(f"gallery.suits_{one.lower()}", "en") for one in ready.suits)
    yield f"### `{ready.library_id}`\n"
    yield f"**{ready.names['en']}** · {ready.names['fr']}{''.join(f' · {mark}' for mark in marks)}\n"
    yield f"{ready.describe('en', 'EUR')} {ready.uses['en']}\n"
    yield f"```text\n{ready.template}\n```\n"
    yield from (f"- {line}" for line in map(choice_line, ready.choices))
    yield f"{'' if not ready.choices else chr(10)}Source: {ready.row}. Suits: {suits}.\n"


def choice_line(choice: Choice) -> str:
    """What can be chosen."""
    added = "" if choice.adds is None else f", optional: `{choice.adds.strip()}`"
    usual = f"must choose, such as `{choice.example}`" if choice.must else f"default `{choice.default}`"
    told = added.removeprefix(", ") if choice.adds is not None and choice.default is None else usual + added
    return f"`{choice.name}` ({choice.kind}): {choice.labels['en']}; {told}"


if __name__ == "__main__":
    sys.stdout.write(page())
