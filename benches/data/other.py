#!/usr/bin/env python3
"""The same work with faiss-cpu and sentence-transformers; prints one JSON object.

flat VECTORS QUERIES DIMENSION       files of 32-bit numbers; one query at a time, ten nearest
embed MODEL TEXTS                    a folder and a JSON list; on two threads
"""

import json
import sys
import time


def flat(vectors: str, queries: str, dimension: str) -> dict:
    import faiss
    import numpy

    width = int(dimension)
    base = numpy.fromfile(vectors, dtype="float32").reshape(-1, width)
    asked = numpy.fromfile(queries, dtype="float32").reshape(-1, width)
    faiss.omp_set_num_threads(1)  # one query is the work of one thread
    index = faiss.IndexFlatIP(width)
    index.add(base)
    for query in asked[:50]:
        index.search(query[None, :], 10)
    times, first = [], []
    for query in asked:
        begun = time.perf_counter()
        _, labels = index.search(query[None, :], 10)
        times.append(time.perf_counter() - begun)
        first.append(int(labels[0, 0]))
    times.sort()
    return {"p50_ms": times[len(times) // 2] * 1000, "first": first, "version": faiss.__version__}


def embed(model: str, texts: str) -> dict:
    import torch
    from sentence_transformers import SentenceTransformer, models

    torch.set_num_threads(2)
    words = models.Transformer(model, max_seq_length=256)
    pooling = models.Pooling(words.get_word_embedding_dimension(), pooling_mode="mean")
    encoder = SentenceTransformer(modules=[words, pooling, models.Normalize()], device="cpu")
    with open(texts, encoding="utf-8") as file:
        made = json.load(file)
    encoder.encode(made["many"][:64], show_progress_bar=False)
    seconds = []
    for _ in range(3):
        begun = time.perf_counter()
        encoder.encode(made["many"], batch_size=32, show_progress_bar=False)
        seconds.append(time.perf_counter() - begun)
    times = []
    for query in made["queries"]:
        begun = time.perf_counter()
        encoder.encode([query], show_progress_bar=False)
        times.append(time.perf_counter() - begun)
    times.sort()
    return {"seconds": sorted(seconds)[1], "p50_ms": times[len(times) // 2] * 1000, "version": torch.__version__}


if __name__ == "__main__":
    import contextlib

    with contextlib.redirect_stdout(sys.stderr):
        answer = {"flat": flat, "embed": embed}[sys.argv[1]](*sys.argv[2:])
    print(json.dumps(answer))
