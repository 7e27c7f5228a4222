"""Speed and memory of Dawid-Skene beside crowd-kit, and the time to load and index the answers.

Every measurement runs in a process of its own, so that one's memory and compiled code do not help another. Ours run
under the interpreter that runs this script, crowd-kit under `--peer-python` (made by `make setup-bench`), because it
wants an older numpy. Without crowd-kit or pyarrow their figures are left out, and said to be.

The bars on the ratio to crowd-kit stand on names, as design figures of 1,071 ns at 1M and 1,474 ns at 10M answers were
measured; on integers crowd-kit needs a third of that, which is printed beside. Fits of one thread and of two take
turns, RUNS of each, and the best of each counts: on a shared machine the others measure the neighbours.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from benchmarks.frame import Report, peak_memory_mb, start

OVERLAP = 5
ANSWERS_PER_WORKER = 25
ITERATIONS = 12
RUNS = 3
NS_BARS = {1_000_000: 35.0, 10_000_000: 80.0}
RATIO_BARS = {1_000_000: 30.0, 10_000_000: 18.0}


def generate(folder: Path, n_answers: int, n_labels: int) -> Path:
    """Write a crowd of confusion matrices (five answers a task, 25 a worker) as three arrays."""
    target = folder / f"{n_answers}-{n_labels}"
    if target.exists():
        return target
    random = np.random.default_rng(20)
    n_tasks, n_workers = n_answers // OVERLAP, n_answers // ANSWERS_PER_WORKER
    task = np.repeat(np.arange(n_tasks, dtype=np.int32), OVERLAP)
    # Shifting the round of the workers for each place in a task keeps the five workers of a task different.
    step = n_workers // OVERLAP
    first = random.integers(0, n_workers, n_tasks)
    worker = (first[:, None] + np.arange(OVERLAP) * step + random.integers(0, step, (n_tasks, OVERLAP))) % n_workers
    worker = worker.reshape(-1).astype(np.int32)
    true = random.integers(0, n_labels, n_tasks).astype(np.int32)
    right = random.random(n_answers) < random.beta(6, 2, (n_workers, n_labels))[worker, true[task]]
    label = np.where(right, true[task], random.integers(0, n_labels, n_answers)).astype(np.int32)
    target.mkdir()
    for name, values in (("task", task), ("worker", worker), ("label", label)):
        np.save(target / f"{name}.npy", values)
    return target


def measure_fit(source: str, threads: int, n_labels: int) -> dict[str, Any]:
    """CPU and wall time per iteration of our Dawid-Skene, and the peak memory of the process."""
    from quality import progress
    from quality.aggregation import DawidSkene
    from quality.answers import AnswerSet

    warnings.simplefilter("ignore")
    columns = [np.load(f"{source}/{name}.npy") for name in ("task", "worker", "label")]
    answers = AnswerSet.from_arrays(*columns, labels=range(n_labels), repeats="keep")
    del columns
    stamps: list[tuple[float, float]] = []
    began = time.perf_counter()
    with progress.listening(lambda *_: stamps.append((time.perf_counter(), time.process_time()))):
        DawidSkene(max_iter=ITERATIONS, tol=1e-12, least_gain=0, threads=threads).fit(answers)
    whole = time.perf_counter() - began
    wall, cpu = np.median(np.diff(stamps, axis=0), axis=0)
    return {"wall": wall, "cpu": cpu, "peak": peak_memory_mb(), "whole": whole}


def measure_crowdkit(source: str, first: int, second: int, as_text: bool) -> dict[str, Any]:
    """CPU time per iteration of crowd-kit: the difference between fits of two lengths.

    ``as_text`` gives it names, as every file of answers does; on integers that the caller has indexed already, as
    our kernel is measured on, it takes about a third of the time.
    """
    import pandas as pd
    from crowdkit.aggregation import DawidSkene

    warnings.simplefilter("ignore")
    frame = pd.DataFrame()
    for name in ("task", "worker", "label"):
        index = np.load(f"{source}/{name}.npy")
        names = np.array([f"{name[0]}{i}" for i in range(index.max() + 1)], dtype=object)
        frame[name] = names[index] if as_text else index.astype(np.int64)
    spent = []
    for n_iter in (first, second):
        began = time.process_time()
        DawidSkene(n_iter=n_iter, tol=-1.0).fit(frame)
        spent.append(time.process_time() - began)
    return {"cpu": (spent[1] - spent[0]) / (second - first), "peak": peak_memory_mb()}


def measure_load(path: str) -> dict[str, Any]:
    """Wall time from a file to an indexed answer set, the second time: the first compiles and fills the page cache."""
    from quality.files import read_answers

    for _ in range(2):
        began = time.perf_counter()
        answers = read_answers(path)
        wall = time.perf_counter() - began
    return {"wall": wall, "answers": answers.n_answers}


def measure_update() -> dict[str, Any]:
    """Time of one incremental update of a task with 10 answers and 5 labels, as the median of 2,000."""
    from quality.aggregation import IncrementalDawidSkene

    random = np.random.default_rng(1)
    state = IncrementalDawidSkene(list("abcde"))
    for task in range(2000):
        chosen = random.choice(200, 10, replace=False)
        state.update(task, {int(worker): "abcde"[random.integers(5)] for worker in chosen})
    spent = []
    for task in range(2000):
        began = time.perf_counter()
        state.update(task)
        spent.append(time.perf_counter() - began)
    return {"wall": float(np.median(spent))}


MEASURES = {"fit": measure_fit, "crowdkit": measure_crowdkit, "load": measure_load, "update": measure_update}


def in_child(measure: str, *arguments: Any, python: str = sys.executable) -> dict[str, Any]:
    """Run one measurement in a fresh process."""
    command = [python, __file__, "--measure", json.dumps([measure, *arguments])]
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **one_thread})
    if done.returncode:
        raise RuntimeError(f"{measure}{arguments} failed:\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def write_csv(source: Path, path: Path) -> None:
    """The crowd as task,worker,label with text for every value."""
    columns = [np.load(source / f"{name}.npy") for name in ("task", "worker", "label")]
    with path.open("w") as stream:
        stream.write("task,worker,label\n")
        for low in range(0, len(columns[0]), 100_000):
            part = zip(*(values[low : low + 100_000].tolist() for values in columns), strict=True)
            stream.write(
                "".join(
                    f"task-{task},w{worker},{'abcdefghijklmnopqrstuvwxyz'[label]}\n" for task, worker, label in part
                )
            )


def write_parquet(csv_path: Path, path: Path) -> None:
    """The same file as Parquet."""
    import pyarrow.csv
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.csv.read_csv(csv_path), path)


def speeds(report: Report, folder: Path, sizes: list[tuple[int, int]]) -> None:
    """Dawid-Skene beside crowd-kit at each (answers, labels)."""
    python = str(report.options.peer_python)
    has_peer = (
        subprocess.run([python, "-c", "import crowdkit.aggregation"], capture_output=True, check=False).returncode == 0
    )
    if not has_peer:
        report.say("  crowd-kit is not installed here, so the ratios to it are left out (make setup-bench)")
    for n_answers, n_labels in sizes:
        source = str(generate(folder, n_answers, n_labels))
        size = {"answers": n_answers, "labels": n_labels}
        bars = n_labels == 5
        in_child("fit", source, 1, n_labels)  # compiles, so that the next one does not
        threads = (1, 2) if n_answers >= 1_000_000 else (1,)
        runs: dict[int, list[dict[str, Any]]] = {1: [], 2: []}
        for _ in range(RUNS if bars else 1):
            for number in threads:
                runs[number].append(in_child("fit", source, number, n_labels))
        one = {figure: min(run[figure] for run in runs[1]) for figure in runs[1][0]}
        spent = one["cpu"] / n_answers * 1e9
        bar = ("<=", NS_BARS[n_answers]) if bars and n_answers in NS_BARS else None
        report.figure("Dawid-Skene, CPU per answer and iteration", spent, "ns", bar=bar, **size)
        report.figure("Dawid-Skene, whole fit of 12 iterations, wall", one["whole"], "s", **size)
        peak_bar = ("<=", 600.0) if bars and n_answers == 10_000_000 else None
        report.figure("Dawid-Skene, peak memory of the process", one["peak"], "MB", bar=peak_bar, **size)
        if runs[2]:
            gain = one["wall"] / min(run["wall"] for run in runs[2])
            report.figure(
                "Dawid-Skene, two threads against one, wall", gain, "times", bar=(">=", 1.6) if bars else None, **size
            )
        if has_peer and (bars or n_answers < 10_000_000):
            lengths = (1, 3) if n_answers >= 10_000_000 else (1, 5)
            bar = (">=", RATIO_BARS[n_answers]) if bars and n_answers in RATIO_BARS else None
            for kind in ("names", "integers"):
                peer = in_child("crowdkit", source, *lengths, kind == "names", python=python)
                spent = peer["cpu"] / n_answers * 1e9
                report.figure(f"crowd-kit on {kind}, CPU per answer and iteration", spent, "ns", **size)
                ratio = peer["cpu"] / one["cpu"]
                report.figure(f"less CPU than crowd-kit on {kind}", ratio, "times", bar=bar, **size)
                bar = None
            report.figure("crowd-kit, peak memory of the process", peer["peak"], "MB", **size)


def loading(report: Report, folder: Path, n_answers: int) -> None:
    """Time from CSV and from Parquet to an indexed answer set."""
    bar = ("<=", 6.0)
    csv_path, parquet_path = folder / "answers.csv", folder / "answers.parquet"
    write_csv(generate(folder, n_answers, 5), csv_path)
    report.figure("load and index a CSV file", in_child("load", str(csv_path))["wall"], "s", bar=bar, answers=n_answers)
    try:
        write_parquet(csv_path, parquet_path)
    except ImportError as error:
        report.say(f"  pyarrow does not import here, so Parquet is left out ({error})")
        return
    spent = in_child("load", str(parquet_path))["wall"]
    report.figure("load and index a Parquet file", spent, "s", bar=bar, answers=n_answers)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this script."""
    beside = Path(__file__).resolve().parent.parent / ".venv-bench" / "bin" / "python"
    parser.add_argument("--peer-python", type=Path, default=beside if beside.exists() else Path(sys.executable))
    parser.add_argument("--answers", type=int, help="only this number of answers")
    parser.add_argument("--labels", type=int, help="only this number of labels")


def main() -> None:
    """Print every figure; exit 1 when a bar is missed."""
    report = start("Aggregation: speed, memory, loading", configure=add_options)
    if report.quick:
        sizes, rows = [(100_000, 5)], 100_000
    else:
        sizes = [(n, k) for n in (100_000, 1_000_000, 10_000_000) for k in (2, 5, 20)]
        rows = 10_000_000
    sizes = [(n, k) for n, k in sizes if report.options.answers in (None, n) and report.options.labels in (None, k)]
    with tempfile.TemporaryDirectory() as name:
        speeds(report, Path(name), sizes)
        if report.options.answers in (None, rows):
            loading(report, Path(name), rows)
    spent = in_child("update")["wall"] * 1e6
    report.figure("update one task of 10 answers", spent, "µs", bar=("<=", 50.0), labels=5)
    report.finish()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--measure")
    known, _ = parser.parse_known_args()
    if known.measure is None:
        main()
    else:
        measure, *arguments = json.loads(known.measure)
        print(json.dumps({key: float(value) for key, value in MEASURES[measure](*arguments).items()}))
