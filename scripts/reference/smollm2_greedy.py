"""Records greedy answers of SmolLM2-135M-Instruct (Q4_1 GGUF) made with llama.cpp, for the golden test.

    python3 -m venv /tmp/reference
    CMAKE_ARGS="-DGGML_NATIVE=OFF -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON -DGGML_BMI2=ON" \
        /tmp/reference/bin/pip install llama-cpp-python==0.3.36
    /tmp/reference/bin/python scripts/reference/smollm2_greedy.py MODEL.gguf > src/tests/fixtures/llm/smollm2_greedy.json

The prompt is written out in ChatML as the model's template renders it, so that template, tokenizer, network and
sampling of Millrace are all held against llama.cpp's. `margin` is the smallest distance between the best and the
second-best logit on the way: where it is small, rounding alone decides, and two implementations may part.
"""

import json
import sys

import llama_cpp
import numpy as np

SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
PROMPTS = [
    "What is the capital of France?",
    "Write one sentence about the sea.",
    "List three colours.",
    "What is 12 + 30?",
    "Translate \"good morning\" into French.",
    "Explain in one sentence what a database is.",
    "Name a famous physicist and say what they discovered.",
    "Why is the sky blue? It's 2024, I'd like to know.",
]
LENGTH = 40

model = llama_cpp.Llama(sys.argv[1], n_ctx=1024, logits_all=False, verbose=False, seed=0)
answers = []
for prompt in PROMPTS:
    text = (
        f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n"
    )
    tokens = model.tokenize(text.encode(), add_bos=False, special=True)
    model.reset()
    model.eval(tokens)
    out, margins, finish = [], [], "length"
    while len(out) < LENGTH:
        logits = np.ctypeslib.as_array(
            llama_cpp.llama_get_logits_ith(model._ctx.ctx, -1), shape=(model.n_vocab(),)
        )
        second, best = np.partition(logits, -2)[-2:]
        margins.append(round(float(best - second), 3))
        token = int(np.argmax(logits))
        if token in (0, 2):
            finish = "stop"
            break
        out.append(token)
        model.eval([token])
    answers.append(
        {
            "prompt": prompt,
            "prompt_tokens": tokens,
            "tokens": out,
            "text": model.detokenize(out).decode(errors="replace"),
            "finish_reason": finish,
            "margin": min(margins),
            "margins": margins,
        }
    )
json.dump(answers, sys.stdout, ensure_ascii=False, indent=1)
