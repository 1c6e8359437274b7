#!/usr/bin/env python3
"""Makes a corpus to measure `policy-topics report` with: reports of about 60 KB, put together from the training paragraphs.

    python3 benches/make_corpus.py 10000 /tmp/corpus
    /usr/bin/time -v policy-topics report /tmp/corpus --json /tmp/report.json --group-by region,year

Every report has a title with a place and a year, headings, and paragraphs drawn at random, with other figures each time. The same
number gives the same corpus. Only Python's standard library is used.
"""
import json
import pathlib
import random
import re
import sys

BYTES = 60_000
YEARS = range(2015, 2025)
FIRST, SECOND = "云汀青霁岚澜溪棠枕璟", "泽海川港崖州县渡湾原"
HEADINGS = ["一、过去一年工作回顾", "二、今年工作总体要求", "三、今年重点工作", "（一）推动产业升级", "（二）推进乡村振兴", "（三）改善生态环境", "（四）保障和改善民生"]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    count, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])
    training = pathlib.Path(__file__).resolve().parent.parent / "training"
    rows = [json.loads(line) for path in sorted(training.glob("*.jsonl")) for line in path.open(encoding="utf-8")]
    paragraphs = [row["text"] for row in rows]
    places = [f"云泽省{a}{b}市" for a in FIRST for b in SECOND]
    rng = random.Random(20240118)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        place, year = places[number // len(YEARS) % len(places)], YEARS[number % len(YEARS)]
        lines = [f"{place}{year}年政府工作报告", "各位代表：", "现在，我代表市人民政府向大会报告工作，请予审议。"]
        size = sum(len(line.encode()) for line in lines)
        while size < BYTES:
            if rng.random() < 0.1:
                text = rng.choice(HEADINGS)
            else:
                text = re.sub(r"\d", lambda _: str(rng.randrange(1, 10)), rng.choice(paragraphs))
            lines.append(text)
            size += len(text.encode()) + 1
        (folder / f"{number:05}_{year}_{place}_政府工作报告.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
