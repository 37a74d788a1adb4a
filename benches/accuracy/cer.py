"""Character error rate, computed in two ways from the same edit distance (Levenshtein: insert, delete, replace).

Both texts are first brought to Unicode NFC, every run of white space (line ends too) to one space, the ends trimmed.
Letters, marks, case and punctuation must be right; nothing else is forgiven.

    page CER   edits between the whole true text and the whole text read, divided by the true letters. Counts text
               that was read where there is none, and wants the columns of a page in the order of the true text.
    line CER   every true line at its best place in the text read, edits summed, divided by the true letters. Free of
               the order of columns; text beside it is not counted.
"""

import re
import unicodedata
from collections.abc import Iterable


def folded(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()


def edits(true: str, read: str, anywhere: bool = False) -> int:
    """Edits that turn `read` into `true`; `anywhere`: the stretch of `read` for which they are fewest.

    Myers' bit-parallel algorithm (J. ACM 46, 1999) with the row as one Python integer.
    """
    if not true:
        return 0 if anywhere else len(read)
    full, last = (1 << len(true)) - 1, 1 << (len(true) - 1)
    places: dict[str, int] = {}
    for place, letter in enumerate(true):
        places[letter] = places.get(letter, 0) | 1 << place
    more, less, score = full, 0, len(true)
    best = score
    for letter in read:
        match = places.get(letter, 0)
        carried = match | less
        across = (((match & more) + more) ^ more) | match
        up = less | (full & ~(across | more))
        down = more & across
        score += bool(up & last) - bool(down & last)
        best = min(best, score)
        up = (up << 1 | (0 if anywhere else 1)) & full
        down = down << 1 & full
        more = down | (full & ~(carried | up))
        less = up & carried
    return best if anywhere else score


def page_edits(true: str, read: str) -> int:
    return edits(folded(true), folded(read))


def line_edits(true_lines: Iterable[str], read: str) -> int:
    text = folded(read)
    return sum(edits(folded(line), text, anywhere=True) for line in true_lines)


def letters(text: str) -> int:
    return len(folded(text))


def self_test() -> None:
    """The fast distance against the plain one: a wrong rate would be worse than none."""

    def plain(true: str, read: str, anywhere: bool) -> int:
        row = list(range(len(true) + 1))
        best = row[-1]
        for number, letter in enumerate(read, 1):
            left, row[0] = row[0], 0 if anywhere else number
            for place, wanted in enumerate(true, 1):
                left, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, left + (wanted != letter))
            best = min(best, row[-1])
        return best if anywhere else row[-1]

    words = ["", "a", "hộ tịch", "hồ tich", "khai sinh", "tờ khai sinh số 1", "aaaa", "abab", "baba" * 20]
    for true in words:
        for read in words:
            for anywhere in (False, True):
                found, wanted = edits(true, read, anywhere), plain(true, read, anywhere)
                if found != wanted:
                    raise AssertionError(f"edits({true!r}, {read!r}, {anywhere}) = {found}, not {wanted}")


if __name__ == "__main__":
    self_test()
    print("cer: the distances agree")
