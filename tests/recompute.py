#!/usr/bin/env python3
"""Computes the figures of a JSON report again from its paragraphs, and checks its form.

    python3 tests/recompute.py report.json [docs/report.schema.json]

Every share, expected share, rank, difference, change, entropy and count of documents, groups, years and of all documents is computed
from the blocks of the documents alone, as docs/report-schema.md defines them; intervals are held against their normal approximation.
Prints how many figures were compared; what does not agree is named, and the exit code is then 1. Standard library only.
"""
import json
import math
import sys

problems = []
compared = 0


def same(found, expected, where, tolerance=1e-9):
    global compared
    compared += 1
    if found is None or expected is None:
        agree = found is expected
    elif isinstance(expected, (int, float)):
        agree = abs(found - expected) <= tolerance
    else:
        agree = found == expected
    if not agree:
        problems.append(f"{where}: the report says {found}, the paragraphs {expected}")


def entropy(shares):
    total = sum(shares)
    if len(shares) < 2 or total <= 0:
        return None
    return -sum(s / total * math.log(s / total) for s in shares if s > 0) / math.log(len(shares))


def characters(block):
    return sum(not c.isspace() for c in block["text"])


class Corpus:
    """Paragraphs and other blocks of some documents."""

    def __init__(self, report, documents):
        self.labels = [label["id"] for label in report["labels"]]
        self.themes = [theme["id"] for theme in report["themes"]]
        self.documents = documents
        self.blocks = [block for document in documents for block in document["blocks"]]
        self.paragraphs = [block for block in self.blocks if block["kind"] == "paragraph"]
        self.characters = sum(map(characters, self.paragraphs))

    def share(self, label):
        return sum(characters(p) for p in self.paragraphs if p["primary"] == label) / self.characters

    def check(self, measures, where):
        same(measures["documents"], len(self.documents), f"{where}, documents")
        same(measures["paragraphs"], len(self.paragraphs), f"{where}, paragraphs")
        same(measures["characters"], self.characters, f"{where}, characters")
        same(measures["wordless"], sum("note" in p for p in self.paragraphs), f"{where}, wordless")
        same([of["label"] for of in measures["labels"]], self.labels, f"{where}, labels")
        for of in measures["labels"]:
            self.check_label(of, f"{where}, {of['label']}")
        same(sum(of["share_by_characters"] for of in measures["labels"]), 1.0, f"{where}, sum of shares")
        same([of["theme"] for of in measures["themes"]], self.themes, f"{where}, themes")
        for of in measures["themes"]:
            touching = [p for p in self.paragraphs if of["theme"] in p["themes"]]
            same(of["paragraphs"], len(touching), f"{where}, paragraphs touching {of['theme']}")
            same(of["share"], len(touching) / len(self.paragraphs), f"{where}, share touching {of['theme']}")
        shares = {label: self.share(label) for label in self.labels}
        same(measures["entropy"], entropy(list(shares.values())) or 0.0, f"{where}, entropy")
        themes = [share for label, share in shares.items() if label != "other"]
        same(measures["theme_entropy"], entropy(themes), f"{where}, theme_entropy")
        left_out = {}
        for block in self.blocks:
            if block["kind"] != "paragraph":
                count, size = left_out.get(block["kind"], (0, 0))
                left_out[block["kind"]] = (count + 1, size + characters(block))
        found = {left["kind"]: (left["blocks"], left["characters"]) for left in measures["left_out"]}
        same(found, left_out, f"{where}, left_out")

    def check_label(self, of, where):
        own = [p for p in self.paragraphs if p["primary"] == of["label"]]
        same(of["paragraphs"], len(own), f"{where}, paragraphs")
        same(of["characters"], sum(map(characters, own)), f"{where}, characters")
        same(of["share_by_characters"], sum(map(characters, own)) / self.characters, f"{where}, share_by_characters")
        same(of["share_by_paragraphs"], len(own) / len(self.paragraphs), f"{where}, share_by_paragraphs")
        weighted = [(characters(p), p["probabilities"][of["label"]]) for p in self.paragraphs]
        expected = sum(c * p for c, p in weighted) / self.characters
        # Probabilities are written with six decimals.
        same(of["expected"], expected, f"{where}, expected", 1e-6)
        if not of["expected_low"] - 1e-6 <= expected <= of["expected_high"] + 1e-6:
            problems.append(f"{where}: {expected} is not between {of['expected_low']} and {of['expected_high']}")
        error = math.sqrt(sum((c * (p - expected)) ** 2 for c, p in weighted)) / self.characters
        width = of["expected_high"] - of["expected_low"]
        if len(weighted) >= 50 and error > 0.002 and not 0.75 < width / (2 * 1.96 * error) < 1.25:
            problems.append(f"{where}: the interval is {width} wide, by its normal approximation {2 * 1.96 * error}")


def region(document):
    return document["metadata"]["region"]


def check_change(report, change, year, documents, where):
    """Documents of the same region make a series; only series with documents of both years are compared."""
    series = {}
    for document in documents:
        if region(document) and document["metadata"]["year"] in (year - 1, year):
            series.setdefault(region(document), {}).setdefault(document["metadata"]["year"], []).append(document)
    both = [years for years in series.values() if len(years) == 2]
    if not both:
        return same(change, None, f"{where}, change")
    if change is None:
        return same(None, len(both), f"{where}, change")
    same(change["since"], year - 1, f"{where}, since")
    same(change["series"], len(both), f"{where}, series")
    before = Corpus(report, [document for years in both for document in years[year - 1]])
    after = Corpus(report, [document for years in both for document in years[year]])
    for label in before.labels:
        same(change["shares"][label], after.share(label) - before.share(label), f"{where}, change of {label}")


