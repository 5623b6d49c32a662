"""Computes how well SmolLM2-135M-Instruct (Q4_1 GGUF) foretells a text, without Millrace or candle.

    /tmp/reference/bin/python scripts/reference/smollm2_perplexity.py FOLDER FILE.gguf \
        src/tests/fixtures/llm/mill.txt > src/tests/fixtures/llm/smollm2_perplexity.json

The environment is that of smollm2_greedy.py. The perplexity is e to the mean of -ln p over all tokens but the first, each
with all the text before it, nothing in front of it: by llama.cpp with the file as it is, and by transformers in float32
with its dequantised weights, once with keys and values in half precision.
"""

import json
import pathlib
import sys

import llama_cpp
import numpy
import torch
from transformers import AutoModelForCausalLM, DynamicCache

folder, file, text = sys.argv[1:]


class InHalves(DynamicCache):
    """Keeps keys, which have been turned, and values in half precision."""

    def update(self, keys, values, *rest, **more):
        return super().update(keys.half().float(), values.half().float(), *rest, **more)


def perplexity(logits: numpy.ndarray, tokens: list[int]) -> float:
    """Of logits after each token, a row for each."""
    logits = logits[:-1].astype("f8")
    largest = logits.max(axis=1)
    totals = largest + numpy.log(numpy.exp(logits - largest[:, None]).sum(axis=1))
    chosen = logits[numpy.arange(len(tokens) - 1), tokens[1:]]
    return float(numpy.exp((totals - chosen).mean()))


torch.set_num_threads(1)
other = llama_cpp.Llama(f"{folder}/{file}", n_ctx=2048, n_threads=1, n_threads_batch=1, logits_all=True, verbose=False)
tokens = other.tokenize(pathlib.Path(text).read_bytes(), add_bos=False, special=False)
other.eval(tokens)
found = {"llama_cpp": perplexity(numpy.array(other.scores[: len(tokens)]), tokens)}
del other
model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32).eval()
for name, cache in {"float32": DynamicCache(), "half_precision_cache": InHalves()}.items():
    with torch.no_grad():
        logits = model(torch.tensor([tokens]), past_key_values=cache).logits[0].numpy()
    found[name] = perplexity(logits, tokens)
json.dump({name: round(value, 4) for name, value in found.items()} | {"tokens": tokens}, sys.stdout)
print()
