#!/usr/bin/env python3
"""Measures policy-topics beside the classifiers that one would otherwise pick, on the same labelled paragraphs and in one run.

    cargo build --release
    python3 -m venv peers && peers/bin/pip install -r benches/compare/requirements.txt
    peers/bin/python benches/compare/compare.py --train training/*.jsonl --test MINE.jsonl

Data are JSON lines with `text`, `primary` (or `label`), and, if you like, `themes` and `statements`; rows whose `kind` is given and is
not `paragraph` are left out. Without --test, a fifth of the training paragraphs, drawn with a seed, is held out. A file priors.json
beside the training files is given to policy-topics, which is the only one that can use it and the `statements`.

Each system runs in processes of its own, one at a time, on one thread, and is measured in the same way:

    accuracy, macro-F1   of the primary label on the test paragraphs
    themes               micro-F1 of the sets of themes, where the data have them
    calibration          expected calibration error of the primary label's probability, ten bins
    training             seconds from labelled paragraphs to a saved model (cutting words, and for policy-topics five-fold
                         cross-validation, included)
    start-up             seconds from starting the process to the first answer, with the saved model; the best of three
    MB/s                 megabytes of UTF-8 text classified in a second, start-up left out, primary label and themes
    size                 megabytes of the saved model

The systems:

    scikit-learn   jieba without HMM, words and word pairs, sublinear TF-IDF, LinearSVC (C = 0.5, balanced), one more for each theme;
                   its probabilities are those of CalibratedClassifierCV around the same classifier
    fastText       jieba words, supervised, word pairs, 25 epochs, rate 0.5, 100 dimensions; themes by a second model, one
                   against all, named from probability 0.5 on
    policy-topics  as it comes
"""
import argparse
import glob
import json
import os
import pickle
import random
import re
import shlex
import subprocess
import sys
import tempfile
import time

SYSTEMS = ["scikit-learn", "fastText", "policy-topics"]
NUMBER = re.compile(r"[0-9０-９.．%％]+")
BLANK = re.compile(r"[\W_]+")


def load(patterns):
    rows = []
    for pattern in patterns:
        names = sorted(glob.glob(pattern))
        if not names:
            sys.exit("there is no file %s" % pattern)
        for name in names:
            with open(name, encoding="utf-8") as lines:
                rows += [json.loads(line) for line in lines if line.strip()]
    rows = [row for row in rows if row.get("kind", "paragraph") == "paragraph"]
    # The peers learn from labels alone; `statements` are there for policy-topics.
    return [
        {
            "text": r["text"],
            "primary": r.get("primary", r.get("label")),
            "themes": r.get("themes"),
            "statements": r.get("statements", {}),
        }
        for r in rows
    ]


def save(rows, name):
    with open(name, "w", encoding="utf-8") as out:
        out.writelines(json.dumps({k: v for k, v in row.items() if v is not None}, ensure_ascii=False) + "\n" for row in rows)


# What the peers share.


def words(text):
    import jieba
    return [word for word in jieba.cut(NUMBER.sub("0", text), HMM=False) if not BLANK.fullmatch(word)]


def words_and_pairs(text):
    found = words(text)
    return found + [one + " " + two for one, two in zip(found, found[1:])]


def start_jieba():
    import jieba
    jieba.setLogLevel(60)
    jieba.initialize()


def themes_of(rows):
    return sorted({theme for row in rows for theme in row["themes"] or []})


def with_primary(primary, named, themes):
    """A paragraph's primary label is one of its themes, if it is a theme at all."""
    return sorted(named | ({primary} & set(themes)))


class Sklearn:
    """The usual recipe."""

    def train(self, rows, model):
        from sklearn.calibration import CalibratedClassifierCV
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.svm import LinearSVC
        start_jieba()
        classifier = lambda: LinearSVC(C=0.5, class_weight="balanced")
        vectorizer = TfidfVectorizer(analyzer=words_and_pairs, sublinear_tf=True)
        x = vectorizer.fit_transform([row["text"] for row in rows])
        labels = [row["primary"] for row in rows]
        primary = classifier().fit(x, labels)
        themes = {t: classifier().fit(x, [t in (row["themes"] or []) for row in rows]) for t in themes_of(rows)}
        calibrated = CalibratedClassifierCV(classifier(), cv=5).fit(x, labels)
        with open(model, "wb") as out:
            pickle.dump((vectorizer, primary, themes, calibrated), out)

    def load(self, model):
        start_jieba()
        with open(model, "rb") as source:
            self.vectorizer, self.primary, self.themes, self.calibrated = pickle.load(source)

    def classify(self, texts, probabilities=True):
        x = self.vectorizer.transform(texts)
        primary = list(self.primary.predict(x))
        named = [set() for _ in texts]
        for theme, classifier in self.themes.items():
            for themes, has in zip(named, classifier.predict(x)):
                if has:
                    themes.add(theme)
        confidence = [None] * len(texts)
        if probabilities:
            # The probability of the label that was given.
            column = {label: at for at, label in enumerate(self.calibrated.classes_)}
            confidence = [float(p[column[label]]) for p, label in zip(self.calibrated.predict_proba(x), primary)]
        return [(str(p), c, with_primary(p, t, self.themes)) for p, c, t in zip(primary, confidence, named)]


