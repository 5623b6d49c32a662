"""How fast llama.cpp is with a GGUF file: the other half of `make bench-llm`, in the same words.

Usage: llama.py FILE TEXT THREADS. Prints one JSON document with tokens per second: of a prompt of 512 tokens, of decoding
after 16, after 1,500 and after 4,000 tokens, and of four answers at once. Only the network's passes are timed.
"""

import ctypes
import json
import sys
import time

import llama_cpp as llama

file, text, threads = sys.argv[1], open(sys.argv[2], encoding="utf-8").read(), int(sys.argv[3])
llama.llama_backend_init()
quiet = llama.llama_log_callback(lambda *_: None)
llama.llama_log_set(quiet, ctypes.c_void_p(0))
model = llama.llama_model_load_from_file(file.encode(), llama.llama_model_default_params())
vocabulary = llama.llama_model_get_vocab(model)
buffer = (llama.llama_token * 40_000)()
count = llama.llama_tokenize(vocabulary, text.encode(), len(text.encode()), buffer, len(buffer), False, False)
tokens = list(buffer[:count])


def context(length, sequences=1):
    settings = llama.llama_context_default_params()
    settings.n_ctx, settings.n_batch, settings.n_ubatch = length * sequences, 512, 512
    settings.n_seq_max = sequences
    settings.n_threads = settings.n_threads_batch = threads
    return llama.llama_init_from_model(model, settings)


def read(ctx, rows):
    """Rows of (token, position, sequence, scored) in one pass; seconds that it takes."""
    batch = llama.llama_batch_init(len(rows), 0, 1)
    batch.n_tokens = len(rows)
    for at, (token, position, sequence, scored) in enumerate(rows):
        batch.token[at], batch.pos[at], batch.n_seq_id[at] = token, position, 1
        batch.seq_id[at][0], batch.logits[at] = sequence, scored
    begun = time.perf_counter()
    if llama.llama_decode(ctx, batch) != 0:
        sys.exit("llama_decode failed")
    llama.llama_synchronize(ctx)
    seconds = time.perf_counter() - begun
    llama.llama_batch_free(batch)
    return seconds


def prompt(ctx, length, sequence=0):
    rows = [(tokens[at % count], at, sequence, at == length - 1) for at in range(length)]
    return sum(read(ctx, rows[at : at + 512]) for at in range(0, length, 512))


def decode(after, sequences=1, steps=48):
    ctx = context(after + steps, sequences)
    for sequence in range(sequences):
        prompt(ctx, after, sequence)
    seconds = sum(
        read(ctx, [(tokens[(after + step) % count], after + step, sequence, True) for sequence in range(sequences)])
        for step in range(steps)
    )
    llama.llama_free(ctx)
    return steps * sequences / seconds


def best(rounds, measure):
    return max(measure() for _ in range(rounds))


def prompt_speed():
    ctx = context(512)
    seconds = prompt(ctx, 512)
    llama.llama_free(ctx)
    return 512 / seconds


print(json.dumps({
    "prompt of 512": best(3, prompt_speed),
    "decoding": best(3, lambda: decode(16)),
    "decoding after 1500": best(2, lambda: decode(1500)),
    "decoding after 4000": best(1, lambda: decode(4000)),
    "four at once": best(3, lambda: decode(16, 4)),
}))