def check_years(report, years, documents, where):
    known = sorted({d["metadata"]["year"] for d in documents if d["metadata"]["year"] is not None})
    same([point["year"] for point in years], known, f"{where}, years")
    for point in years:
        year = point["year"]
        Corpus(report, [d for d in documents if d["metadata"]["year"] == year]).check(point, f"{where}, {year}")
        check_change(report, point["change"], year, documents, f"{where}, {year}")


def check_peers(report, peers, where):
    """Ranks and differences among documents, or among the groups of a column."""
    for number, label in enumerate(label["id"] for label in report["labels"]):
        shares = [peer["labels"][number]["share_by_characters"] for peer in peers]
        for peer, share in zip(peers, shares):
            of = peer["labels"][number]
            alone = len(peers) < 2
            same(of["rank"], None if alone else 1 + sum(other > share for other in shares), f"{where}, rank in {label}")
            mean = sum(shares) / len(shares)
            same(of["difference"], None if alone else share - mean, f"{where}, difference in {label}")


def check(report):
    documents = report["documents"]
    by_name = {document["document"]: document for document in documents}
    Corpus(report, documents).check(report["overall"], "overall")
    check_years(report, report["years"], documents, "overall")
    for document in documents:
        name = document["document"]
        Corpus(report, [document]).check(document, name)
        peers = [d for d in documents if region(d) == region(document)]
        if document["metadata"]["year"] is None:
            same(document["change"], None, f"{name}, change")
        else:
            check_change(report, document["change"], document["metadata"]["year"], peers, name)
    check_peers(report, documents, "documents")
    for grouping in report["groupings"]:
        column = grouping["column"]
        members = []
        for group in grouping["groups"]:
            where = f"{column} {group['value']}"
            own = [by_name[name] for name in group["members"]]
            members += group["members"]
            for document in own:
                value = document["metadata"].get(column)
                same(group["value"], None if value is None else str(value), f"{where}, {document['document']}")
            Corpus(report, own).check(group, where)
            if column == "year":
                if group["value"] is not None:
                    check_change(report, group["change"], int(group["value"]), documents, where)
            else:
                check_years(report, group["years"], own, where)
            for number, label in enumerate(label["id"] for label in report["labels"]):
                shares = [document["labels"][number]["share_by_characters"] for document in own]
                for document, share in zip(own, shares):
                    membership = next(of for of in document["groups"] if of["column"] == column)
                    same(membership["value"], group["value"], f"{document['document']}, {column}")
                    difference = share - sum(shares) / len(shares)
                    same(membership["differences"][label], difference, f"{document['document']}, {column}, {label}")
        same(sorted(members), sorted(by_name), f"members of the groups by {column}")
        check_peers(report, grouping["groups"], column)
    for where, unit in [("overall", report["overall"])] + [(d["document"], d) for d in documents]:
        for example in [e for label in unit["labels"] for e in label["representative"]] + unit["least_certain"]:
            blocks = {block["index"]: block for block in by_name[example["document"]]["blocks"]}
            block = blocks[example["index"]]
            for field in ["text", "section", "primary"]:
                same(example[field], block[field], f"{where}, example {example['index']}, {field}")
            same(example["probability"], max(block["probabilities"].values()), f"{where}, example, probability")


def conforms(value, schema, root, where):
    """The part of JSON Schema that docs/report.schema.json uses; an unknown word in it is a mistake."""
    if "$ref" in schema:
        return conforms(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, where)
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
    for word, rule in schema.items():
        if word in ("$schema", "$id", "$defs", "title", "description"):
            continue
        elif word == "type":
            fits = False
            for kind in rule if isinstance(rule, list) else [rule]:
                if kind in ("number", "integer"):
                    right = isinstance(value, int if kind == "integer" else (int, float)) and not isinstance(value, bool)
                else:
                    right = isinstance(value, kinds[kind])
                fits = fits or right
            if not fits:
                problems.append(f"{where} is no {rule}: {value!r}")
                return
        elif word == "const":
            same(value, rule, where)
        elif word == "enum":
            if value not in rule:
                problems.append(f"{where}: {value!r} is none of {rule}")
        elif word in ("minimum", "maximum"):
            if isinstance(value, (int, float)) and (value < rule - 1e-9 if word == "minimum" else value > rule + 1e-9):
                problems.append(f"{where}: {value} is beyond {rule}")
        elif word == "pattern":
            import re

            if isinstance(value, str) and not re.search(rule, value):
                problems.append(f"{where}: {value!r} is not of the form {rule}")
        elif word == "required":
            for name in rule if isinstance(value, dict) else []:
                if name not in value:
                    problems.append(f"{where} has no `{name}`")
        elif word == "properties":
            for name, item in value.items() if isinstance(value, dict) else []:
                if name in rule:
                    conforms(item, rule[name], root, f"{where}.{name}")
        elif word == "additionalProperties":
            for name, item in value.items() if isinstance(value, dict) else []:
                if name not in schema.get("properties", {}):
                    if rule is False:
                        problems.append(f"{where} has `{name}`, which is not in the schema")
                    else:
                        conforms(item, rule, root, f"{where}.{name}")
        elif word == "items":
            for at, item in enumerate(value if isinstance(value, list) else []):
                conforms(item, rule, root, f"{where}[{at}]")
        else:
            sys.exit(f"the schema has `{word}`, which this script does not know")


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        report = json.load(file)
    if len(sys.argv) == 3:
        with open(sys.argv[2], encoding="utf-8") as file:
            schema = json.load(file)
        conforms(report, schema, schema, "report")
    check(report)
    for problem in problems[:20]:
        print(problem, file=sys.stderr)
    if problems:
        sys.exit(f"{len(problems)} figures do not agree")
    print(f"{compared} figures agree")


if __name__ == "__main__":
    main()