class FastText:
    """fastText's own supervised classifier."""

    def train(self, rows, model):
        import fasttext
        start_jieba()
        cut = [" ".join(words(row["text"])) for row in rows]
        settings = dict(wordNgrams=2, epoch=25, lr=0.5, dim=100, thread=1, verbose=0)
        with tempfile.TemporaryDirectory() as folder:
            name = folder + "/rows.txt"
            with open(name, "w", encoding="utf-8") as out:
                out.writelines("__label__%s %s\n" % (row["primary"], text) for row, text in zip(rows, cut))
            fasttext.train_supervised(name, **settings).save_model(model)
            if themes_of(rows):
                marks = lambda row: " ".join("__label__" + theme for theme in row["themes"] or ["none"])
                with open(name, "w", encoding="utf-8") as out:
                    out.writelines("%s %s\n" % (marks(row), text) for row, text in zip(rows, cut))
                fasttext.train_supervised(name, loss="ova", **settings).save_model(model + ".themes")

    def load(self, model):
        import fasttext
        fasttext.FastText.eprint = lambda *_: None
        start_jieba()
        self.primary = fasttext.load_model(model)
        self.themes = fasttext.load_model(model + ".themes") if os.path.exists(model + ".themes") else None

    def classify(self, texts, probabilities=True):
        answers = []
        for text in texts:
            line = " ".join(words(text))
            labels, p = self.primary.predict(line)
            primary = labels[0][len("__label__"):]
            named = set()
            if self.themes is not None:
                named = {label[len("__label__"):] for label in self.themes.predict(line, k=-1, threshold=0.5)[0]} - {"none"}
                known = {label[len("__label__"):] for label in self.themes.get_labels()} - {"none"}
                named = set(with_primary(primary, named, known))
            answers.append((primary, min(float(p[0]), 1.0), sorted(named)))
        return answers


PEERS = {"scikit-learn": Sklearn, "fastText": FastText}


def child(system, action, data, model, repeat):
    """A process of its own for one action of one peer."""
    peer = PEERS[system]()
    rows = load([data])
    if action == "train":
        return peer.train(rows, model)
    peer.load(model)
    texts = [row["text"] for row in rows]
    answers = peer.classify(texts)
    seconds = None
    if repeat:
        began = time.perf_counter()
        for _ in range(repeat):
            peer.classify(texts, probabilities=False)
        seconds = (time.perf_counter() - began) / repeat
    json.dump({"answers": answers, "seconds": seconds}, sys.stdout)


def run_peer(system, folder, train, test, one, repeat):
    model = os.path.join(folder, system + ".bin")
    command = [sys.executable, os.path.abspath(__file__), "--child", system, "--model", model]
    run = lambda *more: subprocess.run(command + list(more), stdout=subprocess.PIPE, check=True).stdout
    began = time.perf_counter()
    run("--action", "train", "--data", train)
    trained = time.perf_counter() - began
    startup = min(timed(lambda: run("--action", "classify", "--data", one, "--repeat", "0")) for _ in range(3))
    done = json.loads(run("--action", "classify", "--data", test, "--repeat", str(repeat)))
    size = sum(os.path.getsize(name) for name in glob.glob(model + "*"))
    return done["answers"], done["seconds"], trained, startup, size


def run_ours(command, folder, train, test, one, repeat, priors):
    model = os.path.join(folder, "ours.model")
    options = ["--priors", priors] if priors else []

    def run(*more):
        return subprocess.run(shlex.split(command) + list(more) + ["--threads", "1"], stdout=subprocess.PIPE, check=True).stdout

    def classify(name):
        return run("classify", name, "--model", model, "--format", "jsonl")

    trained = timed(lambda: run("train", train, "--output", model, *options))
    startup = min(timed(lambda: classify(one)) for _ in range(3))
    rows = [json.loads(line) for line in classify(test).decode().splitlines()]
    answers = [(row["primary"], row["probabilities"][row["primary"]], row["themes"]) for row in rows]
    # The whole process, on so many copies that its start does not matter.
    many = os.path.join(folder, "many.jsonl")
    save(load([test]) * repeat * 20, many)
    seconds = (min(timed(lambda: classify(many)) for _ in range(3)) - startup) / (repeat * 20)
    return answers, seconds, trained, startup, os.path.getsize(model)


