"""Records greedy answers of SmolLM2-135M-Instruct (Q4_1 GGUF) made without Millrace or candle, for the golden test.

    python3 -m venv /tmp/reference
    /tmp/reference/bin/pip install torch==2.15.0 transformers==5.23.0 gguf==0.19.0 accelerate
    CMAKE_ARGS="-DGGML_NATIVE=OFF -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON -DGGML_BMI2=ON" \
        /tmp/reference/bin/pip install llama-cpp-python==0.3.36
    /tmp/reference/bin/python scripts/reference/smollm2_greedy.py FOLDER FILE.gguf \
        > src/tests/fixtures/llm/smollm2_greedy.json

Tokens by llama.cpp, of the prompt written out in ChatML as the model's template renders it; the network by
transformers in float32 on the dequantised weights of the same file. So template, tokenizer, weights, network and
sampling of Millrace are all held against others' code. `margin` is the smallest distance between the best and the
second-best logit on the way: where it is small, rounding alone decides, and two right implementations may part.
`llama_cpp` is what llama.cpp answers, which rounds activations to 8 bits as candle does, but in other places.
"""

import json
import sys

import llama_cpp
import torch
from transformers import AutoModelForCausalLM

folder, file = sys.argv[1:]
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
PROMPTS = [
    "What is the capital of France?",
    "Write one sentence about the sea.",
    "List three colours.",
    "What is 12 + 30?",
    'Translate "good morning" into French.',
    "Explain in one sentence what a database is.",
    "Name a famous physicist and say what they discovered.",
    "Why is the sky blue? It's 2024, I'd like to know.",
]
LENGTH = 40
ENDS = (0, 2)

other = llama_cpp.Llama(f"{folder}/{file}", n_ctx=1024, n_threads=1, n_threads_batch=1, verbose=False)
model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32).eval()
torch.set_num_threads(1)
answers = []
for prompt in PROMPTS:
    text = f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n"
    tokens = other.tokenize(text.encode(), add_bos=False, special=True)
    made = model.generate(
        torch.tensor([tokens]),
        do_sample=False,
        max_new_tokens=LENGTH,
        eos_token_id=list(ENDS),
        pad_token_id=ENDS[0],
        output_logits=True,
        return_dict_in_generate=True,
    )
    out = made.sequences[0, len(tokens) :].tolist()
    finish = "stop" if out[-1] in ENDS else "length"
    out = [token for token in out if token not in ENDS]
    best = [logits[0].topk(2).values.tolist() for logits in made.logits]
    margin = min(first - second for first, second in best)
    told = other.create_completion(tokens, max_tokens=LENGTH, temperature=0.0)["choices"][0]["text"]
    answers.append(
        {
            "prompt": prompt,
            "prompt_tokens": tokens,
            "text": other.detokenize(out).decode(errors="replace"),
            "finish_reason": finish,
            "margin": round(margin, 4),
            "llama_cpp": told,
        }
    )
json.dump(answers, sys.stdout, ensure_ascii=False, indent=1)
print()
