"""Words and colours that mail filters and readers take amiss."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from relance.words import Language

# Phrases that the content rules of SpamAssassin look for, and their French sisters:
# https://github.com/apache/spamassassin/blob/trunk/rules/20_phrases.cf
SPAM: Final[Mapping[Language, tuple[str, ...]]] = MappingProxyType({
    "en": (
        "100% free", "absolutely free", "act now", "apply now", "as seen on tv", "buy now", "cash bonus", "click here",
        "click below", "double your", "earn extra", "easy money", "for free!", "free gift", "free money",
        "get rich", "guaranteed winner", "limited time only", "lose weight", "lowest price", "make money", "miracle",
        "money back!!", "no obligation", "no risk", "no strings attached", "offer expires", "once in a lifetime",
        "order now", "prize", "risk free", "satisfaction guaranteed", "special promotion", "this is not spam",
        "urgent", "what are you waiting for", "while supplies last", "winner", "you have been selected",
    ),
    "fr": (
        "100 % gratuit", "100% gratuit", "achetez maintenant", "agissez maintenant", "argent facile", "cadeau gratuit",
        "ceci n'est pas un spam", "cliquez ici", "cliquez ci-dessous", "commandez maintenant", "devenez riche",
        "dernière minute", "félicitations, vous", "gagnant", "gagnez de l'argent", "gratuitement !", "jackpot",
        "maigrir", "meilleur prix garanti", "miracle", "offre exceptionnelle", "offre limitée", "prix cassés",
        "profitez-en vite", "sans engagement", "sans risque", "satisfait ou remboursé", "tirage au sort", "urgent",
        "vous avez été sélectionné",
    ),
})  # fmt: skip
IN_LIQUID: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
LETTERS: Final = re.compile(r"[^\W\d_]")
MANY_SIGNS: Final = re.compile(r"(?:[!?]\s*){2,}|[€$£]{2,}")


def spam_words(text: str, language: Language) -> list[str]:
    """The phrases in a text that filters know."""
    plain = " ".join(IN_LIQUID.sub(" ", text).replace("’", "'").replace("\u202f", " ").casefold().split())
    return [one for one in SPAM[language] if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", plain)]


def shouted(text: str) -> bool:
    """Whether a text is written in capitals, or heaps up exclamation marks or signs of money."""
    plain = IN_LIQUID.sub("", text)
    if MANY_SIGNS.search(plain):
        return True
    return any(
        sum(letter.isupper() for letter in letters) > 0.7 * len(letters)
        for letters in [LETTERS.findall(plain)]
        if len(letters) >= 12
    )


def contrast(one: str, other: str) -> float:
    """How well two colours stand apart, 1 to 21 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