def timed(action):
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def f1(tp, fp, fn):
    return 2 * tp / (2 * tp + fp + fn) if tp else 0.0


def figures(rows, answers):
    given, found = [row["primary"] for row in rows], [answer[0] for answer in answers]
    right = [g == p for g, p in zip(given, found)]
    labels = sorted(set(given) | set(found))
    by_label = [
        f1(
            sum(g == p == label for g, p in zip(given, found)),
            sum(p == label != g for g, p in zip(given, found)),
            sum(g == label != p for g, p in zip(given, found)),
        )
        for label in labels
    ]
    themes = None
    if all(row["themes"] is not None for row in rows) and themes_of(rows):
        pairs = [(set(row["themes"]), set(answer[2])) for row, answer in zip(rows, answers)]
        themes = f1(sum(len(g & p) for g, p in pairs), sum(len(p - g) for g, p in pairs), sum(len(g - p) for g, p in pairs))
    bins = [[0, 0.0, 0] for _ in range(10)]
    for (_, confidence, _), ok in zip(answers, right):
        bin_ = bins[min(int(confidence * 10), 9)]
        bin_[0] += 1
        bin_[1] += confidence
        bin_[2] += ok
    calibration = sum(abs(confidence - ok) for _, confidence, ok in bins) / len(rows)
    return {
        "accuracy": sum(right) / len(rows),
        "macro_f1": sum(by_label) / len(by_label),
        "themes_micro_f1": themes,
        "calibration_error": calibration,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", nargs="+", help="files of labelled paragraphs")
    parser.add_argument("--test", nargs="+", help="files of labelled paragraphs to measure on")
    parser.add_argument("--ours", default="target/release/policy-topics", help="the command of policy-topics")
    parser.add_argument("--systems", nargs="+", default=SYSTEMS, choices=SYSTEMS)
    parser.add_argument("--repeat", type=int, default=3, help="how often the test paragraphs are classified for MB/s")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    for hidden in ["--child", "--action", "--data", "--model"]:
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        return child(args.child, args.action, args.data, args.model, args.repeat if args.action == "classify" else 0)
    if not args.train:
        parser.error("--train is needed")
    train = load(args.train)
    if args.test:
        test = load(args.test)
    else:
        random.Random(1).shuffle(train)
        test, train = train[: len(train) // 5], train[len(train) // 5:]
    folders = {os.path.dirname(name) for pattern in args.train for name in glob.glob(pattern)}
    priors = [os.path.join(folder, "priors.json") for folder in folders]
    priors = [os.path.abspath(name) for name in priors if os.path.exists(name)]
    megabytes = sum(len(row["text"].encode()) for row in test) / 1e6
    results = []
    with tempfile.TemporaryDirectory() as folder:
        names = [os.path.join(folder, name) for name in ("train.jsonl", "test.jsonl", "one.jsonl")]
        for name, rows in zip(names, (train, test, test[:1])):
            save(rows, name)
        for system in args.systems:
            if system == "policy-topics":
                done = run_ours(args.ours, folder, *names, args.repeat, priors[0] if priors else None)
            else:
                done = run_peer(system, folder, *names, args.repeat)
            answers, seconds, trained, startup, size = done
            result = {"system": system, **figures(test, answers)}
            result.update(training_s=trained, startup_s=startup, mb_per_s=megabytes / seconds, model_mb=size / 1e6)
            results.append(result)
            print("%s is measured" % system, file=sys.stderr)
    if args.json:
        return print(json.dumps(results, indent=2))
    print("%d paragraphs for training, %d for measuring\n" % (len(train), len(test)))
    print("| | Accuracy | Macro-F1 | Themes micro-F1 | Calibration error | Training, s | Start-up, s | MB/s | Model, MB |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for r in results:
        themes = "" if r["themes_micro_f1"] is None else "%.3f" % r["themes_micro_f1"]
        cells = (r["system"], r["accuracy"], r["macro_f1"], themes, r["calibration_error"])
        print("| %s | %.3f | %.3f | %s | %.3f " % cells, end="")
        print("| %.1f | %.2f | %.2f | %.1f |" % (r["training_s"], r["startup_s"], r["mb_per_s"], r["model_mb"]))


if __name__ == "__main__":
    main()
